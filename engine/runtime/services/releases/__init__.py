"""New versions of a definition."""
