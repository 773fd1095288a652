"""Lists of records, in every arrangement."""
