"""Judges post rules: what they may read, so that a contribution follows from the document alone. Books nothing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions import personal
from engine.definitions.app import App
from engine.definitions.building.ordering import amounts, places
from engine.definitions.objects import Object
from engine.definitions.reading import FIXED, STATE, Reader, Step
from engine.errors import Problem
from engine.expressions.compiled import Expression

CLOCK = ("@today", "@now", "@time")


def reads(app: App) -> Iterator[Problem]:
    """What a rule reads beyond the document itself, with the repair."""
    reader = Reader(app.objects, app.decisions)
    for obj in app.objects.values():
        for post in obj.posts:
            own = frozenset(f"@{row.number}" for row in post.rows)
            for thing, expression in amounts(obj, post):
                yield from _judge(reader, thing, expression, own, balances=True)
            for thing, expression in places(obj, post):
                yield from _judge(reader, thing, expression, own, balances=False)


def _judge(
    reader: Reader, thing: str, expression: Expression, own: frozenset[str], *, balances: bool
) -> Iterator[Problem]:
    """`own`: the names that the rule gives itself (the number of `each: numbers(…) as n`)."""
    seen: set[tuple[str, str]] = set()
    for path in expression.reads:
        if path[0] in own:
            continue
        found = _fault(reader, thing, path, balances, seen)
        if found is not None:
            code, message, hint = found
            yield Problem(code, message, expression.at, hint)
            return


def _fault(
    reader: Reader, thing: str, path: tuple[str, ...], balances: bool, seen: set[tuple[str, str]]
) -> tuple[str, str, str] | None:
    """Why a post may not read this path; None if it may. Formulas are followed once."""
    for step in reader.steps(thing, path):
        found = _of_step(reader, step, ".".join(path), balances)
        if found is not None:
            return found
        field = step.field
        if field is not None and field.formula is not None and (step.thing, step.name) not in seen:
            seen.add((step.thing, step.name))
            inner = (_fault(reader, step.thing, one, balances, seen) for one in field.formula.reads)
            found = next((one for one in inner if one is not None), None)
            if found is not None:
                code, message, hint = found
                return code, message + _through(message, step.name), hint
    return None


def _through(message: str, name: str) -> str:
    """The formula by which a rule reads what it may not; the innermost one comes first."""
    return f" (in the formula of `{name}`)" if "(in the formula" not in message else f", read by `{name}`"


def _of_step(reader: Reader, step: Step, shown: str, balances: bool) -> tuple[str, str, str] | None:
    if not step.thing:
        return _of_name(reader, step.name)
    if step.far:
        name = shown.rpartition(".")[2]
        hint = f"add a field `{name}: {{copy: {shown}}}`: it is taken when the link is chosen"
        return "E-PST-011", f"a post may not read another record (`{shown}`)", hint
    if step.field is None:
        if step.name in FIXED or step.name == STATE or step.name in reader.objects[step.thing].backs:
            return None
        return (
            "E-PST-012",
            f"a post may not read `{step.name}`: it follows from what is posted",
            "use `in:` with real states",
        )
    balance = step.field.balance
    if balance is None:
        return None
    if not balances:
        return (
            "E-PST-013",
            f"keys, days and conditions of a post may not read the balance `{shown}`",
            "use it in `add` only",
        )
    if balance.own or balance.booked_by_this:
        return None
    hint = "keep the value in a field that an action sets"
    return "E-PST-014", f"a post may read only balances keyed by its own record or line, not `{shown}`", hint


def _of_name(reader: Reader, name: str) -> tuple[str, str, str] | None:
    if name in reader.decisions:
        if reader.constant(name):
            return None
        return (
            "E-PST-015",
            f"the decision `{name}` reads records: a post may not call it",
            "store its result: a field with `default: =…`, `readonly: true` and `refill`, or one that an action sets",
        )
    if name in CLOCK:
        return (
            "E-PST-016",
            f"a post may not depend on the clock (`{name[1:]}()`)",
            "store the day in a field: `default: =today()`",
        )
    what = "the acting person" if name == "@me" else f"`{name.removeprefix('@')}`"
    return "E-PST-016", f"a post may not read {what}", "store it in a field of the document"


def effective(app: App) -> Iterator[Problem]:
    """Posts of an object with states that do not say in which they count."""
    for obj in app.objects.values():
        if obj.posts and len(obj.states) > 1 and obj.effective_while is None and _counts_always(obj):
            post = next(post for post in obj.posts if not post.states)
            yield Problem(
                "W-PST-001",
                f"{obj.name} posts in every state, the first one too",
                post.location,
                "say `effective: [approved]` on the object",
                "warning",
            )


def lasting(app: App) -> Iterator[Problem]:
    """Keys of registers that are personal data: what is booked is never taken out again."""
    told = {part.name: personal.fields_of(part) for part in app.objects.values()}
    for obj in app.objects.values():
        for post in obj.posts:
            for row in post.rows:
                thing = f"{obj.name}.{row.each}" if row.each else obj.name
                for key, expression in row.keys.items():
                    names = [path[0] for path in expression.reads if path[0] in told.get(thing, ())]
                    if names:
                        message = f"`{names[0]}` is personal, and stays for good as the key `{key}` of {post.register}"
                        hint = "book under a link to the record instead: anonymising leaves the link and takes the name"
                        yield Problem("W-PST-002", message, expression.at, hint, "warning")


def _counts_always(obj: Object) -> bool:
    real = tuple(state.name for state in obj.states.values() if not state.within)
    return obj.effective == real and any(not post.states for post in obj.posts)
