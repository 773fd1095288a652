"""Objects of an app: what they hold (fields, lines), how they move (states, actions), what they post."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.definitions.figures import KeyFigure
from engine.definitions.layouts import Layout
from engine.definitions.occasions import Occasion
from engine.definitions.surfaces import Surface
from engine.errors import Location
from engine.kinds.fields.base import Field, Literal
from engine.texts import Text

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression, Source, Template
    from engine.kinds.actions.base import Step


@dataclass(frozen=True, slots=True)
class State:
    """A state of the object's machine; with `within` a derived one that lies inside real states while `when` holds."""

    name: str
    label: Text
    color: str = ""
    final: bool = False
    edit: tuple[str, ...] | None = None        # fields that may change in it (`a`, `lines`, `lines.a`, `lines+`);
                                               # None = all in the first state, nothing later
    within: tuple[str, ...] = ()
    when: Expression | None = None
    may_fail: bool = False                     # whether the condition can be an error
    was: str = ""
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scanned code does in lines: the row in whose field `find` it stands (over a link: what it names) gets
    `values`; where there is none a row is added."""

    find: str
    values: Mapping[str, Literal | Expression] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """A rule on the record as it would be committed. `called` names it for `accept`, `override` and `raised()`."""

    that: Expression
    say: Template
    called: str
    at: str = ""                               # the field that shows the message
    when: Expression | None = None
    otherwise: str = "refuse"                  # refuse | warn | approve
    override: Who | None = None
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Who:
    """Who may do or gets something: roles, people, and the words `everyone public flow nobody actions`.

    The union of the parts. `words` holds the keywords; `people` are expressions over the record."""

    roles: tuple[str, ...] = ()
    people: tuple[Expression, ...] = ()
    words: tuple[str, ...] = ()
    text: str = ""                             # as written, for explanations


AMEND = "amend"                                # the action that `amend` gives an object


@dataclass(frozen=True, slots=True)
class Action:
    """A move of the state machine, and what it asks for, sets, does and starts."""

    name: str
    label: Text
    icon: str = ""
    from_states: tuple[str, ...] = ()          # real or derived; empty = any
    to: str = ""                               # real state; "" = stays, or as `ways` say
    ways: tuple[tuple[str, Expression | None], ...] = ()   # the first state whose condition holds; None = otherwise
    by: Who | None = None                      # None = whoever `access` lets edit
    when: Expression | None = None
    checks: tuple[Check, ...] = ()
    ask: tuple[Field, ...] = ()                # inputs that only the action sees (`reason: text`)
    ask_fields: tuple[str, ...] = ()           # fields of the record that it asks for (`lines.good`)
    require: tuple[str, ...] = ()
    confirm: Text | None = None
    set: Mapping[str, Literal | Expression] = field(default_factory=dict)
    do: tuple[Step, ...] = ()
    start: str = ""                            # a flow
    end: Expression | None = None              # the day from which its postings are taken back
    bulk: bool = False
    amends: bool = False                       # what it asks for waits for its flow; only then the record is changed
    declared: Mapping[str, Any] = field(default_factory=dict)   # keys that are checked and not active yet
    location: Location = Location("")

    @property
    def goals(self) -> tuple[str, ...]:
        """The states that it may lead to."""
        return (self.to,) if self.to else tuple(dict.fromkeys(state for state, _ in self.ways))


@dataclass(frozen=True, slots=True)
class PostRow:
    """One entry of a post rule: where (`keys`) and what (`add`), with its own `each` if it has one."""

    keys: Mapping[str, Expression]             # register key → expression; this record or line is filled in
    add: Mapping[str, Expression]              # measure → expression
    each: str = ""                             # the lines field, "" = the record itself
    where: Expression | None = None
    numbers: Expression | None = None          # `each: numbers(0, nights) as n`: the record posts once per number
    number: str = ""                           # the name of the number


@dataclass(frozen=True, slots=True)
class Post:
    """A posting rule: while the record is effective, its rows stand in the register. `no` is stable within the object
    (hash of the rule's place and register), `hash` changes with its meaning."""

    register: str
    no: int
    rows: tuple[PostRow, ...]
    dated: Expression | None = None            # in the scope of `each`; None = the record's creation day
    until: Expression | None = None
    states: tuple[str, ...] = ()               # narrower than `effective`
    when: Expression | None = None             # `while:`
    reads: tuple[tuple[str, str], ...] = ()    # (register, measure) of own balances that it reads
    hash: str = ""
    location: Location = Location("")
    since: dt.date | None = None               # only what counts from this day on
    before: dt.date | None = None              # only what counted before this day
    place: int = 0                             # the how manieth of its object to its register, as declared


@dataclass(frozen=True, slots=True)
class Unique:
    """No two records agree in these fields (line fields as `lines.product`: unique within the record)."""

    fields: tuple[str, ...]
    when: Expression | None = None
    say: Text | None = None
    warning: bool = False                      # `level: warning`: asks to go on
    ranged: str = ""                           # the range among the fields: no two may overlap in it
    each_when: Expression | None = None        # in the scope of the lines: only these are compared

    @property
    def called(self) -> str:
        """The name by which a rule that warns is accepted: `unique:customer,day`."""
        return "unique:" + ",".join(self.fields)


@dataclass(frozen=True, slots=True)
class View:
    """A way to look at many records: `kind` with its columns (a list, a detail page, a gallery, a comparison) or the
    one field that it stands on (kanban, calendar, …). What keys that are not active yet hold is in `declared`."""

    name: str
    kind: str
    columns: tuple[str, ...]
    label: Text
    where: Expression | None = None
    sort: tuple[str, ...] = ()                 # `date`, `-date`
    default: bool = False                      # shown first; without any, the first one
    card: tuple[str, ...] = ()                 # what its cards show; of a list: what a phone shows
    color: str = ""                            # the choice, state, or yes or no that colors them
    until: str = ""                            # of calendars and timelines: the field of the last day
    group: str = ""                            # of a timeline: what parts the bars; of a list: what it is grouped by
    total: tuple[str, ...] | None = None       # of a list: what is added up; None = whatever adds up
    title: Template | None = None              # how a record is called here
    by: Who | None = None                      # None = everybody
    beside: Source | None = None               # of a comparison: the records that stand beside `this`
    match: str = ""                            # of a comparison: `lines.product`, by which lines stand side by side
    declared: Mapping[str, Any] = field(default_factory=dict)
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Lock:
    """While `when` holds of a record as it is stored, nobody changes it: no field but `excepted`, no state, no bin."""

    when: Expression
    excepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """How long records are kept: when the day (or moment) of `until` has come and `unless` does not hold, the engine
    does what `then` says at night: anonymise · archive · delete."""

    until: Expression
    then: str
    unless: Expression | None = None


@dataclass(frozen=True, slots=True)
class Object:
    """A business object, or the lines of one (`sales_order.lines`, then `owner` and `owner_field` are set)."""

    name: str
    label: Text
    plural: Text
    fields: Mapping[str, Field]
    icon: str = ""
    help: Text | None = None
    title: Template | None = None
    key: tuple[str, ...] = ()
    owner: str = ""
    owner_field: str = ""
    single: bool = False
    unique: tuple[Unique, ...] = ()
    checks: tuple[Check, ...] = ()
    states: Mapping[str, State] = field(default_factory=dict)     # real and derived, as declared; first real = initial
    effective: tuple[str, ...] = ()
    effective_while: Expression | None = None  # posts count only while this holds
    actions: Mapping[str, Action] = field(default_factory=dict)
    lock: Lock | None = None
    posts: tuple[Post, ...] = ()               # in the topological order of the rule graph
    views: Mapping[str, View] = field(default_factory=dict)
    surfaces: tuple[Surface, ...] = ()         # forms and pages for people without an account
    occasions: Mapping[str, Occasion] = field(default_factory=dict)  # further forms for people with one
    figures: Mapping[str, KeyFigure] = field(default_factory=dict)   # on top of its page
    form: Layout = ()                          # what stands where on its page; empty = fields as declared
    delete: str = "bin"
    discussion: str = "none"                   # none | internal (nobody from outside) | public
    keep: Keep | None = None
    formula_order: tuple[str, ...] = ()        # stored formulas of this object in dependency order
    backs: Mapping[str, tuple[str, str]] = field(default_factory=dict)   # back-link name → (object, its link field)
    was: str = ""
    scan: Scan | None = None                   # of lines
    declared: Mapping[str, Any] = field(default_factory=dict)  # keys that are checked and not active yet
    key_at: Location = Location("")             # where its `key` stands
    location: Location = Location("")
    lines: tuple[str, ...] = field(init=False, repr=False, compare=False, default=())   # names of its line fields
    numbered_by: tuple[str, ...] = field(init=False, repr=False, compare=False, default=())   # numbers in its title

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", tuple(f.name for f in self.fields.values() if f.kind == "lines"))
        named = {path[0] for path in self.title.reads if path} if self.title is not None else set(self.named_by)
        numbers = tuple(f.name for f in self.fields.values() if f.kind == "autonumber" and f.name in named)
        object.__setattr__(self, "numbered_by", numbers)

    @property
    def initial(self) -> str:
        return next((s.name for s in self.states.values() if not s.within), "")

    @property
    def named_by(self) -> tuple[str, ...]:
        """The fields that name a record of an object without a title: its key, else its first text."""
        return self.key or tuple(f.name for f in self.fields.values() if f.kind in ("text", "autonumber"))[:1]

    @property
    def taking(self) -> str:
        """The lines that a pull of a step fills: the first ones with a pull of their own, else the first."""
        pulling = [name for name in self.lines if getattr(self.fields[name], "pull", None)]
        return next(iter((*pulling, *self.lines)), "")
