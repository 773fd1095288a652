"""Scopes of API tokens: what a token may do of what its person may. Pure: knows names, no database.

A scope is `VERBS`, `app:VERBS` or `app.thing:VERBS`; a thing is an object or a register, verbs are separated by commas.
Scopes add up; none of them gives more than the person has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from engine.definitions.app import App
from engine.errors import FieldError, Invalid
from engine.suggest import closest
from engine.texts import Text, say

READ = frozenset({"see", "export", "print"})   # verbs of access that the scope `read` covers
PLAIN = ("read", "create", "edit", "delete", "import", "act", "decide", "comment", "share", "acknowledge", "close",
         "write")
SITE = ("build", "metrics")                    # of no object: definitions of an app, figures of the site


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope, read. `app` and `thing` are blank where they are left open."""

    app: str
    thing: str
    verbs: frozenset[str]

    def covers(self, app: str, thing: str, verb: str) -> bool:
        """Whether it reaches a verb of access, an action's name or a word of `PLAIN` and `SITE`."""
        if self.app not in ("", app) or self.thing not in ("", thing):
            return False
        if verb in SITE:
            return verb in self.verbs
        return verb in self.verbs or "write" in self.verbs or (verb in READ and "read" in self.verbs)


@lru_cache(maxsize=256)
def read(scopes: frozenset[str]) -> tuple[Scope, ...]:
    """The scopes of a token as they were kept."""
    return tuple(_read(text) for text in sorted(scopes))


def _read(text: str) -> Scope:
    place, _, verbs = text.rpartition(":")
    app, _, thing = place.partition(".")
    return Scope(app.strip(), thing.strip(), frozenset(v.strip() for v in verbs.split(",") if v.strip()))


def covers(scopes: frozenset[str] | None, app: str, thing: str, verb: str) -> bool:
    """Whether a token with these scopes (None = all that the person may) reaches a verb of a thing of an app."""
    return scopes is None or any(scope.covers(app, thing, verb) for scope in read(scopes))


def covers_action(scopes: frozenset[str] | None, app: str, thing: str, action: str) -> bool:
    """Whether it reaches an action: named itself, or all of them (`act`)."""
    return covers(scopes, app, thing, action) or covers(scopes, app, thing, "act")


def check(texts: Iterable[str], apps: Iterable[App]) -> list[str]:
    """The scopes as they are kept; raises `Invalid` for one that names what is not there."""
    known = {app.name: app for app in apps}
    kept = []
    for text in texts:
        scope = _read(text)
        problem = _problem(text, scope, known)
        if problem is not None:
            raise Invalid(problem, code="scope", errors=[FieldError("scope", problem, "scope")])
        place = f"{scope.app}.{scope.thing}" if scope.thing else scope.app
        kept.append(f"{place}:{','.join(sorted(scope.verbs))}" if place else ",".join(sorted(scope.verbs)))
    return sorted(set(kept))


def _problem(text: str, scope: Scope, known: dict[str, App]) -> Text | None:
    if not scope.verbs:
        return say(
            zh="范围“{text}”没有写明操作，例如 shop.sale:read,create", text=text,
            en="The scope {text} names no verb; write for example shop.sale:read,create",
        )
    if scope.app and scope.app not in known:
        return _unknown(say(zh="没有应用 {name}", en="There is no app {name}", name=scope.app), scope.app, known)
    app = known.get(scope.app)
    things = [] if app is None else [*(o.name for o in app.objects.values() if not o.owner), *app.registers]
    if scope.thing and scope.thing not in things:
        told = say(zh="没有对象或账 {name}", en="There is no object or register {name}", name=scope.thing)
        return _unknown(told, scope.thing, things)
    reached = [app] if app is not None else list(known.values())
    actions = {
        name for one in reached for obj in one.objects.values() if scope.thing in ("", obj.name) for name in obj.actions
    }
    words = [*PLAIN, *([] if scope.thing else SITE), *sorted(actions)]
    wrong = next((verb for verb in sorted(scope.verbs) if verb not in words), None)
    if wrong is None:
        return None
    told = say(
        zh="没有操作 {name}；可用：{words}", en="There is no verb {name}; there are {words}", name=wrong,
        words=", ".join(words[:40]),
    )
    return _unknown(told, wrong, words)


def _unknown(told: Text, name: str, known: Iterable[str]) -> Text:
    near = next(iter(closest(name, known)), "")
    if not near:
        return told
    return say(zh="{told}（是 {near} 吗？）", en="{told} (did you mean {near}?)", told=told, near=near)
