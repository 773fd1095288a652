"""What an import did. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.runtime.services.imports.rows import FileSpec
from engine.runtime.services.imports.values import RowError
from engine.texts import Text

MOST_ERRORS = 20_000


@dataclass(slots=True)
class Report:
    """What an import did, in records; `acted` counts actions. `errors` are the first 20,000, `failed` counts all.

    `notes` say what was recognised, `files` are the files as they were read."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    acted: int = 0
    failed: int = 0
    skipped: int = 0                           # left out by the mapping's `where`
    errors: list[RowError] = field(default_factory=list)
    notes: tuple[Text, ...] = ()
    files: tuple[FileSpec, ...] = ()

    def add(self, other: Report) -> None:
        """Take in what another part did."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.acted += other.acted
        self.failed += other.failed
        self.skipped += other.skipped
        self.errors.extend(other.errors[:MOST_ERRORS - len(self.errors)])
