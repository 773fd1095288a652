"""Reads the mapping of an import and checks it against the app and the files' columns. Touches no data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from jsonschema import Draft202012Validator

from engine.definitions.app import App
from engine.definitions.nodes import to_plain
from engine.definitions.objects import Action, Object
from engine.definitions.source import read
from engine.errors import FieldError, Invalid, Location
from engine.expressions.compiled import Expression, expression
from engine.expressions.types import BOOLEAN, Type
from engine.kinds.fields.base import Field
from engine.kinds.fields.link import Link
from engine.runtime.services.imports.columns import ColumnNames
from engine.runtime.services.imports.looking import Look, settle
from engine.runtime.services.imports.plans import LinesPlan, Notation, Origin, Plan, Then
from engine.runtime.services.imports.questions import Unclear
from engine.runtime.services.imports.rows import FileSpec
from engine.texts import Text, say

TEXTS = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
NUMBERS = {"enum": ["1,234.5", "1.234,5", "1 234,5"]}
CELL = {
    "type": ["string", "integer", "boolean", "object"], "required": ["column"], "additionalProperties": False,
    "properties": {
        "column": {"type": "string"}, "by": {"type": "string"}, "dates": TEXTS, "numbers": NUMBERS,
        "map": {"type": "object", "additionalProperties": {"type": ["string", "integer", "boolean", "null"]}},
    },
}
CELLS = {"type": "object", "minProperties": 1, "additionalProperties": CELL}
FILE = {
    "file": {"type": "string"}, "sheet": {"type": "string"}, "header": {
        "type": ["integer", "array"], "minimum": 1, "minItems": 1, "items": {"type": "integer", "minimum": 1},
    },
    "until": {"type": "integer", "minimum": 1},
    "encoding": {"type": "string"}, "separator": {"type": "string", "minLength": 1, "maxLength": 1},
}
LINES = {
    "type": "object", "required": ["fields"], "additionalProperties": False,
    "properties": {
        **FILE, "key": {"type": "string"}, "column": {"type": "string"}, "fields": CELLS,
        "on": {"type": ["string", "object"], "additionalProperties": {"type": "string"}},
    },
}
THEN = {
    "type": "object", "required": ["act"], "additionalProperties": False,
    "properties": {"act": {"type": "string"}, "when": {"type": "string"}, "with": CELLS},
}
SCHEMA: Mapping[str, Any] = {
    "type": "object", "required": ["object", "file"], "additionalProperties": False,
    "properties": {
        "object": {"type": "string"}, **FILE, "where": {"type": "string"}, "key": TEXTS, "fields": CELLS,
        "dates": TEXTS, "blank": TEXTS, "accept": TEXTS, "numbers": NUMBERS,
        "lines": {"type": "object", "additionalProperties": LINES}, "then": {"type": "array", "items": THEN},
    },
}
VALIDATOR = Draft202012Validator(SCHEMA)
Looker = Callable[[FileSpec, Collection[str]], Look]


def read_mapping(text: str, file: str) -> dict[str, Any]:
    """A mapping file's text (YAML or JSON) as plain data; raises `Invalid` with the places of what is wrong."""
    tree, problems = read(text, file)
    if tree is None or problems:
        raise Invalid(say("映射文件无法读取", "the mapping cannot be read"), code="mapping",
                      errors=[FieldError(f"{p.at.line}:{p.at.column}", say(p.message, p.message)) for p in problems])
    plain = to_plain(tree)
    return plain if isinstance(plain, dict) else {}


def shape_of(raw: Mapping[str, Any]) -> None:
    """Raise `Invalid` for keys that a mapping does not have, and for values of the wrong form."""
    errors = [
        FieldError(".".join(map(str, error.absolute_path)), say("写法有误：{why}", "{why}", why=error.message))
        for error in VALIDATOR.iter_errors(raw)
    ]
    _raise(errors)


