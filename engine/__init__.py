"""Formwork: a low-code form-and-workflow engine. Nothing below this package knows any business domain."""

__version__ = "0.1.0"
