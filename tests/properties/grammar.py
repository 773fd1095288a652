"""What people write, as a grammar: for each type the leaves and the forms with holes for other types. Knows no rows.

A form is text with holes: `round({number}, {places})`. `texts_of(type)` draws whole expressions, `sweep()` lists each
form with leaves in its holes, so that nothing is left to chance."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping

from hypothesis import strategies as st

from tests.properties.forms import FORMS, listed

HOLE = re.compile(r"\{(\w+)\}")


LEAVES: Mapping[str, tuple[str, ...]] = {
    "number": listed("""
        count
        tiny
        plain
        part
        0
        1
        2.5
        -3
        0.001
        10%
        number
        low_bound
        client.region.rate
        count(lines)
        sum(lines.score)
        max(lines.score)
        min(lines where held, score)
        average(lines.score)
        count(lines.note)
        count(lines, day)
        count_unique(lines.client)
        count_unique(lines.note)
        count_unique(lines.qty)
        count_unique(lines.moment)
        first(lines sort -score).score
        first(lines sort day then -score).score
        first(lines sort note).score
        first(lines sort -moment).score
        sum(lines as l where l.score > this.tiny, l.score * 2)
        sum(lines where day >= this.day, score)
        count(thing)
        count(thing where count = this.count)
        count(thing where kind = this.kind and held)
        count(thing where note = this.note)
        count(thing where note > this.note)
        count(thing where day < this.day)
        count(thing where moment > this.moment)
        count(thing where client = this.client)
        count(thing where owner = this.owner)
        count(thing where client.region = this.client.region)
        sum(thing where tiny > this.tiny, tiny)
        sum(thing as t where t.day = this.day, t.plain)
        average(thing where held, plain)
        max(thing where kind = this.kind, tiny)
        min(thing, tiny)
        count(all client where limit > 10)
        sum(client.things, plain)
        count(client.things where held)
        max(client.things.tiny)
        count(clients)
        sum(clients, region.rate)
        count(region where rate > this.part)
        first(thing where kind = this.kind sort -day then note).number
        first(thing where held sort word).number
        first(thing where held sort -moment).number
        first(thing where held sort clock).number
        first(thing where held sort kind then -price).number
        first(thing sort -client.region.rate then tiny).number
        qty / qty
        price / plain * 1 / price
        id
        version
    """),
    "factor": listed("""
        count
        tiny
        plain
        part
        3
        -0.5
        sum(lines.score)
    """),
    "money": listed("""
        price
        total
        sum(lines.amount)
        sum(lines, price * qty)
        sum(lines where price > 0, price)
        client.limit
        max(lines.price)
        average(lines.price)
        first(lines).amount
        sum(thing where kind = this.kind, price)
        sum(thing.total)
        min(client.things.price)
    """),
    "quantity": listed("""
        qty
        sum(lines.qty)
        max(lines.qty)
        sum(thing where held, qty)
        min(lines where qty > 0, qty)
    """),
    "text": listed("""
        note
        word
        '' & kind
        ''
        'a'
        'Ünï'
        '😀x'
        'a%'
        'e' & note
        client.name
        client.region.name
        wanted
        '中' & word & note
    """),
    "choice": listed("""
        kind
        'low'
        'Mid'
    """),
    "day": listed("""
        day
        due
        stay.start
        stay.end
        client.region.opened
        from_day
        no_day
        date(2024, 2, 29)
        date(2026, 1, 31)
        max(lines.day)
        min(lines where held, day)
        first(lines sort -day).day
        max(thing where kind = this.kind, day)
        min(thing.due)
    """),
    "moment": listed("""
        moment
        later
        hours.start
        hours.end
        client.since
        created_at
        now()
    """),
    "clock": listed("""
        clock
        time(9, 30)
        time(23, 59, 59)
    """),
    "span": listed("""
        span
        1 day
        90 minutes
        2 hours
    """),
    "link": listed("""
        client
        'ALFKI'
        first(lines).client
        first(thing where held sort -tiny).client
        first(lines sort day).client
    """),
    "person": listed("""
        owner
        me
        creator
        client.keeper
    """),
    "condition": listed("""
        held
        true
        client.blocked
        count is blank
        due is not blank
        note is blank
        moment is blank
        kind is not blank
        client is blank
        client.region is blank
        span is blank
        stay is blank
        clock is not blank
        owner is blank
        either is blank
        either is client
        either is not region
        kind in ['low', 'Mid']
        kind not in ['high']
        client = 'ALFKI'
        client in ['bonap', 'NOBODY']
        client.region = 'North'
        client in clients
        owner in team
        me in team
        'red' in marks
        '码' in tags
        client.region is under 'North'
        day in stay
        moment in hours
        tiny in band
        from_day in stay
        overlaps(stay, range(date(2024, 1, 1), date(2026, 1, 31)))
        overlaps(stay, range(from_day, blank))
        overlaps(band, range(0, 2))
        exists(lines)
        exists(lines where score > 1)
        exists(lines, note)
        any(lines, held)
        any(lines, score < 3)
        all(lines, held)
        all(lines, qty > 0)
        exists(thing where note = this.word)
        exists(client.things where not held)
        any(thing as t where t.count = this.count, t.held)
        exists(clients where name = 'bonap')
        has_role(me, staff)
    """),
    "places": listed("""
        0
        2
        -1
        6
        12
        -3
    """),
    "step": listed("""
        1
        0.3
        7
        2.5
        0.01
    """),
    "months": listed("""
        1
        -1
        12
        count
        0
        1200
    """),
    "length": listed("""
        0
        1
        2
        5
    """),
    "unit": listed("""
        'month'
        'quarter'
        'week'
        'year'
        'day'
        'Quarter'
    """),
    "outer": listed("""
        this.tiny
        this.count
        1
        -2.5
        this.client.region.rate
        sum(this.lines.score)
    """),
    "outer_day": listed("""
        this.day
        from_day
        this.stay.start
        date(2026, 1, 31)
    """),
    "outer_text": listed("""
        this.note
        'a'
        wanted
        this.client.name
    """),
    "failing": listed("""
        1 / 0
        1 / tiny
        count / part
        3
        count
        choose(count, 1, tiny)
        switch(count, 1, tiny)
        sum(lines.score) / count(lines)
        average(lines.score)
        mod(tiny, plain)
    """),
}
for _name in ("number", "text", "day", "moment", "link", "span", "clock"):
    assert len(LEAVES[_name]) > 1

TYPES = (
    "number",
    "condition",
    "text",
    "day",
    "money",
    "quantity",
    "moment",
    "link",
    "person",
    "clock",
    "span",
    "choice",
)


def words(form: str) -> set[str]:
    """The names of the functions that a form calls."""
    return set(re.findall(r"\b([a-z_]+)\(", form))


def every_word() -> set[str]:
    """All functions that the grammar can write."""
    return {word for forms in (*LEAVES.values(), *FORMS.values()) for form in forms for word in words(form)}


@st.composite
def texts_of(draw: st.DrawFn, kind: str, depth: int = 3) -> str:
    """An expression of a type, at most so deep."""
    forms = FORMS.get(kind, ())
    if not forms or depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(LEAVES[kind]))
    form = draw(st.sampled_from(forms))
    return HOLE.sub(lambda hole: draw(texts_of(hole.group(1), depth - 1)), form)


EXPRESSIONS = st.sampled_from(TYPES).flatmap(texts_of)
CONDITIONS = texts_of("condition")


def sweep(kind: str, rounds: int = 2) -> Iterator[str]:
    """All leaves of a type, and each form so many times with leaves that come in turn."""
    yield from LEAVES[kind]
    turns = {name: itertools.cycle(leaves) for name, leaves in LEAVES.items()}
    for form in FORMS.get(kind, ()):
        for _ in range(rounds):
            yield HOLE.sub(lambda hole: next(turns[hole.group(1)]), form)
