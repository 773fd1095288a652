"""The dialog in which a record gets another place in a calendar, a timeline or a tree. Knows records, no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions.objects import View
from engine.errors import Failure
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.web.present import addresses, cell_forms, controls
from engine.runtime.web.present.controls import Control, Setting
from engine.texts import Text, say

HEADS: Mapping[str, Text] = {
    "calendar": say(zh="移到另一天", en="Move to another day"),
    "timeline": say(zh="修改日期", en="Change the dates"),
    "tree": say(zh="移到另一个上级", en="Move below another one"),
}
SHUT = say(zh="这里现在不能修改“{field}”", en="{field} cannot be changed here now")


@dataclass(frozen=True, slots=True)
class Placing:
    """The dialog: where it is sent, its controls, the version that it is based on; `shut`: why nothing can be moved."""

    title: str
    url: str
    view: str
    version: int
    controls: Sequence[Control]
    message: str
    accept: Sequence[str]
    shut: str


def of(
    record: Record, view: View, names: Sequence[str], values: Mapping[str, Any],
    failure: Failure | None = None, typed: Mapping[str, Any] | None = None,
) -> Placing:
    """The dialog of a record: `values` are what is proposed, `typed` what came back with a failure."""
    tx, language = record.session.tx, record.session.tx.actor.language
    obj = record.definition
    setting = Setting(tx.app.name, obj.name, language, dict(typed or {}), {}, frozenset())
    drawn = [controls.typable(setting, record, obj.fields[name], name, values.get(name, record.get(name)))
             for name in names]
    fitting = [replace(one, hidden=False, refresh=False) for one in drawn]
    said = cell_forms.message_of(record, names[0], failure)
    return Placing(
        title=f"{HEADS[view.kind].to(language)} · {record.title}",
        url=addresses.record(tx.app.name, obj.name, record.id or 0, "place"),
        view=view.name,
        version=int(record.system.get("version") or 0),
        controls=fitting,
        message=said,
        accept=[called for called, _ in cell_forms.warnings_of(failure)],
        shut=shut(record, names[0], language),
    )


def shut(record: Record, name: str, language: str) -> str:
    """Why the actor cannot move a record now; blank if they can."""
    right = access.allowed(record).fields.get(name)
    if right is not None and right.see and right.edit:
        return ""
    reason = right.reason if right is not None and right.see else None
    return (reason or SHUT.filled(field=record.definition.fields[name].label)).to(language)
