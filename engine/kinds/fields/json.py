"""`json`: a nested value of another system. Knows no shape of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from engine.expressions.types import Type
from engine.json_texts import dumps, loads, loads_as_written
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.text import FORBIDDEN
from engine.texts import say

if TYPE_CHECKING:
    from sqlalchemy import Column

LONGEST = 60_000
DIGITS = 38                                    # of a number, and of its exponent's reach


@dataclass(frozen=True, kw_only=True)
class Json(Field):
    """An object or a list. The value is its JSON text in one spelling (no idle spaces), so that equal texts are equal;
    the API takes and gives what the text says, numbers with all their digits (38 at most)."""

    kind: ClassVar[str] = "json"
    widget: ClassVar[str] = "json"
    operators: ClassVar[tuple[str, ...]] = ("is blank", "is not blank")
    options_schema: ClassVar[Mapping[str, Any]] = {}

    @property
    def type(self) -> Type:
        return Type("json")

    def columns(self) -> tuple[Column[Any], ...]:
        from sqlalchemy import Column, Text

        return (Column(self.name, Text),)

    def parse(self, raw: object) -> str | None:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        found = _read(raw) if isinstance(raw, str) else raw
        if not isinstance(found, (Mapping, list, tuple)):
            raise Unfit(say("需要 JSON 对象或列表，例如 {\"a\": 1}",
                            "a JSON object or list is needed here, as {\"a\": 1}"))
        try:
            text = _written(found)
        except (TypeError, ValueError, RecursionError):
            raise Unfit(_unreadable("")) from None
        if len(text) > LONGEST:
            raise Unfit(say("最多 {most} 个字符", "{most} characters at most", most=LONGEST))
        if FORBIDDEN.search(text):
            raise Unfit(say("含有不可见的控制字符，请删除", "it holds invisible control characters; take them out"))
        return text

    def to_json(self, value: Any) -> Any:
        return None if value is None else loads(value)

    def to_input(self, value: Any) -> str:
        """Indented, one entry a line."""
        return "" if value is None else dumps(loads_as_written(value), ensure_ascii=False, indent=2)


def _read(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_exact, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise Unfit(_unreadable(str(error))) from None


def _written(value: Any) -> str:
    """The JSON text without idle spaces; exact numbers keep their digits."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_written(str(name))}:{_written(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_written(item) for item in value) + "]"
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _exact(text: str) -> Decimal:
    """A number with a point or an exponent."""
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise _too_long(text) from None
    if len(number.as_tuple().digits) > DIGITS or abs(number.adjusted()) > DIGITS:
        raise _too_long(text)
    return number


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > DIGITS:
        raise _too_long(text)
    return int(text)


def _too_long(text: str) -> Unfit:
    return Unfit(say("数字 {text} 太长", "the number {text} is too long", text=text[:50]))


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _unreadable(why: str) -> Any:
    return say("无法读作 JSON：{why}", "this cannot be read as JSON: {why}", why=why)
