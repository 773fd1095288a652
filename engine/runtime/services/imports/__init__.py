"""Imports: files into records, by a mapping, through the same pipeline as every other door."""

from engine.runtime.services.imports.mappings import read_mapping
from engine.runtime.services.imports.running import Report, run
from engine.runtime.services.imports.values import RowError

__all__ = ["Report", "RowError", "read_mapping", "run"]
