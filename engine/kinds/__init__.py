"""Everything extensible, one module per kind, one visible dict per family."""
