"""The columns of a table of records: which, and each record's cells under them. Knows access, no page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.definitions.objects import Object, View
from engine.expressions.values import Ref
from engine.kinds.fields.base import Field
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.spoken import SYSTEM_LABELS
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import titles, values
from engine.runtime.web.present.values import Cell

MOST_COLUMNS = 7
NEVER_BY_ITSELF = ("textarea", "lines", "rich_text", "files", "image", "tags", "choices")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the path that it shows (`number`, `customer.region`, `status`), its field if it ends in one."""

    path: str
    label: str
    field: Field | None

    @property
    def kind(self) -> str:
        """How the table sets it: text | number | date | badge | link."""
        if self.field is None:
            return "badge" if self.path in ("status", "state") else "date" if self.path.endswith("_at") else "text"
        name = self.field.type.name
        kinds = {"number": "number", "date": "date", "datetime": "date", "choice": "badge", "record": "link"}
        return kinds.get(name, "text")

    @property
    def sortable(self) -> bool:
        """Only own stored fields and the engine's columns are sorted by."""
        return "." not in self.path and (self.field is None or (self.field.stored and self.field.type.name != "record"))


def of_view(
    tx: Tx, obj: Object, view: View | None, shown: frozenset[str], language: str, chosen: Sequence[str] = ()
) -> list[Column]:
    """The columns that a person chose, else those of a view, else those that an object shows by itself; only what the
    actor may see."""
    paths = chosen or (view.columns if view is not None and view.kind == "list" and view.columns else by_itself(obj))
    found = [column(tx, obj, path, language) for path in paths if path.split(".")[0] in shown or path in SYSTEM_LABELS]
    return [c for c in found if c is not None]


def by_itself(obj: Object) -> tuple[str, ...]:
    """Key fields first, then whatever is short, then the status."""
    short = [f.name for f in obj.fields.values() if f.widget not in NEVER_BY_ITSELF and f.balance is None]
    first = [name for name in obj.key if name in short]
    names = [*first, *(name for name in short if name not in first)][:MOST_COLUMNS]
    return (*names, "status") if obj.states else tuple(names)


def column(tx: Tx, obj: Object, path: str, language: str) -> Column | None:
    """The column of a path; None where the path leads nowhere."""
    if path in SYSTEM_LABELS and path not in obj.fields:
        return Column(path, SYSTEM_LABELS[path].to(language), None)
    head, _, tail = path.partition(".")
    field = obj.fields.get(head)
    if field is None or not tail:
        return None if field is None else Column(path, field.label.to(language), field)
    targets = field.type.objects
    inner = column(tx, tx.app.objects[targets[0]], tail, language) if targets else None
    return None if inner is None else Column(path, inner.label, inner.field)


def cells(tx: Tx, record: Record, columns: Sequence[Column], shown: frozenset[str], language: str) -> list[Cell]:
    """The cells of one record; a field that the actor may not see in this row is blank."""
    return [_cell(tx, record, c, shown, language) for c in columns]


def _cell(tx: Tx, record: Record | None, column: Column, shown: frozenset[str], language: str) -> Cell:
    path = column.path
    head, _, tail = path.partition(".")
    hidden = head not in shown and path not in SYSTEM_LABELS
    while tail and record is not None and not hidden:
        ref = record.get(head)
        record = record.session.record(ref) if isinstance(ref, Ref) else None
        head, _, tail = tail.partition(".")
        hidden = record is not None and not readable(tx, record, head)
    if record is None or hidden:
        return Cell(path, column.label, "")
    if column.field is not None:
        return values.cell(record, column.field, language)
    return system_cell(record, head, column.label, language)


def readable(tx: Tx, record: Record, name: str) -> bool:
    """Whether the actor may see this of a record behind a link."""
    shown = name not in record.definition.fields or name in access.visible_fields(tx, record.definition, record)
    return shown and access.granted(record, "see")


def system_cell(record: Record, name: str, label: str, language: str) -> Cell:
    """The cell of one of the engine's own columns."""
    obj = record.definition
    if name == "status":
        return values.status_of(record, label, language)
    if name == "state":
        return values.status_cell(obj, record.state, label, language)
    value = record.get(name)
    if isinstance(value, Ref):
        return Cell(name, label, titles.titled(record.session, value).title)
    if name.endswith("_at"):
        return Cell(name, label, values.moment(value, record.session.tx.zone, language))
    return Cell(name, label, "" if value is None else str(value))
