"""The view model of an import: what was recognised, questions, columns and their fields, counts, errors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.definitions.objects import Object
from engine.kinds.fields.link import Link
from engine.runtime.services.imports.reviewing import SETTINGS, Review
from engine.runtime.services.imports.rows import Cell
from engine.runtime.services.imports.values import RowError, key_of
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses
from engine.texts import Text, say

MOST_ERRORS = 100
LONGEST = 60
CARRIED = tuple(name for name in SETTINGS if name != "accept")         # settings that the form has no control of
LABELS: Mapping[str, Text] = {
    "created": say("新建", "Created"), "updated": say("更新", "Updated"), "unchanged": say("无变化", "Unchanged"),
    "failed": say("失败", "Failed"), "skipped": say("略过", "Left out"),
}
HOW: Mapping[str, Text] = {
    "similar": say("名称相近，请确认", "similar name: please check"),
    "order": say("按位置猜测，请确认", "by its place: please check"),
}
BY_KEY = say("{field}（按{key}）", "{field} (by {key})")


@dataclass(frozen=True, slots=True)
class Option:
    """A possible answer."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answers; `name` is the setting that it settles."""

    name: str
    text: str
    options: Sequence[Option]


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A column of the file: what stands in it, and the fields that it may go into."""

    index: int
    name: str
    samples: Sequence[str]
    options: Sequence[Option]
    hint: str


@dataclass(frozen=True, slots=True)
class ErrorView:
    row: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportView:
    """Everything that the page of an import shows. `state`: new rehearsing rehearsed running done failed."""

    id: int
    object: str
    plural: str
    file: str
    state: str
    url: str
    list_url: str
    again_url: str
    done: int
    message: str
    notes: Sequence[str] = ()
    questions: Sequence[Asked] = ()
    settings: Sequence[tuple[str, str]] = ()
    columns: Sequence[ColumnView] = ()
    counts: Sequence[tuple[str, int]] = ()
    errors: Sequence[ErrorView] = ()
    failed: int = 0
    warnings: str = ""                         # the names of what may only be warned of, as the setting holds them
    accepted: bool = False

    @property
    def busy(self) -> bool:
        return self.state in ("rehearsing", "running")


def of(tx: Tx, found: Mapping[str, Any], seen: Review | None, errors: Sequence[RowError]) -> ImportView:
    """The page of an import; `seen` only while its mapping may still change."""
    obj, language, app = tx.app.objects[found["object"]], tx.actor.language, tx.app.name
    message = Text(found["message"]).to(language) if found["message"] else ""
    if seen is not None and seen.problem is not None and not seen.questions:
        message = seen.problem.to(language)
    counts = [(LABELS[name].to(language), int(found["counts"].get(name, 0))) for name in LABELS]
    return ImportView(
        found["id"], obj.name, obj.plural.to(language), found["file"], found["state"],
        addresses.one_import(app, found["id"]), addresses.records(app, obj.name), addresses.imports(app, obj.name),
        found["done"], message,
        notes=[note.to(language) for note in seen.notes] if seen else [],
        questions=[Asked(q.path, q.text.to(language), [_option(c, found["mapping"].get(q.path)) for c in q.choices])
                   for q in seen.questions] if seen else [],
        settings=[(name, json.dumps(found["mapping"][name])) for name in CARRIED if name in found["mapping"]],
        columns=_columns(tx, obj, seen) if seen else [],
        counts=[(label, count) for label, count in counts if count or label == LABELS["created"].to(language)],
        errors=[ErrorView(e.row, e.column, e.message.to(language)) for e in errors[:MOST_ERRORS]],
        failed=int(found["counts"].get("failed", 0)),
        warnings=json.dumps(names) if (names := _warnings(obj)) else "",
        accepted=bool(found["mapping"].get("accept")),
    )


def _warnings(obj: Object) -> list[str]:
    """The names of the warnings that an import of an object may meet."""
    similar = [f"similar:{field.name}" for field in obj.fields.values() if field.similar]
    checks = [check.called for check in obj.checks if check.otherwise == "warn"]
    return [*similar, *checks, *(rule.called for rule in obj.unique if rule.warning)]


def _option(choice: Any, chosen: Any) -> Option:
    return Option(json.dumps(choice.value), choice.label or str(choice.value), choice.value == chosen)


def _columns(tx: Tx, obj: Object, seen: Review) -> list[ColumnView]:
    into = {_column_of(part): (name, part) for name, part in seen.fields.items()}
    choices = _choices(tx, obj)
    found = []
    for index, column in enumerate(seen.columns):
        name, part = into.get(column, ("", None))
        value = f"{name}:{part['by']}" if isinstance(part, dict) and part.get("by") else name
        options = [Option(o.value, o.label, o.value == value) for o in choices]
        hint = HOW.get(seen.how.get(name, ""))
        if column:
            samples = [_shown(row.cells.get(column)) for row in seen.rows]
            found.append(ColumnView(index, column, samples, options, hint.to(tx.actor.language) if hint else ""))
    return found


def _column_of(part: Any) -> str:
    return str(part["column"]) if isinstance(part, dict) else str(part)


def _choices(tx: Tx, obj: Object) -> list[Option]:
    """The fields that a file may fill; links also by the key of what they link to."""
    language = tx.actor.language
    found = []
    for target in obj.fields.values():
        if target.kind == "lines" or target.computed:
            continue
        label = target.label.to(language) + (" *" if target.required is True else "")
        found.append(Option(target.name, label))
        for other in target.to if isinstance(target, Link) else ():
            key = key_of(tx.app.objects[other])
            if key:
                name = tx.app.objects[other].fields[key].label
                by = BY_KEY.filled(field=label, key=name).to(language)
                found.append(Option(f"{target.name}:{key}", by))
    return found


def _shown(cell: Cell) -> str:
    text = "" if cell is None else str(cell).strip()
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def mapping_of(seen: Review, chosen: Mapping[str, str]) -> dict[str, Any]:
    """The mapping's fields out of a form: `chosen` gives `field` or `field:by` under the column's index."""
    found: dict[str, Any] = {}
    for index, column in enumerate(seen.columns):
        name, _, by = chosen.get(f"col.{index}", "").partition(":")
        if name and name not in found:
            found[name] = {"column": column, "by": by} if by else column
    return found


def answers_of(chosen: Mapping[str, str]) -> dict[str, Any]:
    """The settings out of a form: JSON under `set.header` …"""
    found: dict[str, Any] = {}
    for name, text in chosen.items():
        if name.startswith("set.") and text:
            try:
                found[name[4:]] = json.loads(text)
            except ValueError:
                continue
    return found

