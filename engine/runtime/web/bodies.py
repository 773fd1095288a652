"""Bodies of requests, read strictly: bounded JSON with exact numbers. Knows no service."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NoReturn

from flask import request

from engine.errors import Unreadable
from engine.texts import Text, say

DEPTH = 32
NODES = 10_000
LARGE = 50_000  # values in the body of a route that takes large ones
DIGITS = 38
# Strings are skipped whole, so that brackets and commas inside them do not count; one that never ends is skipped to
# the end of the body, so that its quotes are looked at once.
TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # what no database keeps in a text


def read_json(*, optional: bool = False, most: int = NODES) -> dict[str, Any]:
    """The request's JSON object. Numbers with a point are Decimal; raises `Unreadable` for anything else."""
    raw = request.get_data()
    if not raw and optional:
        return {}
    if request.mimetype not in ("application/json", "application/merge-patch+json"):
        refuse(say(zh="请用 application/json 发送内容", en="Send the body as application/json"))
    found = parse_json(raw, most=most)
    if not isinstance(found, dict):
        refuse(say(zh="内容必须是一个 JSON 对象", en="The body must be a JSON object"))
    return found


def parse_json(raw: bytes, *, most: int = NODES) -> Any:
    """JSON of bounded depth and size, without duplicate keys, NaN or numbers of more than 38 digits."""
    scan(raw, most)
    try:
        found = json.loads(
            raw.decode("utf-8"),
            parse_float=exact,
            parse_int=whole,
            parse_constant=_no_constant,
            object_pairs_hook=unique,
        )
    except json.JSONDecodeError as error:
        refuse(
            say(
                zh="内容不是有效的 JSON：第 {line} 行第 {column} 个字符处读不下去",
                en="The body is not valid JSON: it cannot be read on at line {line}, character {column}",
                line=error.lineno,
                column=error.colno,
            )
        )
    except UnicodeDecodeError as error:
        refuse(
            say(
                zh="内容不是 UTF-8 编码：第 {place} 个字节无法解读",
                en="The body is not UTF-8: byte {place} cannot be decoded",
                place=error.start + 1,
            )
        )
    except (ValueError, RecursionError):  # nested too deep for the parser
        refuse(say(zh="内容不是有效的 JSON", en="The body is not valid JSON"))
    if b"\\u" in raw and any(UNSTORABLE.search(text) for text in texts_in(found)):
        refuse(say(zh="文本含有无法保存的字符", en="A text holds a character that cannot be kept"))
    return found


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)


def scan(raw: bytes, most: int) -> None:
    """Refuse what is nested too deep or holds too many values, before the parser builds anything."""
    depth, nodes = 0, 1
    for match in TOKEN.finditer(raw):
        sign = match.group()
        if sign in (b"[", b"{"):
            depth += 1
            nodes += 1
        elif sign in (b"]", b"}"):
            depth -= 1
        elif sign == b",":
            nodes += 1
        if depth > DEPTH or nodes > most:
            refuse(
                say(
                    zh="JSON 过大：最多 {depth} 层、{nodes} 个值",
                    en="The JSON is too large: {depth} levels and {nodes} values at most",
                    depth=DEPTH,
                    nodes=most,
                )
            )


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys occur once each."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        refuse(say(zh="键 {name} 出现了两次", en="The key {name} occurs twice", name=twice))
    return found


def exact(text: str) -> Decimal:
    """A number with a point or an exponent, as Decimal."""
    try:
        number = Decimal(text)
    except ArithmeticError:  # an exponent that even Decimal does not hold
        number = Decimal("Infinity")
    if not number.is_finite() or len(number.as_tuple().digits) > DIGITS or abs(number.adjusted()) > DIGITS:
        refuse(say(zh="数字 {text} 太长", en="The number {text} is too long", text=text[:50]))
    return number


def whole(text: str) -> int:
    """An integer of at most 38 digits."""
    if len(text.lstrip("-")) > DIGITS:
        refuse(say(zh="数字 {text} 太长", en="The number {text} is too long", text=text[:50]))
    return int(text)


def only(body: Mapping[str, Any], *allowed: str) -> None:
    """Refuse keys that this route does not know."""
    unknown = sorted(set(body) - set(allowed))
    if unknown:
        refuse(
            say(
                zh="未知的键 {name}；可用：{allowed}",
                en="Unknown key {name}; allowed are {allowed}",
                name=unknown[0],
                allowed=", ".join(allowed),
            )
        )


def names_in(body: Mapping[str, Any], key: str) -> list[str]:
    """The list of names under a key; none where it is missing."""
    found = body.get(key)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        refuse(say(zh="{key} 是名称的列表", en="{key} is a list of names", key=key))
    return found


def is_id(value: Any) -> bool:
    """Whether a value can be the number of a record: a positive integer that a database holds."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 63


def refuse(message: Text) -> NoReturn:
    raise Unreadable(message)


def _no_constant(name: str) -> NoReturn:
    refuse(say(zh="{name} 不是可用的数字", en="{name} is not a usable number", name=name))
