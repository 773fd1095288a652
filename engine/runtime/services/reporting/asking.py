"""Ad-hoc questions: `{from, where, by, show, sort, limit}` as text, checked with the reader's rights into a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions import filters
from engine.definitions.building.questions import narrowed
from engine.definitions.filters import NotReadable, Reader
from engine.definitions.questions import Report
from engine.errors import FieldError, Unreadable
from engine.expressions.compiled import Expression
from engine.expressions.faults import told
from engine.expressions.scope import Symbol
from engine.expressions.types import rows_of
from engine.runtime.services.reading import reader_of
from engine.runtime.storage import report_queries
from engine.runtime.storage.live import Tx
from engine.texts import Text, plain, say

KEYS = ("from", "where", "by", "show", "sort", "limit")
MOST = 1000                                    # rows of an ad-hoc answer
MOST_COLUMNS = 50


@dataclass(frozen=True, slots=True)
class Grouped(Reader):
    """The names of a reader where rows are grouped: `rows` are those of the group."""

    rows: str = ""

    def head(self, name: str) -> Symbol | None:
        if name == "rows":
            return Symbol("word", name, rows_of(self.rows))
        return Reader.head(self, name)


def report_of(tx: Tx, request: Mapping[str, Any]) -> Report:
    """The report that the request describes; `Unreadable` with an error per key."""
    unknown = [key for key in request if key not in KEYS]
    if unknown:
        raise _unreadable(unknown[0], say(zh="不认识的键", en="There is no such key"))
    reader = reader_of(tx)
    source = _checked("from", lambda: filters.rows(reader, _text(request, "from")))
    thing = report_queries.thing_of(source.node)
    if not thing:
        raise _unreadable("from", say(zh="只能查询对象或台账", en="Ask for rows of an object or a register"))
    by = _columns(request, "by")
    names = Grouped(reader.app, reader.visible, rows=thing) if by else reader
    where = _text(request, "where", optional=True)
    held = _checked("where", lambda: filters.condition(reader, thing, where)) if where else None
    report = Report(
        name="query", label=say(zh="查询", en="Query"), source=narrowed(source, held),
        by={name: _value("by", reader, thing, text) for name, text in by.items()},
        show={name: _value("show", names, thing, text) for name, text in _columns(request, "show").items()},
        labels=_labels(tx, thing, {**by, **_columns(request, "show")}),
        limit=_limit(request),
    )
    if not report.show:
        raise _unreadable("show", say(zh="请给出要显示的列", en="Say which columns to show"))
    return replace(report, sort=_sort(request, report))


def _value(key: str, names: Reader, thing: str, text: str) -> Expression:
    found: Expression = _checked(key, lambda: filters.value(names, thing, text))
    if found.type.name in ("rows", "list"):
        raise _unreadable(key, say(zh="{text} 是多行，请汇总", en="{text} is many rows: add them up", text=text))
    return found


def _columns(request: Mapping[str, Any], key: str) -> dict[str, str]:
    """Columns as a map, or as a list of expressions that name themselves."""
    given = request.get(key) or {}
    if isinstance(given, str):
        given = [given]
    if isinstance(given, Sequence):
        given = {text: text for text in given}
    texts = isinstance(given, Mapping) and all(isinstance(value, str) for value in given.values())
    if not texts or len(given) > MOST_COLUMNS:
        raise _unreadable(key, say(zh="应为 列名: 表达式", en="Give columns as name: expression"))
    return {str(name): text for name, text in given.items()}


def _sort(request: Mapping[str, Any], report: Report) -> tuple[str, ...]:
    given = request.get("sort") or ()
    if not isinstance(given, str | Sequence):
        raise _unreadable("sort", say(zh="应为列名的列表", en="Give a list of columns"))
    keys = tuple(part.strip() for part in given.split(",")) if isinstance(given, str) else tuple(str(k) for k in given)
    for key in keys:
        if key.lstrip("-") not in {**report.by, **report.show}:
            raise _unreadable("sort", say(zh="没有列 {name}", en="There is no column {name}", name=key.lstrip("-")))
    return keys


def _limit(request: Mapping[str, Any]) -> int:
    given = request.get("limit", MOST)
    if not isinstance(given, int) or isinstance(given, bool) or not 0 < given <= MOST:
        raise _unreadable("limit", say(zh="应为不超过 {most} 的正整数", en="Give a number up to {most}", most=MOST))
    return given


def _labels(tx: Tx, thing: str, columns: Mapping[str, str]) -> dict[str, Text]:
    """A column that shows a field is called as the field is."""
    obj, register = tx.app.objects.get(thing), tx.app.registers.get(thing)
    fields = obj.fields if obj is not None else {**register.keys, **register.measures} if register is not None else {}
    named = {name for name, text in columns.items() if text in fields and name == text}
    return {name: fields[name].label if name in named else plain(name) for name in columns}


def _text(request: Mapping[str, Any], key: str, *, optional: bool = False) -> str:
    given = request.get(key)
    if given is None and optional:
        return ""
    if not isinstance(given, str) or not given.strip():
        raise _unreadable(key, say(zh="应为文字", en="Give a text"))
    return given


def _checked(key: str, check: Any) -> Any:
    try:
        return check()
    except NotReadable as error:
        raise _unreadable(key, told(error.problems)) from error


def _unreadable(key: str, reason: Text) -> Unreadable:
    text = say(zh="“{key}”无法识别：{reason}", en="{key} cannot be read: {reason}", key=key, reason=reason)
    return Unreadable(text, errors=[FieldError(key, text)])
