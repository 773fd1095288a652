"""Whole numbers in the texts that people, pages and programs send. Knows nothing else."""

from __future__ import annotations

ID_DIGITS = 18                                 # fit into 64 bits whatever they are
SMALL_DIGITS = 9                               # fit into 32 bits: versions, places


def whole(text: str, digits: int = ID_DIGITS) -> int | None:
    """The number that a text of so many ASCII digits at the most is; None for any other text.

    `str.isdigit` alone also takes `²`, which `int` does not, and thousands of digits, which no database holds."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None
