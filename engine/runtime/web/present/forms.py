"""The view model of a form: sections, fields, line grids, errors. Knows records and rights, no request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeAlias

from engine.definitions.layouts import Aside, Entry, Layout, Passage, Section, Tabs
from engine.definitions.objects import Object
from engine.errors import FieldError
from engine.expressions.compiled import Expression
from engine.expressions.values import ErrorValue
from engine.kinds.fields.base import Field
from engine.runtime.services.changes import fill_new
from engine.runtime.services.pointing import at as pointed
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access, rows
from engine.runtime.services.rights.access import Allowed
from engine.runtime.web.present import controls, titles
from engine.runtime.web.present.blocks import (
    Block,
    Grid,
    LineColumn,
    LineRow,
    Tab,
    conditions,
    controls_of,
    every_block,
    flush,
    left_out,
    passage,
    pulling,
    scanning,
)
from engine.runtime.web.present.controls import Control, Setting
from engine.runtime.web.present.uploads import WIDGETS
from engine.texts import within

INDEX = "__index__"
Columns: TypeAlias = "Mapping[str, Sequence[str]]"
EVERY: Columns = {}


@dataclass(frozen=True, slots=True)
class FormView:
    """A form as the page draws it. `problems` are shown on top, each leading to its field; `uploads`: files go in."""

    object: str
    label: str
    id: int | None
    title: str
    version: int
    blocks: Sequence[Block]
    problems: Sequence[dict[str, str]]
    touched: str
    today: str
    uploads: bool = False


def of(
    record: Record,
    allowed: Allowed,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Sequence[FieldError] = (),
    touched: Iterable[str] = (),
    version: int | None = None,
    layout: Layout = (),
    columns: Columns = EVERY,
) -> FormView:
    """The form of a record (stored, or a draft), laid out as it is or as `layout`, with what was typed and is wrong.
    `columns` of lines: those that are shown, in their order; not named: all."""
    tx, obj = record.session.tx, record.definition
    language = tx.actor.language
    inner = {name: tx.app.objects[f"{obj.name}.{name}"].fields for name in obj.lines}
    setting = Setting(
        tx.app.name, obj.name, language, typed or {},
        {e.field: e.message.to(language) for e in errors},
        controls.refreshing(obj.fields, inner) | conditions(obj),
    )
    load_titles(record)
    blocks = Form(setting, record, allowed, columns).blocks(layout)
    return FormView(
        object=obj.name,
        label=obj.label.to(language),
        id=record.id,
        title=record.title if record.id else "",
        version=record.version if version is None else version,
        blocks=blocks,
        problems=[{"text": pointed(e, tx.app, obj).told.to(language), "field": e.field} for e in errors],
        touched=",".join(sorted(touched)),
        today=tx.today.isoformat(),
        uploads=any(item.widget in WIDGETS for item in controls_of(blocks)),
    )


def load_titles(record: Record) -> None:
    """Fetch what the record and its lines link to."""
    titles.load(record.session, [record], record.definition.fields.values())
    for name in record.definition.lines:
        lines = record.lines(name)
        if lines:
            titles.load(record.session, lines, lines[0].definition.fields.values())


class Form:
    """Builds the blocks of one form."""

    def __init__(
        self, setting: Setting, record: Record, allowed: Allowed, columns: Columns = EVERY, *,
        moving: frozenset[str] = frozenset(),
    ) -> None:
        """`moving`: lines of which rows come and go whatever the state says."""
        self.setting, self.record, self.moving = setting, record, moving
        self.allowed = allowed
        self.named = columns
        self.object: Object = record.definition

    def blocks(self, layout: Layout) -> list[Block]:
        """The parts in this layout or the declared one, else fields and grids in declared order."""
        return self.laid_out(layout or self.object.form or tuple(self.object.fields), "part")

    def laid_out(self, layout: Layout, place: str) -> list[Block]:
        """The blocks of a layout; loose fields between larger parts make blocks without a title."""
        found: list[Block] = []
        loose: list[Any] = []
        for number, entry in enumerate(layout):
            if self.is_loose(entry):
                loose += self.loose(entry)
            else:
                found += flush(loose) + self.part(entry, f"{place}-{number}")
        return found + flush(loose)

    def is_loose(self, entry: Entry) -> bool:
        """Whether an entry is fields only: what stands aside on a page stands among the others on a form."""
        return isinstance(entry, (tuple, Aside)) or isinstance(entry, str) and not self.is_lines(entry)

    def loose(self, entry: Entry) -> list[Any]:
        """The controls of an entry that is fields only."""
        return [c for name in entry.fields for c in self.entry(name)] if isinstance(entry, Aside) else self.entry(entry)

    def part(self, entry: Entry, place: str) -> list[Block]:
        """The blocks of a part that is more than fields; none for what a form does not show."""
        match entry:
            case str():
                return self.grids([entry])
            case Section():
                return self.section(entry, place)
            case Tabs():
                return self.tabs(entry, place)
            case Passage():
                text = passage(self.record, entry)
                return [Block(text=text)] if text else []
        return []

    def section(self, entry: Section, place: str) -> list[Block]:
        """A titled section; grids and texts within it follow it. One with a condition comes and goes as a whole."""
        title = entry.title.to(self.setting.language)
        plain = [one for e in entry.entries if self.is_loose(e) for one in self.loose(e)]
        rest = self.laid_out(tuple(e for e in entry.entries if not self.is_loose(e)), place)
        headed = plain or any(block.text for block in rest)
        found = ([Block(title, plain)] if headed else []) + rest
        if entry.show is None or not found:
            return found
        return [Block(blocks=found, show=place, hidden=not controls.holds(entry.show, self.record))]

    def tabs(self, entry: Tabs, place: str) -> list[Block]:
        """The tabs in which there is something to see; the first one with something wrong is open."""
        language = self.setting.language
        made = [(t.title.to(language), self.laid_out(t.entries, f"{place}-{n}")) for n, t in enumerate(entry.tabs)]
        wrong = set(self.setting.errors)
        pages = [
            Tab(f"{place}-{n}", title, blocks, any(c.name in wrong for c in controls_of(blocks)))
            for n, (title, blocks) in enumerate(made)
            if blocks
        ]
        first = next((n for n, page in enumerate(pages) if page.wrong), 0)
        return [Block(tabs=[replace(page, open=n == first) for n, page in enumerate(pages)])] if pages else []

    def entry(self, entry: Any) -> list[Any]:
        """A field, or several side by side; nothing for what the actor may not see."""
        if isinstance(entry, str):
            return [found] if (found := self.control(entry)) is not None else []
        row = [found for name in entry if (found := self.control(name)) is not None]
        return [row] if row else []

    def grids(self, names: Iterable[str]) -> list[Block]:
        return [Block(grid=self.grid(name)) for name in names if self.sees(name)]

    def is_lines(self, name: str) -> bool:
        return name in self.object.lines

    def sees(self, name: str) -> bool:
        right = self.allowed.fields.get(name)
        return right is not None and right.see

    def edits(self, name: str) -> bool:
        right = self.allowed.fields.get(name)
        return right is not None and right.edit

    def control(self, name: str) -> Control | None:
        """The control of a field; a number that the engine will give is not shown before it is there."""
        field = self.object.fields.get(name)
        if field is None or not self.sees(name) or not field.holds:
            return None
        idle = field.kind == "autonumber" or (field.readonly and self.record.get(name) is None)
        if idle and self.record.id is None:
            return None
        return controls.control(self.setting, self.record, field, name, editable=self.edits(name) and self.open(field))

    def open(self, field: Field) -> bool:
        """Whether the field's own `edit` condition holds."""
        return field.edit is None or controls.holds(field.edit, self.record)

    def grid(self, name: str) -> Grid:
        """The grid of a lines field."""
        field = self.object.fields[name]
        inner = self.record.session.tx.app.objects[f"{self.object.name}.{name}"]
        draft = self.draft(inner)
        stored = self.record.lines(name)
        shown = self.shown(name, draft)
        typable = [f for f in shown if not f.computed and not f.readonly]
        editable = bool(typable) and all(self.edits(f"{name}.{f.name}") for f in typable)
        fixed = editable and name not in self.moving and rows.fixed(self.record, name)
        # A new record offers its first row at once; rows that stay blank are no lines.
        lines = stored or ([draft] if editable and self.record.id is None else [])
        return Grid(
            name=name, label=field.label.to(self.setting.language),
            columns=self.columns(name, shown),
            rows=[self.row(name, shown, line, index) for index, line in enumerate(lines)],
            template=self.row(name, shown, draft, INDEX) if editable and not fixed else None,
            totals=self.totals(name, shown),
            readonly=not editable, fixed=fixed,
            min=bound(field.min, self.record) or 0, max=bound(field.max, self.record),
            error=self.setting.errors.get(name, ""),
            hidden=field.show is not None and not controls.holds(field.show, self.record),
            scan=scanning(inner, [f.name for f in typable]) if editable and not fixed else None,
            pull=pulling(self.record, field) if editable and not fixed and name not in self.named else "",
        )

    def shown(self, name: str, draft: Record | None = None) -> list[Field]:
        """The columns of a grid: what the actor may see and is not hidden in every line."""
        inner = self.record.session.tx.app.objects[f"{self.object.name}.{name}"]
        lines = [*self.record.lines(name), draft or self.draft(inner)]
        named = self.named.get(name)
        known = inner.fields.values() if named is None else [inner.fields[one] for one in named]
        seen = [f for f in known if self.sees(f"{name}.{f.name}") and f.kind != "lines"]
        return [f for f in seen if not left_out(f, lines)]

    def draft(self, inner: Object) -> Record:
        """A blank line with its defaults, beside the record's own."""
        draft = Record(self.record.session, inner)
        draft.parent = self.record
        fill_new(self.record.session, draft, {})
        return draft

    def summed(self, name: str) -> frozenset[str]:
        """The columns of a grid that have a sum."""
        inner = self.record.session.tx.app.objects[f"{self.object.name}.{name}"]
        return summed_columns(self.object, inner, name)

    def columns(self, name: str, shown: Sequence[Field]) -> list[LineColumn]:
        summed = self.summed(name)
        language = self.setting.language
        return [
            LineColumn(
                f.name, f.label.to(language), kind_of(f), f.required is True, f.name in summed,
                f.type.scale if f.type.name == "number" else None, f.kind, controls.sign_of(f, language),
            )
            for f in shown
        ]

    def row(self, name: str, shown: Sequence[Field], line: Record, index: int | str) -> LineRow:
        """One row; `index` counts from 0, or is the placeholder of the template."""
        base = f"{name}.{index}"
        fields = [
            controls.control(
                self.setting,
                line,
                f,
                f"{base}.{f.name}",
                compact=True,
                editable=self.edits(f"{name}.{f.name}") and self.open(f),
            )
            for f in shown
        ]
        wrong = any(path == base or path.startswith(base + ".") for path in self.setting.errors)
        return LineRow(line.id or "", index, fields, wrong)

    def totals(self, name: str, shown: Sequence[Field]) -> dict[str, str]:
        """The sums under the columns that formulas of the record add up."""
        summed = self.summed(name)
        return {
            f.name: total_of(self.record.lines(name), f, self.setting.language) for f in shown if f.name in summed
        }


