"""Rules that follow own balances: what they say now against all that they have booked; the difference counts from the
day of what caused it, so that the days before keep what they knew. Books nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from engine.runtime.services.registers.contributions import Contribution, Coordinate
from engine.runtime.storage.balances import Movement
from engine.runtime.storage.register_keys import Keys

ZERO = Decimal(0)
Place = tuple[int, int, Keys]                  # rule, line, keys
Cause = Callable[[int], "dt.date | None"]      # line → the day of what moved the balances that its rule reads


def steps(said: Iterable[Contribution], booked: Iterable[Movement], cause: Cause) -> Iterator[
    tuple[Coordinate, str, Decimal]
]:
    """What is still to be booked, by coordinate and measure. An item that no longer counts is taken back day by day."""
    stands: dict[tuple[Place, str], list[Contribution]] = {}
    for one in said:
        stands.setdefault(((one.rule, one.line, one.keys), one.measure), []).append(one)
    kept: dict[tuple[Place, str], dict[dt.date, Decimal]] = {}
    for movement in booked:
        for measure, amount in movement.amounts.items():
            days = kept.setdefault(((movement.rule, movement.line, movement.keys), measure), {})
            days[movement.for_day] = days.get(movement.for_day, ZERO) + amount
    for (place, measure), days in kept.items():
        if (place, measure) not in stands:
            for day, amount in days.items():
                yield Coordinate(*place, day), measure, -amount
    for (place, measure), parts in stands.items():
        for day, amount in _missing(parts, kept.get((place, measure), {}), cause(place[1])):
            yield Coordinate(*place, day), measure, amount


def _missing(
    parts: list[Contribution], days: dict[dt.date, Decimal], caused: dt.date | None
) -> Iterator[tuple[dt.date, Decimal]]:
    start = min(part.start for part in parts)
    for day, amount in days.items():
        if day != start and (day < start or day in {part.was for part in parts}):
            yield day, -amount                 # the item counts from another day now
            yield start, amount
    total = sum((part.amount for part in parts if part.end is None), ZERO)
    ends = [part.end for part in parts if part.end is not None]
    begun = max(start, caused or start)
    yield max(ends) if ends and not total else begun, total - sum(days.values(), ZERO)
