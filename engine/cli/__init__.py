"""The `formwork` command: thin, one module per group of commands."""