def file_of(raw: Mapping[str, Any]) -> FileSpec:
    """The file that a mapping, or its part for lines, names."""
    header = raw.get("header", ())
    rows = (header,) if isinstance(header, int) else tuple(header)
    return FileSpec(raw["file"], raw.get("sheet", ""), rows, raw.get("until", 0), raw.get("encoding", ""),
                    raw.get("separator", ""))


def plan_of(raw: Mapping[str, Any], app: App, looker: Looker) -> Plan:
    """The checked mapping; raises `Invalid` with everything that is wrong, `Unclear` with what has to be asked.

    `looker` looks at a file for columns of these names."""
    shape_of(raw)
    obj = app.objects.get(raw["object"])
    if obj is None or obj.owner:
        raise Invalid(say("没有对象 {name}", "there is no object {name}", name=raw["object"]), code="mapping")
    found = looker(file_of(raw), wanted_of(raw, obj))
    if found.questions and not found.columns:
        raise Unclear(found.questions)
    reader = _Reader(app, found.columns, looker, _notation_of(raw), raw)
    fields = reader.origins(obj, raw["fields"], "fields") if "fields" in raw else automatic(obj, found.columns)
    lines = [reader.lines(obj, name, part, found) for name, part in raw.get("lines", {}).items()]
    if "fields" not in raw and not lines:
        lines = nested(app, obj, found.columns)
    then = [reader.then(obj, part, f"then.{index}") for index, part in enumerate(raw.get("then", ()))]
    key = _texts(raw.get("key")) or (obj.key if all(name in fields for name in obj.key) else ())
    for name in key:
        if name not in fields:
            reader.wrong("key", say("关键字段 {name} 没有对应的列", "the key field {name} has no column", name=name))
    if not fields and not reader.errors:
        reader.wrong("fields", say("没有一列与字段对应", "no column belongs to a field"))
    where = reader.condition(raw["where"], "where") if "where" in raw else None
    _raise(reader.errors)
    fields = reader.settled(fields, found)
    due = tuple(replace(part, values=reader.settled(part.values, found)) for part in then if part)
    questions = [*found.questions, *(q for other in reader.looks for q in other.questions)]
    if questions:
        raise Unclear(questions)
    notes = (*found.notes, *(note for other in reader.looks for note in other.notes))
    sound = tuple(part for part in lines if part)
    return Plan(obj, found.spec, fields, tuple(key), sound, due, reader.notation, _texts(raw.get("accept")), notes,
                where)


def _notation_of(raw: Mapping[str, Any]) -> Notation:
    return Notation(_texts(raw.get("dates")), frozenset(_texts(raw.get("blank"))), raw.get("numbers", "1,234.5"))


def wanted_of(raw: Mapping[str, Any], obj: Object) -> frozenset[str]:
    """The names of columns that the mapping speaks of; without fields those by which columns find them."""
    lines = raw.get("lines", {}).values()
    joins = (part.get("on", "") for part in lines)
    names = {name for on in joins for name in ([on] if isinstance(on, str) else on) if name}
    parts = [raw.get("fields", {}), *(part["fields"] for part in lines if "file" not in part)]
    names |= {column for part in parts for column in _columns(part)}
    return frozenset(names) if "fields" in raw else frozenset({*names, *known_names(obj)})


def _columns(fields: Mapping[str, Any]) -> Iterator[str]:
    for part in fields.values():
        if isinstance(part, Mapping):
            yield part["column"]
        elif not str(part).startswith("="):
            yield str(part)


def known_names(obj: Object) -> dict[str, Field]:
    """What columns may be called: names of fields, their labels in any language, other names that they declare."""
    known: dict[str, Field] = {}
    for target in obj.fields.values():
        if target.kind != "lines" and not target.computed:
            for name in (target.name, *target.also, *target.label.forms.values()):
                known.setdefault(name.strip().lower(), target)
    return known


def automatic(obj: Object, columns: Iterable[str]) -> dict[str, Origin]:
    """Columns by the names of fields, their labels in any language, and the other names that they declare (`also`)."""
    known = known_names(obj)
    found: dict[str, Origin] = {}
    for column in columns:
        match = known.get(column.strip().lower())
        if match is not None and match.name not in found:
            found[match.name] = Origin(match, column)
    return found


