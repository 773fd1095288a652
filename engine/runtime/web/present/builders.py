"""The panel in which a list is filtered: rows of controls that read as a sentence, and the expression."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from engine.definitions.objects import Object
from engine.digits import SMALL_DIGITS, whole
from engine.errors import Failure
from engine.expressions.values import Ref
from engine.kinds.fields.base import Unfit
from engine.runtime.services import reading, spoken
from engine.runtime.services.reading import Query
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, conditions
from engine.runtime.web.present.conditions import BY_HAND, MANY, OTHER, WITHOUT_VALUE, Condition, Group, Member
from engine.runtime.web.present.controls import Control, Item, Option
from engine.runtime.web.present.subjects import Subject
from engine.texts import say

ROW = re.compile(r"r\.(\d{1,3})\.(g|field|was|op|v|w)")
MOST_ROWS = 40
PEOPLE = 200
JOINERS = {"all": say(zh="且", en="and"), "any": say(zh="或", en="or")}
WHERE = say(zh="当", en="where")


@dataclass(frozen=True, slots=True)
class BuilderRow:
    """One condition as controls: `stem` begins their names (`r.0`), `joiner` stands before it; `group` 0 is the top."""

    stem: str
    number: int
    group: int
    joiner: str
    field: str
    operators: Sequence[tuple[str, str]]
    operator: str
    controls: Sequence[Control]
    error: str = ""


@dataclass(frozen=True, slots=True)
class BuilderBlock:
    """Rows that stand together: those of the top (`number` 0), or of a group within."""

    number: int
    joiner: str
    rows: Sequence[BuilderRow]


@dataclass(frozen=True, slots=True)
class Builder:
    """The panel: blocks of rows, how the top joins them, what may be filtered by, the expression they equal."""

    match: str
    blocks: Sequence[BuilderBlock]
    fields: Sequence[tuple[str, str]]
    expression: str
    by_hand: str = BY_HAND
    error: str = ""
    open: bool = False


def of(
    tx: Tx, obj: Object, subjects: Mapping[str, Subject], group: Group, *,
    expression: str = "", error: str = "", wrong: str = "", open: bool = False,
) -> Builder:
    """The panel of a filter; one without any condition begins with a blank row. `wrong`: the field of the error."""
    members = group.members or (Condition(""),)
    singles = [m for m in members if isinstance(m, Condition)]
    groups = [m for m in members if isinstance(m, Group)]
    drawer = Drawer(tx, obj, subjects, error if wrong else "", wrong)
    blocks = [BuilderBlock(0, "", drawer.rows(singles, 0, group.match, first=True))] if singles else []
    for number, inner in enumerate(groups, 1):
        joiner = _joiner(group.match, first=number == 1 and not singles, language=tx.actor.language)
        rows = drawer.rows(inner.members, number, inner.match, first=False)
        blocks.append(BuilderBlock(number, joiner, [replace(rows[0], joiner=""), *rows[1:]] if rows else rows))
    fields = [(s.path, s.label) for s in subjects.values()]
    return Builder(group.match, blocks, fields, expression, error="" if wrong else error, open=open or bool(error))


def _joiner(match: str, *, first: bool, language: str) -> str:
    return (WHERE if first else JOINERS[match]).to(language)


class Drawer:
    """Draws rows, numbering them through."""

    def __init__(self, tx: Tx, obj: Object, subjects: Mapping[str, Subject], error: str, wrong: str) -> None:
        self.tx, self.obj, self.subjects, self.error, self.wrong = tx, obj, subjects, error, wrong
        self.next = 0

    def rows(self, members: Iterable[Member], group: int, match: str, *, first: bool) -> list[BuilderRow]:
        """The rows of one block."""
        found = []
        for member in members:
            if isinstance(member, Condition):
                found.append(self.row(member, group, _joiner(match, first=first, language=self.tx.actor.language)))
                first = False
        return found

    def row(self, condition: Condition, group: int, joiner: str) -> BuilderRow:
        """One row; without a field it has only the choice of one."""
        number, self.next = self.next, self.next + 1
        stem, subject = f"r.{number}", self.subjects.get(condition.field)
        error = self.error if self.wrong and condition.field == self.wrong else ""
        if subject is None:
            text = "".join(condition.values)
            by_hand = [Control(f"{stem}.v", "", "text", value=text, compact=True)] if condition.field else []
            return BuilderRow(stem, number, group, joiner, condition.field, [], "", by_hand, error)
        language = self.tx.actor.language
        operator = condition.operator if condition.operator in subject.operators else subject.operators[0]
        operators = [(code, subject.word(code, language)) for code in subject.operators]
        given = condition.values
        drawn = () if operator in WITHOUT_VALUE else values(self.tx, self.obj, subject, operator, stem, given)
        return BuilderRow(stem, number, group, joiner, subject.path, operators, operator, drawn, error)


def values(
    tx: Tx, obj: Object, subject: Subject, operator: str, stem: str, given: Sequence[str]
) -> Sequence[Control]:
    """The controls of what is compared with: one, two of a span, one that takes several."""
    first = given[0] if given else ""
    several = operator in MANY
    base = Control(f"{stem}.v", subject.label, "text", value=first, compact=True)
    if subject.sort in ("choice", "boolean"):
        options = _options(tx, subject)
        listed: Any = list(given) if several else first
        widget = "choices" if several else "select"
        return [replace(base, widget=widget, options=options, multiple=several, value=listed)]
    if subject.sort in ("record", "person", "records"):
        return [_link(tx, obj, subject, base, given, several=several)]
    widget = "date" if subject.sort in ("date", "datetime") else "number" if subject.sort == "number" else "text"
    one = replace(base, widget=widget)
    if operator != "between":
        return [one]
    last = given[1] if len(given) > 1 else ""
    return [one, replace(one, name=f"{stem}.w", value=last)]


def _options(tx: Tx, subject: Subject) -> list[Option]:
    if subject.sort == "boolean" and subject.field is not None:
        return [Option(code, subject.field.format(code == "true", tx.actor.language)) for code in ("true", "false")]
    return [Option(code, text.to(tx.actor.language)) for code, text in subject.options.items()]


def _link(
    tx: Tx, obj: Object, subject: Subject, base: Control, given: Sequence[str], *, several: bool
) -> Control:
    """The control of a link: asked from the server; of the engine's own people all at once."""
    if subject.field is None:
        people = [Option(str(p.id), p.title) for p in reading.page(tx, "user", Query(limit=PEOPLE)).items]
        chosen: Any = list(given) if several else "".join(given[:1])
        return replace(base, widget="choices" if several else "select", options=people, multiple=several, value=chosen)
    items = [Item(one, title_of(tx, subject, one)) for one in given if one]
    url = addresses.lookup(tx.app.name, obj.name, subject.path)
    return replace(base, widget="links" if several else "link", url=url, items=items, multiple=several)


