"""What a list's address asks for: filter, search, order, page. Knows requests, no service but the query's shape."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from flask import request

from engine import digits
from engine.errors import Invalid, Unreadable
from engine.runtime.services.reading import Query
from engine.texts import say

LIMIT = 50
MOST = 200
SORTS = 4
COUNTS = ("exact", "capped", "none")
LISTING = ("filter", "search", "sort", "fields", "limit", "cursor", "count", "state")
SHELVES = ("current", "archived", "deleted")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query and which fields to answer with (None = all)."""

    query: Query
    fields: tuple[str, ...] | None


def from_address(*, count: str = "none", limit: int = LIMIT) -> Asked:
    """The query in this request's address; raises `Unreadable` for keys or values that it cannot have."""
    known(LISTING)
    size = whole("limit", limit, 1, MOST)
    counting = request.args.get("count", count)
    if counting not in COUNTS:
        refuse("count", ", ".join(COUNTS))
    shelf = request.args.get("state", "current")
    if shelf not in SHELVES:
        refuse("state", ", ".join(SHELVES))
    fields = names(request.args.get("fields", ""))
    query = Query(
        filter=request.args.get("filter", ""),
        search=request.args.get("search", "").strip(),
        sort=names(request.args.get("sort", ""))[:SORTS],
        limit=size,
        cursor=request.args.get("cursor") or None,
        count=counting,
        shelf=shelf,
    )
    return Asked(query, fields or None)


def known(allowed: Iterable[str], *, besides: tuple[str, ...] = ()) -> None:
    """Refuse address keys that this route does not know, or that come twice; those that begin as one of `besides` are
    somebody else's business."""
    allowed = tuple(allowed)
    for name, values in request.args.lists():
        if besides and name.startswith(besides):
            continue
        if name not in allowed:
            refuse(name, ", ".join(allowed))
        if len(values) > 1:
            raise Unreadable(say(zh="参数 {name} 出现了两次", en="The parameter {name} occurs twice", name=name))


def whole(name: str, default: int, least: int, most: int) -> int:
    """A whole number of the address within bounds."""
    text = request.args.get(name, "")
    if not text:
        return default
    found = digits.whole(text, digits.SMALL_DIGITS)
    if found is None or not least <= found <= most:
        refuse(name, f"{least} … {most}")
    return found


def names(text: str) -> tuple[str, ...]:
    """`a, -b` as its parts."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def ids() -> tuple[int, ...]:
    """The records of `id=3,5,8`, in their order; none where it is not given."""
    found = [digits.whole(text, digits.SMALL_DIGITS) for text in names(request.args.get("id", ""))]
    if None in found:
        refuse("id", "3,5,8")
    return tuple(one for one in found if one is not None)


def ticked(most: int) -> list[str]:
    """What a list sends of its ticked rows (`id`, any number of them). Raises `Invalid` where that is more than are
    done at once: nothing of it is left out in silence."""
    given = request.form.getlist("id")
    if len(given) > most:
        raise Invalid(say(
            zh="一次最多处理 {most} 条，您选了 {n} 条：请减少一些，分几次处理",
            en="{most} at most are done at once; {n} are ticked: take some of them away and go on with these later",
            most=most, n=len(given),
        ))
    return given


def refuse(name: str, allowed: str) -> NoReturn:
    raise Unreadable(
        say(
            zh="参数 {name} 无效；可用：{allowed}",
            en="The parameter {name} is not usable; allowed: {allowed}",
            name=name,
            allowed=allowed,
        )
    )


def moment(name: str, zone: dt.tzinfo) -> dt.datetime | None:
    """A moment of the address; without an offset it is of the app's time zone; None where it is not given."""
    text = request.args.get(name, "")
    try:
        return read_moment(text, zone) if text else None
    except ValueError:
        raise Unreadable(
            say(zh="{name} 请写作 2026-03-31T18:00", en="Write {name} as 2026-03-31T18:00", name=name)
        ) from None


def read_moment(text: str, zone: dt.tzinfo) -> dt.datetime:
    """A moment in ISO 8601; without an offset it is of the app's time zone. ValueError for what is none."""
    found = dt.datetime.fromisoformat(text)
    if not 1900 <= found.year <= 9990:         # nothing overflows where it is moved to UTC
        raise ValueError(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def day(name: str) -> dt.date | None:
    """A day of the address; None where it is not given."""
    text = request.args.get(name, "")
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise Unreadable(say(zh="{name} 请写作 2026-03-31", en="Write {name} as 2026-03-31", name=name)) from None


def given() -> dict[str, Any]:
    """What the address gives for parameters, by name: a text, or the two ends of a period."""
    return {name: texts if len(texts) > 1 else texts[0] for name, texts in request.args.lists()}
