"""What a checked import mapping says: which column goes into which field. Pure data; knows no file format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.definitions.objects import Object
from engine.expressions.compiled import Expression
from engine.kinds.fields.base import Field
from engine.runtime.services.imports.rows import FileSpec
from engine.texts import Text


@dataclass(frozen=True, slots=True)
class Notation:
    """How the files write things: date formats (`M/D/YYYY`), texts that mean blank, and numbers by example."""

    dates: tuple[str, ...] = ()
    blanks: frozenset[str] = frozenset()
    numbers: str = "1,234.5"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the value of one field comes from: a column, or an expression over the columns."""

    target: Field
    column: str = ""
    expression: Expression | None = None
    by: str = ""                               # the field of the linked object whose value the column holds
    map: Mapping[str, object] = field(default_factory=dict)
    reads: str = ""                            # the name of its type, once it is settled
    notation: Notation | None = None           # how this column writes things, where it differs from the others


@dataclass(frozen=True, slots=True)
class LinesPlan:
    """How the lines of one lines field come: joined from a second file, from the same rows, or nested in a column."""

    name: str
    object: Object
    fields: Mapping[str, Origin]
    file: FileSpec | None = None
    on: tuple[tuple[str, str], ...] = ()       # (column of the main file, column of the lines' file)
    column: str = ""
    key: str = ""                              # tells which stored line a row is; otherwise its position does


@dataclass(frozen=True, slots=True)
class Then:
    """An action to take of each record, where `when` holds over the row's columns."""

    action: str
    when: Expression | None = None
    values: Mapping[str, Origin] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked mapping. `key` fields tell whether a record is there already; `accept` answers warnings by name."""

    object: Object
    file: FileSpec
    fields: Mapping[str, Origin]
    key: tuple[str, ...] = ()
    lines: tuple[LinesPlan, ...] = ()
    then: tuple[Then, ...] = ()
    notation: Notation = field(default_factory=Notation)
    accept: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()               # what was recognised in the files
    where: Expression | None = None            # rows for which it does not hold are none of this import's business