def followers(record: Record, named: Sequence[str] | None = None) -> list[tuple[str, str]]:
    """Actions that may follow saving at once, name and label: those that lead on from the first state, ask for nothing
    and are the actor's to take. The first of them, or those that a form has `named`."""
    obj, language = record.definition, record.session.tx.actor.language
    if record.id is not None and record.state != obj.initial:
        return []
    known = obj.actions.values() if named is None else [obj.actions[name] for name in named]
    found = [
        (one.name, within(one.label).to(language))
        for one in known
        if (named is not None or (one.from_states and one.from_states[0] == obj.initial and one.to))
        and not one.ask and not one.ask_fields and one.confirm is None and access.is_one_of(record, one.by)
    ]
    return found[:1] if named is None else found


def bound(rule: Expression | None, record: Record) -> int | None:
    """How many rows there must or may be; None where nothing is said."""
    found = None if rule is None else rule.value(record.frame())
    return int(found) if isinstance(found, Decimal) else None


def summed_columns(obj: Object, inner: Object, name: str) -> frozenset[str]:
    """Columns of a lines field whose sums mean something: formulas and quantities that the record's formulas read."""
    read = {
        path[1]
        for f in obj.fields.values()
        if f.formula is not None
        for path in f.formula.reads
        if len(path) == 2 and path[0] == name
    }
    summable = (f for f in inner.fields.values() if f.formula is not None or f.kind == "quantity")
    return frozenset(f.name for f in summable if f.name in read and f.type.name == "number")


