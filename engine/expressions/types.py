"""Static types of expressions. Pure data: knows no field kinds, no tables, no app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TypeName = Literal[
    "number",
    "text",
    "boolean",
    "date",
    "datetime",
    "time",
    "duration",
    "choice",
    "record",
    "rows",
    "list",
    "json",
    "range",
    "blank",
    "any",
]


@dataclass(frozen=True, slots=True)
class Type:
    """What an expression gives. Every type may be blank (`None`).

    `objects`  record and rows: the things it may be of: objects (`sales_order`), lines (`sales_order.lines`), registers
               (`stock`), reports and `user`, all in one name space of the app.
    `options`  choice: the codes that it may hold (also the states of an object).
    `of`       list: the type of its elements; range: of its ends.
    `unit`     number: "" plain, "percent", "quantity", "money" (later `money:EUR`).
    `scale`    number: decimals that a stored value keeps; None where it is not stored (results of arithmetic).
    """

    name: TypeName
    objects: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    of: Type | None = None
    unit: str = ""
    scale: int | None = None

    def __str__(self) -> str:
        if self.name in ("record", "rows"):
            return f"{self.name} of {' or '.join(self.objects)}" if self.objects else self.name
        if self.name == "list" and self.of is not None:
            return f"list of {self.of}"
        if self.name == "range" and self.of is not None:
            return f"range of {self.of}"
        return self.unit or self.name


NUMBER = Type("number")
INTEGER = Type("number", scale=0)
MONEY = Type("number", unit="money")
QUANTITY = Type("number", unit="quantity")
PERCENT = Type("number", unit="percent")
TEXT = Type("text")
BOOLEAN = Type("boolean")
DATE = Type("date")
DATETIME = Type("datetime")
TIME = Type("time")
DURATION = Type("duration")
BLANK = Type("blank")
ANY = Type("any")
USER = Type("record", objects=("user",))


def record_of(*objects: str) -> Type:
    return Type("record", objects=objects)


def rows_of(*objects: str) -> Type:
    return Type("rows", objects=objects)


def list_of(element: Type) -> Type:
    return Type("list", of=element)


def range_of(element: Type) -> Type:
    return Type("range", of=element)


def choice_of(*options: str) -> Type:
    return Type("choice", options=options)
