"""Judges registers: whether anybody posts to them, and checks that race. Books nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.definitions.app import App
from engine.definitions.objects import Check, Object
from engine.definitions.reading import Reader
from engine.definitions.registers import Guard, Register
from engine.errors import Problem

JOINED = re.compile(r"\band\b", re.IGNORECASE)


def unused(app: App) -> Iterator[Problem]:
    """Registers and measures to which nothing posts."""
    written = {
        (post.register, measure)
        for obj in app.objects.values()
        for post in obj.posts
        for row in post.rows
        for measure in row.add
    }
    for register in app.registers.values():
        missing = [name for name in register.measures if (register.name, name) not in written]
        if missing == list(register.measures):
            yield Problem(
                "W-REG-001", f"nothing posts to the register {register.name}", register.location, severity="warning"
            )
        elif missing:
            shown = ", ".join(f"`{name}`" for name in missing)
            yield Problem(
                "W-REG-002",
                f"nothing posts {shown} to the register {register.name}",
                register.location,
                severity="warning",
            )


def followers(app: App) -> Iterator[Problem]:
    """Guards on past days over measures that follow the balances of now: of the days before they know nothing."""
    follows = {
        (post.register, measure): obj.name
        for obj in app.objects.values()
        for post in obj.posts
        for row in post.rows
        for measure in row.add
        if post.reads
    }
    for register in app.registers.values():
        for guard in register.guards:
            read = _behind(register, {path[0] for path in guard.that.reads})
            late = sorted(name for name in read if (register.name, name) in follows)
            if guard.every_date and late:
                message = (
                    f"`{late[0]}` follows the balances of {follows[register.name, late[0]]} as they are now: it cannot "
                    "be guarded at every date"
                )
                yield Problem("E-REG-005", message, guard.location, "leave out `at: every date`")


def worths(app: App) -> Iterator[Problem]:
    """Valued measures that cannot be valued: what they count may fall below zero, has no days, or follows balances."""
    follows = {
        (post.register, measure)
        for obj in app.objects.values()
        for post in obj.posts
        if post.reads
        for row in post.rows
        for measure in row.add
    }
    for register in app.registers.values():
        for valued in register.valued.values():
            name = valued.quantity
            if not register.dated:
                message, hint = f"`{register.name}` has no days: values follow them", "take `dated: false` away"
            elif any((register.name, one) in follows for one in valued.counted):
                message, hint = f"`{name}` follows balances: it cannot be valued", "count what documents say themselves"
            elif not any(_holds_up(guard, name) for guard in register.guards):
                message = f"`{name}` may fall below zero on some day: what is not there has no value"
                hint = f"add the guard {{that: {name} >= 0, at: every date}}"
            else:
                continue
            yield Problem("E-REG-006", message, valued.location, hint)


def _holds_up(guard: Guard, name: str) -> bool:
    """Whether a guard keeps a measure from falling below zero, always and for everybody."""
    parts = ("".join(part.split()) for part in JOINED.split(guard.that.text))
    always = guard.every_date and not (guard.when or guard.unless or guard.objects or guard.override)
    return always and f"{name}>=0" in parts


def _behind(register: Register, names: set[str]) -> set[str]:
    """The measures behind names of a register's measures and formulas."""
    found, waiting = set[str](), sorted(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            formula = register.formulas.get(name)
            waiting += [path[0] for path in formula.reads] if formula is not None else []
    return found & register.measures.keys()


def races(app: App) -> Iterator[Problem]:
    """Checks on a balance to which the same object posts: two at the same moment may both pass."""
    reader = Reader(app.objects, app.decisions)
    for obj in app.objects.values():
        posting = {post.register for post in obj.posts}
        for check in (*obj.checks, *(check for action in obj.actions.values() for check in action.checks)):
            read = _balances(reader, obj, check) & posting
            if read and check.otherwise == "refuse":
                name = sorted(read)[0]
                hint = f"a guard of the register {name} holds also then: `guards: [{{that: …}}]`"
                yield Problem(
                    "N-CHK-001",
                    "two documents at the same moment may both pass this check",
                    check.location,
                    hint,
                    "note",
                )


def _balances(reader: Reader, obj: Object, check: Check) -> set[str]:
    """The registers whose balances a check reads."""
    steps = (step for path in check.that.reads for step in reader.steps(obj.name, path))
    return {step.field.balance.register for step in steps if step.field is not None and step.field.balance is not None}