def title_of(tx: Tx, subject: Subject, value: str) -> str:
    """The title of a linked record named by its id, as far as the reader may see it."""
    id = whole(value)
    if id is None:
        return value
    target = "user" if subject.field is None else (subject.field.type.of or subject.field.type).objects[0]
    record = reading.glance(Session(tx), Ref(target, id))
    return record.title if record is not None else f"#{value}"


def shown(tx: Tx, subject: Subject, value: str) -> str:
    """The value of a condition for people: an option's label, a linked record's title, a date."""
    if subject.sort in ("record", "person", "records"):
        return title_of(tx, subject, value)
    if value in subject.options:
        return subject.options[value].to(tx.actor.language)
    if subject.field is None or subject.sort in ("choice", "datetime"):
        return value
    try:
        return subject.field.format(subject.field.parse_input(value), tx.actor.language)
    except Unfit:
        return value


# ---- what the form says


def from_form(form: MultiDict[str, str], subjects: Mapping[str, Subject]) -> Group:
    """The rows as they stand in the form, after what its button (`do`: `add:0`, `group`, `drop:3`) did to them."""
    match = "any" if form.get("match") == "any" else "all"
    rows: dict[int, dict[str, list[str]]] = {}
    for name in form:
        if found := ROW.fullmatch(name):
            rows.setdefault(int(found[1]), {})[found[2]] = form.getlist(name)
    word, _, place = form.get("do", "").partition(":")
    blocks: dict[int, list[Condition]] = {0: []}
    for number in sorted(rows)[:MOST_ROWS]:
        group = whole(_first(rows[number], "g"), SMALL_DIGITS) or 0
        block = blocks.setdefault(group, [])
        if not (word == "drop" and place == str(number)):
            block.append(_condition(rows[number], subjects))
    if word == "add" and (to := whole(place, SMALL_DIGITS)) is not None:
        blocks.setdefault(to, []).append(Condition(""))
    if word == "group":
        blocks[max(blocks) + 1] = [Condition(""), Condition("")]
    inner = [Group(OTHER[match], tuple(block)) for group, block in sorted(blocks.items()) if group and block]
    return Group(match, (*blocks[0], *inner))


def _first(row: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(row.get(name, ())), "")


def _condition(row: Mapping[str, Sequence[str]], subjects: Mapping[str, Subject]) -> Condition:
    """A row; values that belong to another field than the one that is chosen now are forgotten."""
    field, operator = _first(row, "field"), _first(row, "op")
    given = [one for one in row.get("v", ()) if one] + (list(row.get("w", ())) if operator == "between" else [])
    subject, before = subjects.get(field), _first(row, "was")
    if (before and before != field) or (subject is not None and operator not in subject.operators):
        return Condition(field)
    return Condition(field, operator, tuple(given))


def of_text(
    tx: Tx, object: str, subjects: Mapping[str, Subject], text: str
) -> tuple[Group, Sequence[tuple[str, str]]]:
    """The rows of an expression, and what they say in words with the filter that is left without each."""
    group = conditions.read(subjects, text)

    def said(subject: Subject | None, value: str) -> str:
        return by_hand(tx, object, value) if subject is None else shown(tx, subject, value)

    return group, conditions.chips(subjects, group, said, tx.actor.language)


def by_hand(tx: Tx, object: str, text: str) -> str:
    """What an expression says that no row of controls can; as it is written where it has no words."""
    try:
        found = reading.filter_of(tx, object, text)
    except Failure:
        return text
    return text if found is None else spoken.told(tx.app, object, found).to(tx.actor.language)
