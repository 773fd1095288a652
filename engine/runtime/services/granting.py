"""Which grants apply to an actor: by roles and, of a token, by its scopes; worked out once. Judges no record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from engine.definitions.access import Grant, Permission
from engine.errors import Forbidden
from engine.runtime.services import scopes
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

T = TypeVar("T")
STANDINGS = 500                                # sets of roles and scopes whose rights are kept


def unbound(actor: Actor) -> bool:
    """The app's own identity is bound by checks, guards and states, not by row rules."""
    return actor.kind == "service"


def once(tx: Tx, key: tuple[object, ...], work: Callable[[], T]) -> T:
    """What follows from the app, the actor's roles and a token's scopes alone, worked out once per version."""
    kept = tx.live.rights
    whose = None if unbound(tx.actor) else (tx.actor.grantees, tx.actor.scopes)
    known = kept.get(whose)
    if known is None:
        if len(kept) >= STANDINGS:
            kept.clear()
        known = kept.setdefault(whose, {})
    if key not in known:
        known[key] = work()
    found: T = known[key]
    return found


def held(tx: Tx, thing: str) -> Sequence[Grant]:
    """The grants on an object or register that the actor's roles hold; a token may reach less than they give."""
    if thing not in tx.app.grants and tx.actor.kind != "public":
        return ()
    return once(tx, ("held", thing), lambda: tuple(g for g in given(tx, thing) if g.role in tx.actor.grantees))


def given(tx: Tx, thing: str) -> Sequence[Grant]:
    """All grants on an object or register, those of its forms and pages for everybody with them."""
    obj = tx.app.objects.get(thing)
    return (*tx.app.grants.get(thing, ()), *(one.grant for one in (() if obj is None else obj.surfaces)))


def grants(tx: Tx, thing: str) -> Sequence[Grant]:
    """The grants on an object or register that apply to the actor: of a token, what its scopes leave of them."""
    if tx.actor.scopes is None:
        return held(tx, thing)

    def left(grant: Grant) -> Grant:
        return replace(grant, verbs={verb: p for verb, p in grant.verbs.items() if reaches(tx, thing, verb)})

    return once(tx, ("grants", thing), lambda: tuple(left(grant) for grant in held(tx, thing)))


def reaches(tx: Tx, thing: str, *verbs: str) -> bool:
    """Whether the actor's token, if it is one, reaches any of these verbs of a thing."""
    return any(scopes.covers(tx.actor.scopes, tx.app.name, thing, verb) for verb in verbs)


def demand_scope(tx: Tx, thing: str, verb: str) -> None:
    """Raise `Forbidden` where the actor's token does not reach the verb."""
    if not reaches(tx, thing, verb):
        raise Forbidden(beyond(f"{tx.app.name}.{thing}:{verb}"), code="scope")


def beyond(scope: str) -> Text:
    """What is said of a token that does not reach far enough."""
    return say(zh="此令牌的范围不含 {scope}", en="This token has no scope {scope}", scope=scope)


def permissions(tx: Tx, thing: str, verb: str) -> Sequence[tuple[Grant, Permission]]:
    """Every granted permission of this verb; any one of them is enough for a row."""
    if thing not in tx.app.grants and tx.actor.kind != "public":
        return ()
    return once(
        tx, ("permissions", thing, verb), lambda: [(g, g.verbs[verb]) for g in grants(tx, thing) if verb in g.verbs]
    )