def total_of(lines: Sequence[Record], field: Field, language: str) -> str:
    """The exact sum of a column in words; blanks count nothing, an error among the values is the result."""
    from_lines = [line.get(field.name) for line in lines]
    error = next((value for value in from_lines if isinstance(value, ErrorValue)), None)
    if error is not None:
        return error.code
    numbers = [n for n in from_lines if isinstance(n, Decimal)]
    return field.format(sum(numbers[1:], numbers[0]) if numbers else None, language)


def kind_of(field: Field) -> str:
    """How the grid sets a column."""
    kinds = {"number": "number", "date": "date", "datetime": "date", "record": "link", "choice": "badge"}
    return kinds.get(field.type.name, "text")


@dataclass(frozen=True, slots=True)
class Change:
    """What a preview changes in the open form."""

    values: Mapping[str, Mapping[str, Any]]
    errors: Sequence[Mapping[str, str]]
    shown: Mapping[str, bool]
    marks: Mapping[str, str]


def held(item: Control) -> dict[str, Any]:
    """What a control holds: its value, of several the list of them with their titles, of a range its ends."""
    first = item.items[0] if item.items else None
    found: dict[str, Any] = {"value": item.value, "text": item.text, "title": first.title if first else ""}
    if item.multiple and item.items:
        found |= {"value": [one.id for one in item.items], "titles": [one.title for one in item.items]}
    return found | ({"ends": [text for _, text in item.ends]} if item.ends else {})


