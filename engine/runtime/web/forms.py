"""A posted form as nested raw values, by the fields of its object. Parses no value: that is the fields' business."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from werkzeug.datastructures import MultiDict

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.digits import SMALL_DIGITS, whole
from engine.errors import FieldError, Invalid, Unreadable
from engine.expressions.compiled import Expression
from engine.kinds.fields.base import Field
from engine.runtime.services import inputs, previews
from engine.runtime.services.records import Record
from engine.runtime.storage.live import Tx
from engine.texts import say

ENVELOPE = (
    "csrf_token",
    "_lines",
    "_key",
    "_version",
    "_accept",
    "_override",
    "_touched",
    "_changed",
    "_comment",
    "_then",
    "_q",
    "_at",
    "_seen",
    "_between",
    "_draft",
    "_form",
)
TAKE = "_take."                                # of a field that two have changed: `theirs` or `mine`
LINE = re.compile(r"(\w+)\.(\d{1,6})\.(\w+)")
MOST_LINES = 2_000
NONE_ASKED: Mapping[str, Field] = {}


@dataclass(frozen=True, slots=True)
class Posted:
    """What a form sent: `raw` nested by field, lines as lists; `typed` flat by path (rows counted without gaps)."""

    raw: Mapping[str, Any]
    typed: Mapping[str, Any]
    touched: frozenset[str] = frozenset()
    changed: str = ""
    key: str = ""
    version: int | None = None
    accept: tuple[str, ...] = ()
    override: str = ""                         # why an administrator changes what a running approval holds
    comment: str = ""
    then: str = ""
    form: str = ""                             # the form for an occasion that it is
    moved: Mapping[str, str] = field(default_factory=dict)  # row counted anew (`lines.0`) → row as posted


def read(app: App, obj: Object, form: MultiDict[str, str], asked: Mapping[str, Field] = NONE_ASKED) -> Posted:
    """The form of one object (and what an action asks beside it); raises `Unreadable` for controls that it has not."""
    flat: dict[str, Any] = {}
    rows: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in obj.lines}
    for path in form:
        if path in ENVELOPE:
            continue
        match = LINE.fullmatch(path)
        if match and match[1] in rows:
            inner = app.objects[f"{obj.name}.{match[1]}"]
            value = value_of(inner.fields, match[3], path, form)
            # A box that is not ticked says so, which makes no line of a blank row.
            unticked = value == "false" and inner.fields[match[3]].type.name == "boolean"
            rows[match[1]].setdefault(int(match[2]), {})[match[3]] = False if unticked else value
        else:
            flat[path] = value_of({**obj.fields, **asked}, path, path, form)
    return assemble(flat, rows, form)


def chosen(form: MultiDict[str, str]) -> tuple[MultiDict[str, str], list[str]]:
    """A form in which somebody chose between two edits: without the fields of which the stored value stays; and the
    fields between which nobody chose."""
    sides = {key.removeprefix(TAKE): value for key, value in form.items() if key.startswith(TAKE)}
    left = {name for name, side in sides.items() if side == "theirs"}

    def kept(key: str, value: str) -> bool:
        stays = key.partition(".")[0] in left or key == "_lines" and value in left
        return not (stays or key.startswith(TAKE))

    found: MultiDict[str, str] = MultiDict((k, v) for k, v in form.items(multi=True) if kept(k, v))
    return found, [name for name in form.getlist("_between") if sides.get(name) not in ("theirs", "mine")]


def assemble(
    flat: dict[str, Any], rows: Mapping[str, Mapping[int, dict[str, Any]]], form: MultiDict[str, str]
) -> Posted:
    """Rows in the order in which the form has them, counted anew from 0: an index only tells them apart."""
    raw, typed = dict(flat), dict(flat)
    moved: dict[str, str] = {}
    as_posted: dict[str, str] = {}
    for name, by_index in rows.items():
        if len(by_index) > MOST_LINES:
            raise Unreadable(say(zh="最多 {most} 行", en="{most} rows at most", most=MOST_LINES))
        items = []
        filled = [index for index in by_index if any(by_index[index].values())]  # blank rows are no lines
        for position, index in enumerate(filled):
            items.append({k: v for k, v in by_index[index].items() if k != "id"} | line_id(by_index[index]))
            for inner, value in by_index[index].items():
                typed[f"{name}.{position}.{inner}"] = value
                as_posted[f"{name}.{index}.{inner}"] = f"{name}.{position}.{inner}"
            moved[f"{name}.{position}"] = f"{name}.{index}"
        # `_lines` names the grids that the form had: an emptied one means no lines, a missing one nothing at all.
        if by_index or name in form.getlist("_lines"):
            raw[name] = items
    return Posted(
        raw=raw,
        typed=typed,
        touched=frozenset(as_posted.get(p, p) for p in form.get("_touched", "").split(",") if p),
        changed=as_posted.get(form.get("_changed", ""), form.get("_changed", "")),
        key=form.get("_key", "")[:200],
        version=whole(form.get("_version", ""), SMALL_DIGITS),
        accept=tuple(form.getlist("_accept")),
        override=form.get("_override", "").strip(),
        comment=form.get("_comment", "").strip(),
        then=form.get("_then", ""),
        form=form.get("_form", ""),
        moved=moved,
    )


def readable(tx: Tx, object: str, posted: Posted) -> tuple[dict[str, Any], Sequence[FieldError]]:
    """The values of whatever in the form can be read, and what is wrong with the rest."""
    try:
        return inputs.read(tx, object, posted.raw, form=True), ()
    except Invalid as failure:
        rest = copy.deepcopy(dict(posted.raw))
        for error in failure.errors:
            without(rest, error.field)
        return inputs.read(tx, object, rest, form=True), failure.errors


def draft_at(tx: Tx, obj: Object, form: MultiDict[str, str]) -> Record:
    """The draft that a form describes: the record, or the line in which `_at` stands."""
    posted = read(tx.app, obj, form)
    values, _ = readable(tx, obj.name, posted)
    record = previews.preview(tx, obj.name, values).record
    place = LINE.fullmatch(form.get("_at", ""))
    if place is None or place[1] not in obj.lines:
        return record
    row = next((new for new, old in posted.moved.items() if old == f"{place[1]}.{place[2]}"), "")
    lines = record.lines(place[1])
    number = int(row.rpartition(".")[2]) if row else len(lines)
    return lines[number] if number < len(lines) else record.add_line(place[1])


def without(raw: dict[str, Any], path: str) -> None:
    """Take the value at a path (`qty`, `lines.0.qty`) out of nested raw values."""
    head, _, rest = path.partition(".")
    index, _, name = rest.partition(".")
    place = whole(index)
    if name and place is not None:
        raw[head][place].pop(name, None)
    else:
        raw.pop(head, None)


def refillable(app: App, obj: Object, posted: Posted, *, blank_only: bool = False) -> Posted:
    """The form without the defaults that nobody typed over, so that they are filled again: all of them in a preview,
    those still blank when it is saved (it was sent before its preview came, or there is no script)."""

    def kept(field: Field, path: str, value: Any) -> bool:
        return bool(blank_only and value) or not untouched(field, path, posted)

    raw = {k: v for k, v in posted.raw.items() if kept(obj.fields[k], k, v)}
    for name in obj.lines:
        inner = app.objects[f"{obj.name}.{name}"].fields
        if name not in raw:
            continue
        raw[name] = [
            {k: v for k, v in row.items() if k == "id" or kept(inner[k], f"{name}.{n}.{k}", v)}
            for n, row in enumerate(raw[name])
        ]
    return replace(posted, raw=raw)


def untouched(field: Field, path: str, posted: Posted) -> bool:
    """Whether a control holds a computed default that the person has not changed: one of a new record, or one that is
    refilled after what was changed just now."""
    if not isinstance(field.default, Expression) or path in posted.touched or path == posted.changed:
        return False
    stored = posted.typed.get(".".join([*path.split(".")[:2], "id"])) if "." in path else posted.version
    return not stored or posted.changed.rpartition(".")[2] in field.refill


def line_id(row: Mapping[str, Any]) -> dict[str, int]:
    """The id of a line that is stored already."""
    id = whole(str(row.get("id") or ""))
    return {} if id is None else {"id": id}


def value_of(fields: Mapping[str, Field], name: str, path: str, form: MultiDict[str, str]) -> Any:
    """The value of one control: a list for fields that hold several, else the last one sent."""
    if name == "id" and path != name:          # of a line: which one it is
        return form.get(path, "")
    found = fields.get(name)
    if found is None or found.kind == "lines":
        refuse_unknown(name)
    values = form.getlist(path)
    if found.type.name == "list":
        return [v for v in values if v]
    if found.widget == "range":  # two controls of one name: the start and the end
        return (values if any(values) else "") if len(values) == 2 else values[-1] if values else ""
    return values[-1] if values else ""


def refuse_unknown(name: str) -> NoReturn:
    """The form has no such control."""
    raise Unreadable(say(zh="表单中没有字段 {name}", en="The form has no field {name}", name=name))
