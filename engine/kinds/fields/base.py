"""What every field kind is: a frozen instance of its own options that parses, formats and stores one value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.types import TEXT, Type
from engine.suggest import did_you_mean
from engine.texts import Text

if TYPE_CHECKING:
    from sqlalchemy import Column

    from engine.expressions.compiled import Expression
    from engine.expressions.values import Value

JSON = Any


class Unfit(Exception):
    """A raw value that this field cannot hold. `message` tells the user why, in both languages."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.to("en"))
        self.message = message


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the definition, already read by its field's kind."""

    value: Any


@dataclass(frozen=True, slots=True)
class Balance:
    """`balance: stock.available`: which register and which measure or formula; `keys` maps a register key to the
    expression over the row that gives it (matched by name or type by the builder); keys not named are summed.
    `own`: some key is this very record or line. `level`: the kept grain (its keys in register order) that serves it."""

    register: str
    measure: str
    keys: Mapping[str, Expression]
    without_this: bool = False
    booked_by_this: bool = False
    own: bool = False
    level: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of an object or of its lines. Subclasses are the kinds; their module's name is the YAML word.

    Columns: most kinds have one column named like the field; a link to one of several has two, lines have none.
    `stored` is False for live formulas and balances, which have no column.
    """

    kind: ClassVar[str]
    widget: ClassVar[str]                      # the template macro and JS that edit it: text, number, date, select …
    operators: ClassVar[tuple[str, ...]] = ("=", "!=", "is blank", "is not blank")   # the filter builder offers these
    options_schema: ClassVar[Mapping[str, Any]] = {}   # JSON Schema of the keys that this kind adds
    listed: ClassVar[str] = ""                 # a list of the site in which values must stand: `departments`
    holds: ClassVar[bool] = True               # whether records can keep a value of it
    told: ClassVar[bool] = True                # whether another system can tell a value of it
    compared: ClassVar[bool] = False           # whether `similar` compares values of it

    name: str
    label: Text
    help: Text | None = None
    placeholder: Text | None = None
    also: tuple[str, ...] = ()
    required: bool | Expression = False
    unique: bool = False
    default: Literal | Expression | None = None
    refill: tuple[str, ...] = ()
    formula: Expression | None = None
    freeze: Expression | None = None
    copy: tuple[str, ...] = ()                 # the path whose value is taken when its head link is chosen
    balance: Balance | None = None
    show: Expression | None = None
    edit: Expression | None = None
    min: Expression | None = None
    max: Expression | None = None
    check: Expression | None = None
    mark: Mapping[str, Expression] = field(default_factory=dict)
    search: bool = False
    similar: bool = False                      # a record with a like value is warned of
    personal: bool = False
    readonly: bool = False
    was: str = ""
    stored: bool = True
    may_fail: bool = False                     # a stored formula whose value can be an error: it keeps that too

    @property
    def type(self) -> Type:
        """The static type of its value in expressions."""
        return TEXT

    @property
    def computed(self) -> bool:
        """Nobody types it: a formula, a balance or a copy."""
        return self.formula is not None or self.balance is not None or bool(self.copy)

    @property
    def adds_up(self) -> bool:
        """Its values in several records have a sum: kept numbers of one unit that are never errors, and balances in
        money. Balances in quantities have none: in several records they are of different things."""
        money = self.balance is not None and self.kind == "money"
        if self.may_fail or self.type.name != "number" or self.kind in ("percent", "rating"):
            return False
        if not self.stored and not money:
            return False
        return all(isinstance(getattr(self, name, None), Literal | None) for name in ("currency", "unit"))

    def columns(self) -> tuple[Column[Any], ...]:
        """New SQLAlchemy columns for a table; nullable (required is a rule of the service, not of the table)."""
        raise NotImplementedError(self.kind)

    def column_names(self) -> tuple[str, ...]:
        """The names of `columns()`, told without making them: the checker wants them before there is any SQL."""
        return (self.name,)

    def from_row(self, row: Mapping[str, Any]) -> Value:
        """The value out of a fetched row (keys are column names)."""
        return row[self.name]  # type: ignore[no-any-return]

    def to_row(self, value: Value) -> dict[str, Any]:
        """Column name → database value."""
        return {self.name: value}

    def parse(self, raw: object) -> Any:
        """What a form, JSON or an import gives → the value (blank text = None); raises `Unfit` with the reason.
        Accepts its own JSON form, plain strings in neutral notation (`1234.5`, `2026-03-31`) and Python values."""
        raise NotImplementedError(self.kind)

    def parse_input(self, text: str) -> Any:
        """What a form's control posts (see `to_input`) → the value. Differs from `parse` where a person's text is read
        otherwise than a program's: a link's control holds an id, `30` in a percent control means 30 %."""
        return self.parse(text)

    def check_exact(self, value: Any) -> None:
        """Raises `Unfit` where keeping a parsed value would round it: what somebody gives is kept as given or refused;
        only what is computed is rounded."""

    def misfits(self) -> Iterator[tuple[str, Text]]:
        """What is wrong with its own options, each with the key that says it."""
        return iter(())

    def check_value(self, value: Any) -> None:
        """Rules of the kind itself on a parsed value (length, pattern, scale, options); raises `Unfit`."""

    def meant(self, text: str) -> str:
        """The way out for a text that is no value of the field."""
        options = self.type.options
        return did_you_mean(text, options) if options else "an expression begins with `=`"

    def fit(self, value: Any) -> Any:
        """A value that an expression gave, as this field keeps it (numbers rounded half up to the scale); raises
        `Unfit` where its type does not match."""
        return self.parse(value)

    def seen_from(self, timezone: str) -> Field:
        """The field as somebody in another time zone types and reads it; differs where it holds moments."""
        return self

    def format(self, value: Any, language: str) -> str:
        """For people, in their language (`¥1,234.50`, `2026年3月31日`); blank gives ''."""
        return "" if value is None else str(value)

    def to_json(self, value: Any) -> JSON:
        """For the API: exact numbers as strings, dates ISO, links `{id, title}`."""
        return value

    def markup(self, value: Any) -> str:
        """HTML that is safe to show as it is, for kinds whose values are marked up; '' where the text is all."""
        return ""

    def searched(self, value: Any) -> str:
        """The words by which the search box finds the value."""
        return str(value)

    def to_input(self, value: Any) -> str:
        """The text that the form's control holds (`1234.50`, `2026-03-31`, an option's code, a link's id)."""
        shown = self.to_json(value)
        return "" if shown is None else str(shown)
