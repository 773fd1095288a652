"""Handing over the work of who leaves: open tasks, forms in progress, records, departments, absences. In one action,
one approval per transaction: what one of them refuses stays, is told, and stops no other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from engine.definitions import blocks
from engine.definitions.app import App
from engine.definitions.flows import Approve
from engine.definitions.objects import Object
from engine.errors import Failure, FieldError, Forbidden, Invalid
from engine.expressions.values import Ref
from engine.runtime.services import commands
from engine.runtime.services.identity import people
from engine.runtime.services.identity.people import Person
from engine.runtime.services.site import Site
from engine.runtime.storage import absence_rows, department_rows, draft_rows, flow_rows, people_rows, queries
from engine.runtime.storage.actors import SERVICE, Actor
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

NAMED = say(zh="{thing}：{field}", en="{thing}: {field}")


@dataclass(frozen=True, slots=True)
class Owned:
    """How many records name a person in a field, of which states that are not final; `label` names both."""

    app: str
    object: str
    field: str
    label: Text
    count: int

    @property
    def path(self) -> str:
        return f"{self.app}.{self.object}.{self.field}"


@dataclass(frozen=True, slots=True)
class Estate:
    """What a person has: approvals in which something waits for them (app, number), records by field, forms in
    progress, departments that they head, people for whom they stand in, flows whose rules name them."""

    tasks: tuple[tuple[str, int], ...]
    owned: tuple[Owned, ...]
    drafts: int
    departments: tuple[str, ...]
    stands_in: int
    named: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What was handed over, what was refused (a place, and why), and which flows name the person in their rules: these
    are for whoever designs them."""

    tasks: int
    records: int
    drafts: int
    refused: tuple[tuple[str, Text], ...]
    named: tuple[str, ...]


def estate(site: Site, user: int) -> Estate:
    """What would be handed over."""
    tasks: list[tuple[str, int]] = []
    owned: list[Owned] = []
    named: list[str] = []
    with site.database.read() as connection:
        login = str((people_rows.user(connection, user) or {}).get("login", ""))
        for live in site.apps_in(connection):
            tx = site.seen(connection, live, SERVICE)
            tasks += [(live.app.name, id) for id in flow_rows.asking(tx, user)]
            owned += _owned(tx, user)
            named += _naming(live.app, login)
        heads = tuple(department_rows.heads(connection, user))
        drafts = draft_rows.count_of(connection, user)
        stands = sum(1 for row in absence_rows.listing(connection, site.now(), user) if row["to"] == user)
    return Estate(tuple(tasks), tuple(owned), drafts, heads, stands, tuple(named))


def hand_over(
    site: Site, by: Person | None, user: int, to: int, *, reason: str = "", fields: Iterable[str] = (),
    disable: bool = True,
) -> Report:
    """Give everything that waits for a person to another one, and the records whose `fields` (`app.object.field`) name
    them; then (`disable`) nobody signs in as them any more.

    Only administrators do; `by` None: on the machine itself."""
    _demand(site, by, user, to)
    had = estate(site, user)
    refused: list[tuple[str, Text]] = []
    moved = sum(_task(site, by, user, to, reason, place, refused) for place in had.tasks)
    chosen = set(fields)
    records = sum(_records(site, by, user, to, one, refused) for one in had.owned if one.path in chosen)
    with site.database.write() as connection:
        drafts = draft_rows.pass_on(connection, user, to)
        absence_rows.pass_on(connection, user, to, site.now())
        for department in had.departments:
            department_rows.change(connection, department, {"head": to})
        login = str((people_rows.user(connection, user) or {}).get("login", ""))
    if disable:
        people.set_active(site, login, False, by)
    return Report(moved, records, drafts, tuple(refused), had.named)


def _demand(site: Site, by: Person | None, user: int, to: int) -> None:
    if by is not None and not by.admin:
        raise Forbidden(say(zh="只有管理员可以交接工作", en="Only administrators hand over the work of others"))
    text = None
    with site.database.read() as connection:
        found = people_rows.user(connection, to)
        if people_rows.user(connection, user) is None:
            raise Invalid(say(zh="没有这个用户", en="There is no such person"))
    if user == to:
        text = say(zh="不能交接给本人", en="Choose somebody else")
    elif found is None or not found["active"]:
        text = say(zh="该用户已停用或不存在", en="This person is not active")
    elif by is not None and user == by.id:
        text = say(zh="不能交接自己的账号", en="Another administrator hands over your work")
    if text is not None:
        raise Invalid(text, errors=[FieldError("to", text, "to")])


def _task(
    site: Site, by: Person | None, user: int, to: int, reason: str, place: tuple[str, int],
    refused: list[tuple[str, Text]],
) -> int:
    """One approval, in a transaction of its own; 1 where nothing of it waits for the person any more."""
    app, instance = place

    def act(tx: Tx) -> bool:
        commands.hand_over(tx, instance, user, to, reason)
        return instance in flow_rows.asking(tx, user)

    try:
        left = site.run(app, SERVICE if by is None else people.actor_for(site, by, app), act)
    except Failure as failure:
        refused.append((f"{app} {instance}", failure.message))
        return 0
    if left:
        text = say(zh="接手人已在该步骤中，请改派", en="Whoever takes over has a say there already: reassign it")
        refused.append((f"{app} {instance}", text))
    return 0 if left else 1


def _records(
    site: Site, by: Person | None, user: int, to: int, owned: Owned, refused: list[tuple[str, Text]]
) -> int:
    """The records that name the person in a field, each by an edit of its own."""
    actor = SERVICE if by is None else Actor("service", name=by.name)      # no row rules, but checks, states and locks
    done = 0
    with site.read(owned.app, SERVICE) as tx:
        obj = tx.app.objects[owned.object]
        ids = queries.ids_with(tx, obj, owned.field, user, _open(obj))
    for id in ids:
        try:
            site.run(owned.app, actor, partial(_give, owned=owned, id=id, to=to))
            done += 1
        except Failure as failure:
            refused.append((f"{owned.app} {owned.object} {id}", failure.message))
    return done


def _give(tx: Tx, owned: Owned, id: int, to: int) -> None:
    commands.update(tx, owned.object, id, {owned.field: Ref("user", to)})


def _owned(tx: Tx, user: int) -> list[Owned]:
    """The fields of people that may be changed and name somebody, with how many records."""
    found: list[Owned] = []
    for obj in tx.app.objects.values():
        for field in obj.fields.values():
            if obj.owner or obj.name == "user" or field.kind != "user" or field.computed or field.readonly:
                continue
            count = len(queries.ids_with(tx, obj, field.name, user, _open(obj)))
            if count:
                label = NAMED.filled(thing=obj.label, field=field.label)
                found.append(Owned(tx.app.name, obj.name, field.name, label, count))
    return found


def _open(obj: Object) -> Sequence[str] | None:
    """The states in which a record is not over; None where it has none."""
    return [state.name for state in obj.states.values() if not state.final] or None


def _naming(app: App, login: str) -> list[str]:
    """Flows whose rules name a login."""
    found = []
    for flow in app.flows.values():
        steps = [step for _, step in blocks.walk(flow) if isinstance(step, Approve)]
        texts = [one.text for step in steps for who in (step.by, step.veto) if who is not None for one in who.people]
        if login and any(f"'{login}'" in text or f'"{login}"' in text for text in texts):
            found.append(f"{app.name}.{flow.name}")
    return found
