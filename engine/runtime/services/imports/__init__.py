"""Imports: files into records, by a mapping, through the same pipeline as every other door."""

from engine.runtime.services.imports import background, resuming, reviewing
from engine.runtime.services.imports.guessing import Guess, guess, mapping_text
from engine.runtime.services.imports.looking import Look, look
from engine.runtime.services.imports.mappings import file_of, known_names, read_mapping
from engine.runtime.services.imports.questions import Question, Unclear
from engine.runtime.services.imports.reports import Report
from engine.runtime.services.imports.rows import FileSpec
from engine.runtime.services.imports.running import run
from engine.runtime.services.imports.values import RowError
from engine.runtime.services.imports.workbook import write_errors

__all__ = [
    "FileSpec", "Guess", "Look", "Question", "Report", "RowError", "Unclear", "background", "file_of", "guess",
    "known_names", "look", "mapping_text", "read_mapping", "resuming", "reviewing", "run", "write_errors",
]
