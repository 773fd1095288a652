"""How many rows and fields people would gain or lose by a version that is not live yet: each person's row rules of then
and of now, over the rows that are stored. Bounded in time and people; changes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.definitions.renames import Renames
from engine.expressions.scope import Frame
from engine.runtime.services.identity import organisation
from engine.runtime.services.releases.differing import same
from engine.runtime.services.rights import access
from engine.runtime.services.rights.granting import permissions
from engine.runtime.services.sessions import Session
from engine.runtime.storage import people_rows, queries, tables
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.live import Live, Tx
from engine.texts import Text, say

MOST_PEOPLE = 30                               # of a role whose rows are counted
SECONDS = 3.0                                  # after which nothing more is counted


@dataclass(frozen=True, slots=True)
class Reach:
    """Of one person and object: rows and fields in sight, now and then."""

    name: str
    rows: tuple[int, int]
    fields: tuple[int, int]


def told(tx: Tx, after: App) -> list[Text]:
    """Per role and object of which the rights to see change: rows and fields, added up over the people of the role."""
    before = tx.app
    things = [name for name in _changed(before, after) if name in before.objects and not before.objects[name].owner]
    if not things:
        return []
    if _columns(tables.build(after)) != _columns(tx.live.tables):
        return [say(
            zh="查看权限有变；因表结构也有变，未统计行数",
            en="Rights to see change; rows are not counted, as tables change too",
        )]
    then = replace(tx, live=Live(after, tx.live.tables, tx.live.numbers, tx.live.version))
    end = time.monotonic() + SECONDS
    found: list[Text] = []
    for name in things:
        for role in _roles(before, after, name):
            found += _of_role(tx, then, name, role, end)
    return found


def _changed(before: App, after: App) -> Iterator[str]:
    """The objects whose grants, or roles that hold them, are other ones; renamed ones are not looked at."""
    renames = Renames(before, after)
    includes = {name: role.includes for name, role in before.roles.items()}
    other = includes != {name: role.includes for name, role in after.roles.items()}
    for name in after.objects:
        if renames.thing(name) == name and (other or same(before.grants.get(name)) != same(after.grants.get(name))):
            yield name


def _roles(before: App, after: App, thing: str) -> list[str]:
    """The roles whose people may see other rows or fields of an object."""
    def seeing(app: App, role: str) -> list[object]:
        held = {role, *(app.roles[role].includes if role in app.roles else ())}
        given = [one for one in app.grants.get(thing, ()) if one.role in held]
        return [same((one.role, one.verbs.get("see"), one.hide)) for one in given if "see" in one.verbs]

    known = [name for name in before.roles if name in after.roles]
    return [name for name in known if seeing(before, name) != seeing(after, name)]


def _columns(made: tables.Tables) -> Mapping[str, str]:
    return {
        f"{table.name}.{column.name}": str(column.type) for table in made.metadata.tables.values()
        for column in table.columns
    }


def _of_role(now: Tx, then: Tx, thing: str, role: str, end: float) -> Iterator[Text]:
    people = people_rows.with_roles(now.connection, now.app.name, [role])
    found: list[Reach] = []
    for user in people[:MOST_PEOPLE]:
        if time.monotonic() > end:
            break
        found.append(_of_person(now, then, thing, user))
    if not found:
        names = {"role": now.app.roles[role].label, "thing": now.app.objects[thing].label}
        yield say(
            zh="{role}对“{thing}”：时间已到，未统计行数", en="{role} and {thing}: rows are not counted, time was over",
            **names,
        ) if people else say(
            zh="{role}对“{thing}”：没有人员可统计", en="{role} and {thing}: nobody to count for", **names,
        )
        return
    if all(one.rows[0] == one.rows[1] and one.fields[0] == one.fields[1] for one in found):
        return
    most = max(found, key=lambda one: abs(one.rows[1] - one.rows[0]))
    yield say(
        zh="{role}对“{thing}”：可见行 {a} → {b}，字段 {f} → {g}（{n}/{all} 人合计；变化最大：{who} {c} → {d} 行）",
        en="{role} and {thing}: rows in sight {a} → {b}, fields {f} → {g} ({n} of {all} people added up; most for "
           "{who}: {c} → {d} rows)",
        role=now.app.roles[role].label, thing=now.app.objects[thing].label, n=len(found), all=len(people),
        a=sum(one.rows[0] for one in found), b=sum(one.rows[1] for one in found),
        f=sum(one.fields[0] for one in found), g=sum(one.fields[1] for one in found),
        who=most.name, c=most.rows[0], d=most.rows[1],
    )


def _of_person(now: Tx, then: Tx, thing: str, user: int) -> Reach:
    row = people_rows.user(now.connection, user)
    assert row is not None, "it was just found"
    held = people_rows.standing(now.connection, user, now.app.name)[1]
    rows, fields = [], []
    for tx in (now, then):
        actor = Actor("user", user, row["login"], row["name"] or row["login"], organisation.in_force(tx.app, held))
        theirs = replace(tx, actor=actor, write=False)
        rows.append(_rows(theirs, tx.app.objects[thing]))
        fields.append(len(access.visible_fields(theirs, tx.app.objects[thing])))
    return Reach(row["name"] or row["login"], (rows[0], rows[1]), (fields[0], fields[1]))


def _rows(tx: Tx, obj: Object) -> int:
    rules = [permission.when for _, permission in permissions(tx, obj.name, "see")]
    frame = Frame(Session(tx))
    return queries.count(tx, queries.scoped(tx, obj, rules, frame), None, frame) if rules else 0
