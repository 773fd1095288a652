"""Papers and letters."""