def nested(app: App, obj: Object, columns: Iterable[str]) -> list[LinesPlan | None]:
    """Lines that stand as lists in columns called like the lines field (JSON lines)."""
    found: list[LinesPlan | None] = []
    for name in obj.lines:
        if name in columns:
            inner = app.objects[f"{obj.name}.{name}"]
            origins = {f.name: Origin(f, f.name) for f in inner.fields.values() if not f.computed and f.kind != "lines"}
            found.append(LinesPlan(name, inner, origins, column=name))
    return found


def _texts(raw: object) -> tuple[str, ...]:
    if raw is None:
        return ()
    return (raw,) if isinstance(raw, str) else tuple(raw)  # type: ignore[arg-type]


def _raise(errors: Sequence[FieldError]) -> None:
    if errors:
        first = errors[0]
        text = say("导入映射 {path}：{why}", "mapping, {path}: {why}", path=first.field or "-", why=first.message)
        raise Invalid(text, code="mapping", errors=errors)


class _Reader:
    """Reads the parts of one mapping and collects what is wrong with them."""

    def __init__(
        self, app: App, columns: tuple[str, ...], looker: Looker, notation: Notation, raw: Mapping[str, Any]
    ) -> None:
        self.app = app
        self.columns = columns
        self.looker = looker
        self.notation = notation
        self.said = {"dates": "dates" in raw, "numbers": "numbers" in raw}
        self.errors: list[FieldError] = []
        self.looks: list[Look] = []            # at the files of lines

    def wrong(self, path: str, message: Text) -> None:
        self.errors.append(FieldError(path, message, "mapping"))

    def settled(self, origins: Mapping[str, Origin], found: Look) -> dict[str, Origin]:
        """The origins with the notation that their columns show."""
        return settle(origins, found, self.notation, **self.said)

    def origins(self, obj: Object, raw: Mapping[str, Any], path: str) -> dict[str, Origin]:
        """Field name → origin, for fields of an object that may be given."""
        found: dict[str, Origin] = {}
        for name, part in raw.items():
            target = obj.fields.get(name)
            if target is None or target.kind == "lines":
                self.wrong(f"{path}.{name}", say("{object} 没有字段 {name}{hint}", "{object} has no field {name}{hint}",
                                                object=obj.name, name=name, hint=_meant(name, obj.fields)))
            elif target.computed:
                self.wrong(f"{path}.{name}", say("{name} 由系统计算，不能导入", "{name} is computed, not imported",
                                                name=name))
            else:
                self._add(found, name, self.origin(target, part, f"{path}.{name}"))
        return found

    def _add(self, found: dict[str, Origin], name: str, origin: Origin | None) -> None:
        if origin is not None:
            found[name] = origin

    def origin(self, target: Field, raw: Any, path: str) -> Origin | None:
        """A column's name, `=expression`, or `{column, by, map}`."""
        if isinstance(raw, Mapping):
            column = self._column(raw["column"], path)
            by = raw.get("by", "")
            if by and not self._may_look_up(target, by, path):
                return None
            own = None
            if "dates" in raw or "numbers" in raw:
                own = replace(self.notation, dates=_texts(raw.get("dates")) or self.notation.dates,
                              numbers=raw.get("numbers", self.notation.numbers))
            return Origin(target, column, None, by, raw.get("map", {}), notation=own) if column else None
        text = str(raw)
        if text.startswith("="):
            compiled = self._expression(text[1:], path)
            return Origin(target, expression=compiled) if compiled is not None else None
        column = self._column(text, path)
        return Origin(target, column) if column else None

    def condition(self, text: str, path: str) -> Expression | None:
        """A condition over the columns."""
        return self._expression(text, path, BOOLEAN)

    def _column(self, name: str, path: str) -> str:
        if name in self.columns:
            return name
        self.wrong(path, say("文件中没有列 {name}{hint}", "the file has no column {name}{hint}", name=name,
                             hint=_meant(name, self.columns)))
        return ""

    def _may_look_up(self, target: Field, by: str, path: str) -> bool:
        objects = target.to if isinstance(target, Link) else ()
        if objects and all(by in self.app.objects[name].fields for name in objects):
            return True
        self.wrong(path, say("不能按 {by} 查找：{name} 不是链接，或目标没有该字段",
                             "cannot look up by {by}: {name} is no link, or its target has no such field",
                             by=by, name=target.name))
        return False

    def _expression(self, text: str, path: str, expect: Type | None = None) -> Expression | None:
        compiled = expression(text, Location("mapping", path=path), ColumnNames(self.columns), expect=expect)
        if isinstance(compiled, list):
            for problem in compiled:
                self.wrong(path, say(problem.message, problem.message))
            return None
        return compiled

    def lines(self, obj: Object, name: str, raw: Mapping[str, Any], main: Look) -> LinesPlan | None:
        """The plan for one lines field; its columns are those of its own file, if it has one."""
        path = f"lines.{name}"
        if name not in obj.lines:
            self.wrong(path, say("{object} 没有明细 {name}", "{object} has no lines {name}", object=obj.name,
                                 name=name))
            return None
        inner = self.app.objects[f"{obj.name}.{name}"]
        found = self._look(raw) if "file" in raw else main
        column = self._column(raw["column"], f"{path}.column") if "column" in raw else ""
        on = raw.get("on", {})
        pairs = tuple({on: on}.items()) if isinstance(on, str) else tuple(on.items())
        if not pairs and not column:
            self.wrong(path, say("请用 on 注明把行连到记录的列",
                                 "say with `on` which column joins the rows to their record"))
        outer, self.columns = self.columns, found.columns
        if column:
            origins = {f: Origin(inner.fields[f], str(c)) for f, c in raw["fields"].items() if f in inner.fields}
        else:
            for mine, theirs in pairs:
                if mine not in outer:
                    self.wrong(f"{path}.on", say("文件中没有列 {name}", "the file has no column {name}",
                                                 name=mine))
                self._column(theirs, f"{path}.on")
            origins = self.settled(self.origins(inner, raw["fields"], f"{path}.fields"), found)
        self.columns = outer
        return LinesPlan(name, inner, origins, found.spec if "file" in raw else None, pairs, column,
                         raw.get("key", ""))

    def _look(self, raw: Mapping[str, Any]) -> Look:
        """A look at the file of lines."""
        on = raw.get("on", {})
        joins = [on] if isinstance(on, str) else on.values()
        found = self.looker(file_of(raw), frozenset({*joins, *_columns(raw["fields"])}))
        if found.questions and not found.columns:
            raise Unclear(found.questions)
        self.looks.append(found)
        return found

    def then(self, obj: Object, raw: Mapping[str, Any], path: str) -> Then | None:
        """An action of the object, with its condition over the columns."""
        action = obj.actions.get(raw["act"])
        if action is None:
            self.wrong(path, say("{object} 没有操作 {name}{hint}", "{object} has no action {name}{hint}",
                                 object=obj.name, name=raw["act"], hint=_meant(raw["act"], obj.actions)))
            return None
        when = self.condition(raw["when"], f"{path}.when") if "when" in raw else None
        return Then(action.name, when, self._answers(obj, action, raw.get("with", {}), f"{path}.with"))

    def _answers(self, obj: Object, action: Action, raw: Mapping[str, Any], path: str) -> dict[str, Origin]:
        asked = {f.name: f for f in action.ask} | {n: obj.fields[n] for n in action.ask_fields if n in obj.fields}
        found: dict[str, Origin] = {}
        for name, part in raw.items():
            if name in asked:
                self._add(found, name, self.origin(asked[name], part, f"{path}.{name}"))
            else:
                self.wrong(f"{path}.{name}", say("操作 {action} 不询问 {name}",
                                                "the action {action} does not ask for {name}",
                                                action=action.name, name=name))
        return found


def _meant(name: str, known: Iterable[str]) -> Text:
    close = get_close_matches(name, list(known), 1)
    return say("（是否指 {name}？）", " (did you mean {name}?)", name=close[0]) if close else say("", "")
