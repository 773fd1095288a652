"""What a list may be filtered by, each with the comparisons that fit it. Knows definitions and rights, no page."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.definitions.objects import Object
from engine.kinds.fields.base import Field
from engine.runtime.services.rights import access
from engine.runtime.services.spoken import SYSTEM_LABELS
from engine.runtime.storage.live import Tx
from engine.runtime.web.present.filters import DATE_WORDS, OPERATORS
from engine.texts import Text, say

OWN_WORDS: Mapping[str, Text] = {
    "lacks": say(zh="不包含", en="does not contain"),
    "starts": say(zh="开头是", en="begins with"),
    "in": say(zh="是其中之一", en="is any of"),
    "not in": say(zh="不是其中任何一个", en="is none of"),
    "between": say(zh="介于", en="is between"),
    "me": say(zh="是我", en="is me"),
    "today": say(zh="是今天", en="is today"),
    "overdue": say(zh="早于今天", en="is before today"),
    "week": say(zh="在本周", en="is this week"),
    "month": say(zh="在本月", en="is this month"),
    "last_month": say(zh="在上月", en="is last month"),
    "year": say(zh="在今年", en="is this year"),
    "past7": say(zh="在最近 7 天", en="is in the last 7 days"),
    "past30": say(zh="在最近 30 天", en="is in the last 30 days"),
    "next7": say(zh="在未来 7 天", en="is in the next 7 days"),
}
WORDS: Mapping[str, Text] = {**OPERATORS, **OWN_WORDS}
PERIODS = ("today", "week", "month", "last_month", "year", "past7", "past30", "next7", "overdue")
BLANKS = ("blank", "filled")
FITTING: Mapping[str, tuple[str, ...]] = {
    "text": ("contains", "lacks", "=", "!=", "starts", *BLANKS),
    "number": (">=", "<=", ">", "<", "=", "!=", "between", *BLANKS),
    "date": (">=", "<=", "=", "between", *PERIODS, *BLANKS),
    "datetime": (">=", "<=", "=", "between", *PERIODS, *BLANKS),
    "choice": ("=", "!=", "in", "not in", *BLANKS),
    "record": ("=", "!=", "in", "not in", *BLANKS),
    "person": ("=", "me", "!=", "in", "not in", *BLANKS),
    "boolean": ("=",),
    "records": ("has",),
}
SYSTEM = {"status": "choice", "creator": "person", "created_at": "datetime", "changed_by": "person",
          "changed_at": "datetime"}


@dataclass(frozen=True, slots=True)
class Subject:
    """Something to filter by: its path (`total`, `customer.region`, `status`), its sort (a key of `FITTING`), its field
    if it is one, its options if it has a list of them."""

    path: str
    label: str
    sort: str
    field: Field | None = None
    options: Mapping[str, Text] = dataclasses.field(default_factory=dict)

    @property
    def operators(self) -> tuple[str, ...]:
        return FITTING[self.sort]

    def word(self, operator: str, language: str) -> str:
        """How a comparison of this subject is said."""
        dated = self.sort in ("date", "datetime") and operator in DATE_WORDS
        return (DATE_WORDS if dated else WORDS)[operator].to(language)


def sort_of(field: Field) -> str:
    """The key of `FITTING` for a field; blank for one by which nobody can filter."""
    inner = field.type.of
    if inner is not None:
        return "records" if inner.name == "record" else ""
    if field.type.name == "record":
        return "person" if field.type.objects == ("user",) else "record"
    return field.type.name if field.type.name in FITTING else ""


def of(tx: Tx, obj: Object, paths: Iterable[str] = ()) -> dict[str, Subject]:
    """Everything by which the actor may filter a list: own stored fields seen in every row, the engine's own, and those
    of `paths` that lead to a field of a linked record."""
    language, sure = tx.actor.language, access.sure_fields(tx, obj)
    found = {
        f.name: Subject(f.name, f.label.to(language), sort_of(f), f, options_of(f))
        for f in obj.fields.values()
        if f.name in sure and f.stored and sort_of(f)
    }
    for path in paths:
        behind = _behind(tx, obj, path, sure)
        if behind is not None:
            found[path] = behind
    for name, sort in SYSTEM.items():
        if name != "status" or obj.states:
            options = {state.name: state.label for state in obj.states.values()} if name == "status" else {}
            found.setdefault(name, Subject(name, SYSTEM_LABELS[name].to(language), sort, None, options))
    if any(state.within for state in obj.states.values()):      # else it is the status
        options = {state.name: state.label for state in obj.states.values() if not state.within}
        found.setdefault("state", Subject("state", SYSTEM_LABELS["state"].to(language), "choice", None, options))
    return found


def options_of(field: Field) -> Mapping[str, Text]:
    """The labels of a choice's codes."""
    return {code: option.label for code, option in (getattr(field, "options", None) or {}).items()}


def _behind(tx: Tx, obj: Object, path: str, sure: frozenset[str]) -> Subject | None:
    """A field of the record behind a link, if the actor sees it in every such record."""
    head, _, tail = path.partition(".")
    link = obj.fields.get(head)
    if not tail or link is None or head not in sure or not link.stored or len(link.type.objects) != 1:
        return None
    target = tx.app.objects[link.type.objects[0]]
    field = target.fields.get(tail)
    if field is None or not field.stored or not access.may(tx, target.name, "see"):
        return None
    if tail not in access.sure_fields(tx, target) or sort_of(field) in ("", "record", "records", "person"):
        return None
    label = f"{link.label.to(tx.actor.language)} · {field.label.to(tx.actor.language)}"
    return Subject(path, label, sort_of(field), field, options_of(field))
