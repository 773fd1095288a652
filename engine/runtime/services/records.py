"""One record (or line) in memory: its values, what it was, its lines; computed fields are evaluated on demand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.definitions.objects import Object
from engine.definitions.outlines import HISTORIES
from engine.expressions.functions.coming import NOT_ACTIVE
from engine.expressions.operator_rules import ABOVE
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Row, Rows, Value
from engine.kinds.fields.link import Link
from engine.runtime.storage import rows
from engine.texts import say

if TYPE_CHECKING:
    from engine.runtime.services.sessions import Session

LOOP = ErrorValue("#CYCLE!", say(zh="计算循环引用自身", en="The calculation needs its own result"))
PEOPLE = ("creator", "changed_by")


class Record(Row):
    """A record or a line of the running transaction; there is one instance per row, changes are seen by everybody.

    `values` are stored fields, `system` the engine's own columns. `before` is a copy of both as they were loaded (None
    on a new record). Blank system values are None. Implements `Row`."""

    id: int | None

    __slots__ = (
        "session",
        "definition",
        "id",
        "values",
        "system",
        "parent",
        "position",
        "dirty",
        "deleted",
        "children",
        "removed",
        "taken_out",
        "derived",
        "counted",
        "mates",
        "_before",
        "_fetched",
        "returned",
        "found_by",
        "sound",
        "_computed",
        "_epoch",
    )

    def __init__(self, session: Session, definition: Object, *, id: int | None = None) -> None:
        self.session = session
        self.definition = definition
        self.id = id
        self.values: dict[str, Value] = {}
        self.system: dict[str, Any] = {}
        self.parent: Record | None = None
        self.position = 0
        self.dirty = False
        self.deleted = False
        self.children: dict[str, list[Record]] = {}
        self.removed: list[Record] = []  # lines taken out and not yet deleted in the database
        self.taken_out: list[Record] = []  # those that are
        self.derived = False  # a stored formula has a new value that is not yet written
        self.counted = False  # this command has raised the version
        self.mates: list[Record] = []          # rows that were loaded together with this one, itself among them
        self._before: Mapping[str, Any] | None = None
        self._fetched: Mapping[Any, Any] | None = None  # the row out of which `before` is made when it is asked for
        self.returned = False  # it comes out of the bin: everything of it is judged as if it were new
        self.sound: Mapping[str, Value] = {}   # given values that their fields have found to be theirs already
        self.found_by: str | None = None  # the text by which it is found, as it is stored
        self._computed: dict[str, Value] = {}
        self._epoch = -1

    def __repr__(self) -> str:
        return f"Record({self.object}, {self.id})"

    @property
    def object(self) -> str:
        return self.definition.name

    @property
    def ref(self) -> Ref:
        """The link to this record (it must have been saved)."""
        assert self.id is not None, "a new record has no link yet"
        return Ref(self.object, self.id)

    @property
    def root(self) -> Record:
        """The record itself, or the one that a line belongs to."""
        return self if self.parent is None else self.parent

    @property
    def version(self) -> int:
        return int(self.system.get("version") or 0)

    @property
    def state(self) -> str:
        return str(self.system.get("state") or "")

    @property
    def status(self) -> str:
        return str(self.system.get("status") or "")

    @property
    def title(self) -> str:
        """For people, in the language of the session."""
        return self.session.title(self)

    @property
    def before(self) -> Mapping[str, Any] | None:
        if self._fetched is not None:
            values = rows.decode(self.session.tx.live, self.definition, self._fetched)
            self._before, self._fetched = {**values, **rows.system(self.definition, self._fetched)}, None
        return self._before

    @before.setter
    def before(self, values: Mapping[str, Any] | None) -> None:
        self._before, self._fetched = values, None

    def load(self, row: Mapping[Any, Any]) -> None:
        """Take the values of a fetched row; what they were until now is forgotten."""
        self.values = rows.decode(self.session.tx.live, self.definition, row)
        self.system = rows.system(self.definition, row)
        self._fetched = row
        self.found_by = row.get("search_text")

    @property
    def is_new(self) -> bool:
        return self._before is None and self._fetched is None

    @property
    def changed(self) -> bool:
        """Whether a stored value differs from what was loaded (also after it has been written)."""
        before = self.before
        return before is None or any(before.get(name) != value for name, value in self.values.items())

    def get(self, name: str) -> Value:
        """The value of any member; a broken formula gives its `ErrorValue`. KeyError for a name that does not exist."""
        field = self.definition.fields.get(name)
        if field is None:
            return self._member(name)
        if field.kind == "lines":
            return Rows(tuple(self.lines(name)))
        if field.formula is None and field.balance is None:
            return self.values.get(name)
        stored = field.stored and not self.session.tx.write and not self.root.dirty
        value = self.values.get(name) if stored else self._compute(name)
        return self._placed(name, value) if type(value) is ErrorValue else value

    def _placed(self, name: str, error: ErrorValue) -> ErrorValue:
        """An error that says where it arose: here, unless it came from elsewhere."""
        return error if error.at is not None or self.id is None else replace(error, at=(self.ref, name))

    def _member(self, name: str) -> Value:
        if name == "id":
            return self.session.number(self.id)
        if name == "parent":
            return self.parent if self.parent is not None else None
        if name == "position":
            return self.session.number(self.position)
        if name == "version":
            return self.session.number(self.version)
        if name == "title":
            return self.title
        if name in PEOPLE:
            user = self.system.get(name)
            return None if user is None else Ref("user", int(user))
        if name == ABOVE:
            above = next((f.name for f in self.definition.fields.values() if isinstance(f, Link) and f.tree), "")
            return self.values.get(above)
        if name in self.definition.backs:
            return self.session.back_rows(self, name)
        if name in ("state", "status", "created_at", "changed_at", "ended_on", "ended_from"):
            found: Value = self.system.get(name)
            return found if found != "" else None
        if self.object == "user" and self.id is not None:
            known, stood = self.session.stood_for(self.id, name)
            return stood if known else NOT_ACTIVE
        if name in HISTORIES or self.object == "user":  # kept history, own fields of people: not active yet
            return NOT_ACTIVE
        raise KeyError(f"{self.object} has no {name}")

    def computed(self, name: str) -> Value:
        """What a formula or balance is worth now, whatever is stored."""
        return self._compute(name)

    def _compute(self, name: str) -> Value:
        if self._epoch != self.session.epoch:
            self._computed = {}
            self._epoch = self.session.epoch
        if name in self._computed:
            return self._computed[name]
        self._computed[name] = LOOP
        field = self.definition.fields[name]
        value: Value
        if field.balance is not None:
            value = self.session.balance(self, field.balance)
        else:
            assert field.formula is not None
            value = self.session.fit(field, field.formula.value(self.session.frame(self)))
        self._computed[name] = value
        return value

    def set(self, name: str, value: Value) -> None:
        """Give a stored field a new value; a blank text is a blank."""
        if value == "" and isinstance(value, str):
            value = None
        if name in self.values and self.values[name] == value and type(self.values[name]) is type(value):
            return
        self.values[name] = value
        self.touch()

    def take(self, values: Mapping[str, Value]) -> None:
        """Give a new record values that its fields have read and judged."""
        self.values.update(values)
        self.sound = values
        self.touch()

    def touch(self) -> None:
        """Mark as changed: it will be written, and whatever was computed from it is computed again."""
        session, root = self.session, self.root
        self.dirty = root.dirty = True
        session.unsaved.add(root)
        session.settled.discard(root)
        session.epoch += 1

    def lines(self, name: str) -> list[Record]:
        """The lines of a lines field, in their order (loaded when first asked for)."""
        if name not in self.children:
            self.children[name] = [] if self.id is None else self.session.loader.lines(self, name)
        return self.children[name]

    def add_line(self, name: str) -> Record:
        """A new blank line at the end."""
        lines = self.lines(name)
        line = Record(self.session, self.session.tx.live.object(f"{self.object}.{name}"))
        line.parent = self
        line.position = lines[-1].position + 1 if lines else 1
        lines.append(line)
        line.touch()
        return line

    def remove_line(self, name: str, line: Record) -> None:
        """Take a line out."""
        self.lines(name).remove(line)
        if line.id is not None:
            self.removed.append(line)
        line.deleted = True
        line.touch()

    def all_lines(self) -> Iterable[Record]:
        """Every line of every lines field."""
        for name in self.definition.lines:
            yield from self.lines(name)

    def label(self, name: str, language: str) -> str:
        """The label of the value of a choice or state field, for templates."""
        value = self.get(name)
        if name in ("state", "status"):
            state = self.definition.states.get(str(value))
            return state.label.to(language) if state else str(value or "")
        return self.definition.fields[name].format(value, language)

    def old(self) -> Row | None:
        """The record as it was before this command, None on a new one."""
        return None if self.before is None else Before(self)

    def frame(self) -> Frame:
        return self.session.frame(self)


class Before(Row):
    """A record as it was when it was loaded: stored and system values, its lines. Implements `Row`."""

    __slots__ = ("record",)

    def __init__(self, record: Record) -> None:
        self.record = record

    @property
    def object(self) -> str:
        return self.record.object

    @property
    def id(self) -> int | None:
        return self.record.id

    def get(self, name: str) -> Value:
        before = self.record.before or {}
        if name == "parent" and self.record.parent is not None:
            return Before(self.record.parent)
        if name in before:
            value: Value = before[name]
            return Ref("user", int(before[name])) if name in PEOPLE and value is not None else value
        field = self.record.definition.fields.get(name)
        return self._lines(name) if field is not None and field.kind == "lines" else self.record.get(name)

    def _lines(self, name: str) -> Rows:
        """The lines that there were, those since taken out among them."""
        record = self.record
        known = [*record.lines(name), *record.removed, *record.taken_out]
        were = {id(line): line for line in known if line.before is not None and line.definition.owner_field == name}
        ordered = sorted(were.values(), key=lambda line: int((line.before or {}).get("position") or 0))
        return Rows(tuple(Before(line) for line in ordered))