def changes(view: FormView, errors: Sequence[FieldError], language: str, moved: Mapping[str, str]) -> Change:
    """The form's values, visibility and marks by path, as the browser's module applies them. `moved` gives the rows as
    the browser counts them, with gaps (`lines.0` → `lines.5`)."""
    values: dict[str, dict[str, Any]] = {}
    shown: dict[str, bool] = {}
    marks: dict[str, str] = {}
    for item in every_control(view):
        path = as_posted(item.name, moved)
        if item.widget not in WIDGETS:         # files are as the browser has them
            values[path] = held(item)
        shown[path] = not item.hidden
        marks[path] = item.mark
    for block in every_block(view.blocks):
        if block.grid is not None:
            shown[block.grid.name] = not block.grid.hidden
        if block.show:
            shown[block.show] = not block.hidden
    wrong = [{"field": as_posted(e.field, moved), "message": e.message.to(language)} for e in errors]
    return Change(values, wrong, shown, marks)


def as_posted(path: str, moved: Mapping[str, str]) -> str:
    """A path with its row as the browser counts it."""
    parts = path.split(".")
    row = ".".join(parts[:2])
    return ".".join([moved[row], *parts[2:]]) if row in moved else path


def every_control(view: FormView) -> Iterable[Control]:
    """Every control of a form, those of its rows too."""
    return controls_of(view.blocks)
