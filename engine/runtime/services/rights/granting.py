"""Which grants apply to an actor: by roles and, of a token, by its scopes; and on which records besides, as others have
shared them. Worked out once. Judges no record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar

from engine.definitions.access import Grant, Permission
from engine.errors import Forbidden, Location
from engine.expressions.compiled import Expression, from_node
from engine.expressions.nodes import Get, Items, Literal, Operation, Root
from engine.expressions.types import ANY, BOOLEAN, NUMBER, list_of
from engine.runtime.services.identity import scopes
from engine.runtime.storage.actors import Actor, Shared
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

T = TypeVar("T")
ANYWHERE = ("see", "create", "import")         # verbs that ask for no record in sight
STANDINGS = 500                                # sets of roles and scopes whose rights are kept


def unbound(actor: Actor) -> bool:
    """The app's own identity is bound by checks, guards and states, not by row rules."""
    return actor.kind == "service"


def once(tx: Tx, key: tuple[object, ...], work: Callable[[], T]) -> T:
    """What follows from the app, the actor's roles and a token's scopes alone, worked out once per version."""
    kept = tx.live.rights
    whose = None if unbound(tx.actor) else (tx.actor.grantees, tx.actor.scopes, tx.actor.shared)
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


    def work() -> Sequence[Grant]:
        found = tuple(grant for grant in given(tx, thing) if grant.role in tx.actor.grantees)
        foreign = frozenset[int]().union(*(share.foreign for share in tx.actor.shared if share.thing == thing))
        return tuple(_at_home(grant, foreign) for grant in found) if foreign else found

    return once(tx, ("held", thing), work)


def _at_home(grant: Grant, foreign: frozenset[int]) -> Grant:
    """A grant without what it would give on records that are in sight only because somebody shared them: one that lets
    delete all rows means those that its holder sees."""
    elsewhere = Operation(type=BOOLEAN, op="not", args=(_one_of(foreign).node,))

    def left(permission: Permission) -> Permission:
        when = permission.when
        node = elsewhere if when is None else Operation(type=BOOLEAN, op="and", args=(elsewhere, when.node))
        text = f"not ({_one_of(foreign).text}){'' if when is None else f' and ({when.text})'}"
        return replace(permission, when=from_node(node, text, grant.location))

    return replace(grant, verbs={v: p if v in ANYWHERE else left(p) for v, p in grant.verbs.items()})


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

    def work() -> Sequence[tuple[Grant, Permission]]:
        own = [(grant, grant.verbs[verb]) for grant in grants(tx, thing) if verb in grant.verbs]
        return [*own, *_lent(tx, thing, verb, own)]

    return once(tx, ("permissions", thing, verb), work)


def sure(granted: Iterable[tuple[Grant, Permission]], names: frozenset[str]) -> frozenset[str]:
    """The names that every row in sight shows: a row is in sight by some grant, and shows what any grant with the same
    row rule does, and any grant for all rows."""
    shown: dict[str, frozenset[str]] = {}
    for grant, permission in granted:
        fields = names if permission.fields is None else frozenset(permission.fields)
        rule = "" if permission.when is None else permission.when.text
        shown[rule] = shown.get(rule, frozenset()) | fields - {name for hide in grant.hide for name in hide.fields}
    everywhere = shown.get("", frozenset())
    return frozenset.intersection(*(fields | everywhere for fields in shown.values())) if shown else frozenset()


@dataclass(frozen=True, slots=True)
class Lent(Permission):
    """A permission of a grant on the records that somebody has shared: it gives rows, and no field that the grant does
    not give."""

    share: Shared = field(kw_only=True)


def _lent(
    tx: Tx, thing: str, verb: str, own: Iterable[tuple[Grant, Permission]]
) -> Iterator[tuple[Grant, Permission]]:
    """Each permission for some rows once more for the shared ones. Roles of people from outside get none: they see
    their own rows only."""
    shares = [share for share in tx.actor.shared if (share.thing, share.verb) == (thing, verb)]
    for grant, permission in own if shares else ():
        role = tx.app.roles.get(grant.role)
        if permission.when is None or role is not None and (role.external or role.stands_for):
            continue
        for share in shares:
            yield grant, Lent(_one_of(share.records), _both(permission.fields, share.fields), share=share)


def _both(fields: tuple[str, ...] | None, others: frozenset[str] | None) -> tuple[str, ...] | None:
    if others is None:
        return fields
    return tuple(sorted(others)) if fields is None else tuple(name for name in fields if name in others)


def _one_of(records: frozenset[int]) -> Expression:
    """The condition that a record is one of these."""
    id = Get(type=NUMBER, owner=Root(type=ANY, word="row"), name="id")
    numbers = tuple(Literal(type=NUMBER, value=Decimal(one)) for one in sorted(records))
    known = Items(type=list_of(NUMBER), items=numbers)
    text = f"id in [{', '.join(map(str, sorted(records)))}]"
    return from_node(Operation(type=BOOLEAN, op="in", args=(id, known)), text, Location(""))
