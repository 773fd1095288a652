"""Builds the nouns of an app from the written-out tree, one module per noun. Knows no YAML."""
