"""The people and programs that sign in."""
