"""The form of one cell of a list: its control, what is wrong with it, what answers a warning. Knows no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.definitions.objects import Object
from engine.errors import Conflict, Failure, Refused
from engine.runtime.services.records import Record
from engine.runtime.web.present import addresses, controls, values
from engine.runtime.web.present.controls import Control, Setting
from engine.texts import say

# Of these the control is small enough for a cell, and its value is one.
WIDGETS = ("text", "number", "money", "percent", "integer", "quantity", "decimal", "date", "datetime", "time", "select",
           "choice", "checkbox", "switch", "boolean", "link", "user", "email", "phone", "url", "rating", "month")


@dataclass(frozen=True, slots=True)
class CellForm:
    """The form: where it is sent, its control, the version that it is based on, the message under it."""

    url: str
    control: Control
    version: int
    message: str = ""
    accept: Sequence[str] = ()


def editable(obj: Object, name: str) -> bool:
    """Whether a field is one that a cell can edit at all."""
    field = obj.fields.get(name)
    if field is None or field.computed or field.readonly or field.kind == "autonumber":
        return False
    return field.widget in WIDGETS and field.type.name != "list"


def of(record: Record, name: str, failure: Failure | None = None, typed: str | None = None) -> CellForm:
    """The form of a cell of a record; after a failure with what was typed, and the record's newest version: whoever
    sends it again has seen what stands there now."""
    tx, field = record.session.tx, record.definition.fields[name]
    kept = {} if typed is None else {name: typed}
    setting = Setting(tx.app.name, record.object, tx.actor.language, kept, {}, frozenset())
    control = controls.typable(setting, record, field, name, record.get(name), compact=True)
    url = addresses.record(tx.app.name, record.object, record.id or 0, "cell", name)
    version = int(record.system.get("version") or 0)
    return CellForm(url, replace(control, required=False, hidden=False, refresh=False), version,
                    message_of(record, name, failure), [called for called, _ in warnings_of(failure)])


def warnings_of(failure: Failure | None) -> Sequence[tuple[str, object]]:
    """The warnings that whoever saves again answers."""
    return failure.warnings if isinstance(failure, Refused) else ()


def message_of(record: Record, name: str, failure: Failure | None) -> str:
    """What is said about a value that was not taken: what stands there now, what is doubted, what is wrong."""
    language = record.session.tx.actor.language
    if failure is None:
        return ""
    if isinstance(failure, Conflict):
        now = values.cell(record, record.definition.fields[name], language).text or "—"
        text = say(zh="别人刚刚改过这条记录，现在这里是“{now}”。再按一次保存即覆盖。",
                   en="Somebody else changed this record; “{now}” stands here now. Save again to put yours.", now=now)
        return text.to(language)
    if isinstance(failure, Refused) and failure.warnings:
        said = "; ".join(text.to(language) for _, text in failure.warnings)
        return said + say(zh="（再次保存即继续）", en=" (save again to go on)").to(language)
    errors = [e.message.to(language) for e in failure.errors]
    return "; ".join(errors) or failure.message.to(language)
