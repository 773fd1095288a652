"""Rights explained: as the page shows them and as JSON. Knows explanations, no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.runtime.services.rights import explaining, sights
from engine.runtime.services.rights.explaining import Explanation, Ground, Verdict, Viewer
from engine.runtime.storage import people_rows
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses
from engine.runtime.web.present.places import Choice
from engine.texts import say

JSON = dict[str, Any]
YES, NO, UNTOLD = say(zh="可以", en="yes"), say(zh="不可以", en="no"), say(zh="不告知", en="not told")


@dataclass(frozen=True, slots=True)
class Line:
    """One verdict as a row: what it is about, the answer as a badge, the reason."""

    label: str
    answer: str
    color: str
    why: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field as a row."""

    label: str
    see: Line
    edit: Line


@dataclass(frozen=True, slots=True)
class Seer:
    """One who sees the record."""

    name: str
    login: str
    url: str
    why: str


@dataclass(frozen=True, slots=True)
class RightsView:
    """The page: what may be chosen, and the explanation of what is chosen. `wrong` says why there is none."""

    url: str
    people: Sequence[Choice]
    objects: Sequence[Choice]
    record: str
    title: str = ""
    record_url: str = ""
    roles: str = ""
    verbs: Sequence[Line] = ()
    fields: Sequence[Field] = ()
    actions: Sequence[Line] = ()
    seers: Sequence[Seer] = ()
    explained: bool = False
    wrong: str = ""


def empty(tx: Tx, login: str, object: str, record: str, wrong: str = "") -> RightsView:
    """The page before anything is chosen."""
    language = tx.actor.language
    accounts = [(row["login"], row["name"] or row["login"]) for row in people_rows.users(tx.connection)]
    people = [Choice(name, f"{shown} ({name})" if shown != name else name, name == login) for name, shown in accounts]
    kinds = [one for one in tx.app.objects.values() if not one.owner and one.name != "user"]
    objects = [Choice(one.name, one.label.to(language), one.name == object) for one in kinds]
    return RightsView(addresses.rights(tx.app.name), people, objects, record, wrong=wrong)


def view(tx: Tx, login: str, object: str, id: int | None) -> RightsView:
    """The page with an explanation, or (without a person) with who sees the record."""
    base, language = empty(tx, login, object, "" if id is None else str(id)), tx.actor.language
    seers = [] if id is None else [_seer(tx, one, object, id) for one in explaining.viewers(tx, object, id)]
    url = "" if id is None else addresses.record(tx.app.name, object, id)
    if not login:
        return replace(base, seers=seers, record_url=url)
    told = explaining.explain(tx, login, object, id)
    # Of a record out of their sight why is said once, not of each field.
    hidden = any(one.name == "see" and one.ok is False for one in told.verbs)
    fields = [] if hidden else [
        Field(see.label.to(language), line(see, language), line(edit, language)) for see, edit in told.fields.values()
    ]
    return replace(
        base,
        title=told.title,
        record_url=url if told.title else "",
        roles=sights.joined(told.roles).to(language),
        verbs=[line(one, language) for one in told.verbs],
        fields=fields,
        actions=[line(one, language) for one in told.actions],
        seers=seers,
        explained=True,
    )


def line(verdict: Verdict, language: str) -> Line:
    """One verdict in words."""
    answer, color = (UNTOLD, "gray") if verdict.ok is None else (YES, "green") if verdict.ok else (NO, "red")
    return Line(verdict.label.to(language), answer.to(language), color, verdict.why.to(language))


def _seer(tx: Tx, one: Viewer, object: str, id: int) -> Seer:
    url = addresses.rights(tx.app.name, person=one.login, object=object, record=str(id))
    return Seer(one.name, one.login, url, one.why.to(tx.actor.language))


def document(told: Explanation, language: str, *, field: str = "", action: str = "") -> JSON:
    """An explanation over REST; `field` and `action` narrow it to one."""
    return {
        "person": {"id": told.person.id, "login": told.person.login, "name": told.person.name, "active": told.active},
        "roles": sorted(told.person.roles),
        "object": told.object.name,
        "id": told.record,
        "verbs": {one.name: verdict(one, language) for one in told.verbs},
        "fields": {
            name: {"see": verdict(see, language), "edit": verdict(edit, language)}
            for name, (see, edit) in told.fields.items()
            if field in ("", name)
        },
        "actions": {one.name: verdict(one, language) for one in told.actions if action in ("", one.name)},
    }


def verdict(one: Verdict, language: str) -> JSON:
    """`ok` is null where telling it would tell what the caller may not see."""
    return {"ok": one.ok, "why": one.why.to(language), "grounds": [ground(each, language) for each in one.grounds]}


def ground(one: Ground, language: str) -> JSON:
    looked = {read.path: None if read.hidden else read.value.to(language) for read in one.looked}
    veiled = any(read.hidden for read in one.looked)
    return {"role": one.role, "rule": one.rule or None, "holds": None if veiled else one.holds, "read": looked}


def viewers(found: Sequence[Viewer], language: str) -> list[JSON]:
    """Who sees a record, over REST."""
    return [{"id": one.id, "login": one.login, "name": one.name, "why": one.why.to(language)} for one in found]
