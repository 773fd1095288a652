"""Who may do what: one function answers the buttons, the forms and the enforcement. Denied unless granted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.definitions.access import Grant, Hidden, Permission
from engine.definitions.flows import Flow
from engine.definitions.objects import Action, Object, Who
from engine.definitions.registers import Register
from engine.errors import Forbidden, NotFound
from engine.expressions.values import Ref, Row
from engine.runtime.services import locks, spoken
from engine.runtime.services.approvals import holding
from engine.runtime.services.identity import scopes
from engine.runtime.services.records import Record
from engine.runtime.services.rights import own, revising, veils
from engine.runtime.services.rights.granting import (
    Lent,
    beyond,
    demand_scope,
    grants,
    held,
    once,
    permissions,
    reaches,
    sure,
    unbound,
)
from engine.runtime.storage import amendment_rows, flow_rows
from engine.runtime.storage.live import Tx
from engine.texts import Text, say, within

__all__ = ["beyond", "demand_scope", "grants", "held", "once", "permissions", "reaches", "unbound"]    # of `granting`
GONE = say(zh="没有这条记录，或者您无权查看", en="There is no such record, or you may not see it")


@dataclass(frozen=True, slots=True)
class FieldRight:
    see: bool
    edit: bool
    reason: Text | None = None


@dataclass(frozen=True, slots=True)
class ActionRight:
    ok: bool
    label: Text
    reason: Text | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the actor may do with one record."""

    fields: Mapping[str, FieldRight]
    actions: Mapping[str, ActionRight]
    delete: bool


def may(tx: Tx, thing: str, verb: str) -> bool:
    """Whether the actor may do this with some rows at all (menus, buttons of a list)."""
    thing = tx.app.objects[thing].owner or thing if thing in tx.app.objects else thing
    if thing == "user" and verb == "see":
        return reaches(tx, thing, verb)
    return unbound(tx.actor) or bool(permissions(tx, thing, verb))


def granted(record: Record, verb: str, *, lent: bool = True, sight: bool = True) -> bool:
    """Whether some grant allows the verb on this very record, as it is now. `lent`: also where somebody shared it.
    `sight`: writing takes a record that a grant shows; not asked of what the change itself has moved away."""
    tx = record.session.tx
    root = record.root
    if unbound(tx.actor) or (root.object == "user" and verb == "see"):
        return True
    given = [p for _, p in permissions(tx, root.object, verb) if lent or not isinstance(p, Lent)]
    if sight and verb in own.WRITING and given and not own.in_sight(root):
        given = [p for p in given if isinstance(p, Lent)]
    by_grant = any(p.when is None or p.when.value(record.session.frame(root)) is True for p in given)
    return by_grant or (verb == "see" and _through_flow(root))


def _through_flow(record: Record) -> bool:
    """Whether a flow lets the actor read the record: who is asked to decide must see what about."""
    tx = record.session.tx
    if tx.actor.kind != "user" or record.id is None or record.object not in {f.object for f in tx.app.flows.values()}:
        return False
    if not reaches(tx, record.object, "see", "decide"):
        return False
    return flow_rows.may_read(tx, record.object, record.id, tx.actor.id)


def demand(record: Record, verb: str) -> None:
    """Raise `NotFound` if the record is out of sight, `Forbidden` if the verb is not granted on it."""
    if not granted(record, "see"):
        raise NotFound(GONE)
    if not granted(record, verb):
        demand_scope(record.session.tx, record.root.object, verb)
        raise Forbidden(
            say(zh="您没有权限对“{title}”做此操作", en="You may not do this with {title}", title=record.title)
        )


def demand_create(tx: Tx, obj: Object) -> None:
    if not may(tx, obj.name, "create"):
        demand_scope(tx, obj.name, "create")
        raise Forbidden(say("您没有新建“{object}”的权限", "You may not create {object}", object=within(obj.label)))


def visible_fields(tx: Tx, obj: Object, record: Record | None = None) -> frozenset[str]:
    """Fields (of the object, lines' fields as `lines.qty`) that some applying grant shows: of this record, or of some
    record at all. What filters, sorts and adds up asks `sure_fields` instead."""
    names = all_fields(tx, obj)
    if unbound(tx.actor) or obj.name == "user":
        return names
    if record is None or uniform(tx, obj):
        at_all = once(tx, ("visible", obj.name), lambda: _visible(tx, obj, names, None))
        if at_all or record is None:
            return at_all
    return _visible(tx, obj, names, record)


def visible_in(tx: Tx, obj: Object, records: Sequence[Record]) -> list[frozenset[str]]:
    """The same for each of these records of one object; what is alike for all is asked once."""
    if records and uniform(tx, obj):
        same = visible_fields(tx, obj)
        if same:
            return [same] * len(records)
    return [visible_fields(tx, obj, record) for record in records]


def _visible(tx: Tx, obj: Object, names: frozenset[str], record: Record | None) -> frozenset[str]:
    shown: set[str] = set()
    for grant, permission in permissions(tx, obj.owner or obj.name, "see"):
        if applies(permission, record):
            fields = names if permission.fields is None else frozenset(permission.fields)
            shown |= fields - hidden(grant.hide, record)
    if record is None:
        return frozenset(shown)
    if not shown and _through_flow(record.root):
        return veils.lifted(names, obj, record)        # who only decides sees what the decision is about
    return veils.without(frozenset(shown), veils.of(record), obj.owner_field)


def uniform(tx: Tx, obj: Object) -> bool:
    """Whether the actor sees the same fields of every record in sight: no rule of a grant asks the record."""
    if unbound(tx.actor) or obj.name == "user":
        return True
    if veils.over(tx, obj.owner or obj.name):
        return False
    return once(tx, ("uniform", obj.owner or obj.name), lambda: _uniform(permissions(tx, obj.owner or obj.name, "see")))


def _uniform(granting: Sequence[tuple[Grant, Permission]]) -> bool:
    return bool(granting) and all(p.when is None and all(rule.always for rule in g.hide) for g, p in granting)


def sure_fields(tx: Tx, obj: Object) -> frozenset[str]:
    """Fields that the actor sees in every record in sight: a filter, sort or sum over others would tell what a
    condition hides, or what another grant than the record's own shows."""
    names = all_fields(tx, obj)
    if unbound(tx.actor) or obj.name == "user":
        return names
    known = once(tx, ("sure", obj.name), lambda: sure(permissions(tx, obj.owner or obj.name, "see"), names))
    return veils.everywhere(tx, obj, known)


def hidden(rules: Iterable[Hidden], record: Record | None) -> frozenset[str]:
    """The fields that `hide` or `readonly` rules of a grant take away: from this record, or from every one.

    A condition that cannot be computed takes them away."""
    return frozenset(name for rule in rules if _takes_away(rule, record) for name in rule.fields)


def _takes_away(rule: Hidden, record: Record | None) -> bool:
    if rule.always or record is None:
        return rule.always
    frame = record.session.frame(record.root)
    when = rule.when is None or rule.when.value(frame) not in (False, None)
    unless = rule.unless is None or rule.unless.value(frame) is not True
    return when and unless


def applies(permission: Permission, record: Record | None) -> bool:
    """Whether a permission is for this record. A draft has no row to judge yet: the rules judge what is saved."""
    if record is None or record.root.id is None or permission.when is None:
        return True
    return permission.when.value(record.session.frame(record.root)) is True


def shows_key(record: Record) -> bool:
    """Whether the actor sees the key of this record: without it, nobody finds the record by it or is told it."""
    return set(record.definition.key) <= visible_fields(record.session.tx, record.definition, record)


def visible_columns(tx: Tx, register: Register) -> frozenset[str]:
    """Keys, measures and formulas of a register that the actor sees in every row in sight."""
    names = frozenset((*register.keys, *register.measures, *register.formulas))
    return names if unbound(tx.actor) else sure(permissions(tx, register.name, "see"), names)


def editable_fields(tx: Tx, obj: Object, record: Record | None, verb: str) -> frozenset[str]:
    """Fields that the actor's grants let change by `edit` or give by `create`; states are not considered here. Nobody
    changes what is hidden from them: a value would be written over that its writer never saw."""
    names = all_fields(tx, obj)
    if unbound(tx.actor):
        return names
    open_fields: set[str] = set()
    for grant, permission in own.writing(tx, obj, record, verb):
        if applies(permission, record):
            fields = names if permission.fields is None else names & frozenset(permission.fields)
            open_fields |= fields - hidden(grant.hide, record) - hidden(grant.readonly, record)
    return frozenset(open_fields) & visible_fields(tx, obj, record) if verb == "edit" else frozenset(open_fields)


def unconditional(tx: Tx, obj: Object, verb: str) -> bool:
    """Whether the actor's grants open the same fields of every record: none of them asks the record."""
    given = permissions(tx, obj.name, verb)
    return unbound(tx.actor) or all(
        p.when is None and all(rule.always for rule in (*g.hide, *g.readonly)) for g, p in given
    )


def all_fields(tx: Tx, obj: Object) -> frozenset[str]:
    """Every field of an object, lines' fields as `lines.qty`."""

    def work() -> frozenset[str]:
        inner = {f"{name}.{f}" for name in obj.lines for f in tx.app.objects[f"{obj.name}.{name}"].fields}
        return frozenset(obj.fields) | inner

    return once(tx, ("all", obj.name), work)


def is_one_of(record: Record, who: Who | None) -> bool:
    """Whether the actor is among `who` for this record."""
    if who is None:
        return True
    tx = record.session.tx
    if "everyone" in who.words and tx.actor.kind != "public" or "public" in who.words:
        return True
    if set(who.roles) & tx.actor.roles:
        return True
    me = tx.actor.ref
    return me is not None and any(me in people(e.value(record.session.frame(record))) for e in who.people)


def people(value: object) -> list[Ref]:
    """The users in a value: a link, a record or a list of them."""
    if isinstance(value, Ref):
        return [value]
    if isinstance(value, Row) and value.id is not None:
        return [Ref("user", value.id)]
    return [ref for item in value for ref in people(item)] if isinstance(value, (tuple, list)) else []


def action_right(record: Record, action: Action) -> ActionRight:
    """Whether the actor may take the action now, and if not, why."""
    reason = state_reason_of_action(record, action) or person_reason(record, action) or when_reason(record, action)
    return ActionRight(reason is None, action.label, reason)


def state_reason_of_action(record: Record, action: Action) -> Text | None:
    """Why the state, or a lock, forbids the action; None if neither does."""
    locked = locks.reason(record, "state") if action.to or action.ways else None
    if locked is not None:
        return locked
    if action.amends and amendment_rows.waiting(record.session.tx, record.object, record.id or 0) is not None:
        return say(zh="已有变更在等待审批", en="A change is waiting to be approved already")
    if not action.from_states or record.state in action.from_states or record.status in action.from_states:
        return None
    states = record.definition.states
    shown = states[record.status].label if record.status in states else say(zh="无", en="none")
    return say(
        zh="“{action}”不能在状态“{state}”下进行",
        en="{action} is not possible while it is {state}",
        action=action.label,
        state=shown,
    )


def person_reason(record: Record, action: Action) -> Text | None:
    """Why this actor may not take the action; None if the actor may."""
    reason = say(zh="您没有“{action}”的权限", en="You have no right to {action}", action=action.label)
    if unbound(record.session.tx.actor):
        return None if action.by is None or not {"flow", "nobody"} & set(action.by.words) else reason
    tx = record.session.tx
    if not scopes.covers_action(tx.actor.scopes, tx.app.name, record.root.object, action.name):
        return beyond(f"{tx.app.name}.{record.root.object}:{action.name}")
    flow = starts(record, action)
    if flow is not None:
        return say(zh="您不能发起“{flow}”", en="You may not start {flow}", flow=flow.label)
    if action.by is not None and not (is_one_of(record, action.by) and granted(record, "see", lent=False)):
        return reason
    return None if _action_granted(record, action) else reason


def starts(record: Record, action: Action) -> Flow | None:
    """The flow that the action starts and that this actor may not start; None where there is none such."""
    flow = record.session.tx.app.flows.get(action.start)
    return flow if flow is not None and flow.start_by is not None and not is_one_of(record, flow.start_by) else None


def may_act(tx: Tx, obj: Object, action: Action) -> bool:
    """Whether the actor may take the action on some record at all, as far as no record is asked."""
    who = action.by
    if unbound(tx.actor) or who is not None and {"flow", "actions", "nobody"} & set(who.words):
        return unbound(tx.actor)
    if not scopes.covers_action(tx.actor.scopes, tx.app.name, obj.name, action.name):
        return False
    named = who is None or bool(who.people) or "public" in who.words or bool(set(who.roles) & tx.actor.roles)
    if not (named or who is not None and "everyone" in who.words and tx.actor.kind != "public"):
        return False
    given = list(held(tx, obj.name))
    if who is not None and not any(action.name in grant.verbs for grant in given):
        return True
    return any(action.name in grant.verbs or "edit" in grant.verbs for grant in given)


def _action_granted(record: Record, action: Action) -> bool:
    """Whether some grant allows the action on this record: one that names the action means what it says there, another
    one where it lets edit. Where none names it, `by` is enough."""
    given = list(held(record.session.tx, record.root.object))
    if action.by is not None and not any(action.name in grant.verbs for grant in given):
        return True
    frame = record.session.frame(record.root)
    edit = "edit" if own.in_sight(record) else ""
    allowing = (grant.verbs.get(action.name, grant.verbs.get(edit)) for grant in given)
    return any(p is not None and (p.when is None or p.when.value(frame) is True) for p in allowing)


def when_reason(record: Record, action: Action) -> Text | None:
    if action.when is None or action.when.value(record.session.frame(record)) is True:
        return None
    return say(
        zh="“{action}”的条件现在不满足：{rule}",
        en="The condition of {action} does not hold now: {rule}",
        action=action.label,
        rule=spoken.told(record.session.tx.app, record.object, action.when),
    )


def allowed(record: Record, *, held: bool = True) -> Allowed:
    """Fields and actions of one record for the actor; the same rules are enforced by the commands. Without `held` as if
    no approval held it: a form that came too late still shows what was typed."""
    tx, obj = record.session.tx, record.definition
    seen = visible_fields(tx, obj, record)
    open_fields = editable_fields(tx, obj, record, "create" if record.id is None else "edit")
    lock = holding.lock_of(record) if held and not holding.may_correct(tx) else None
    fields = {}
    for name in sorted(all_fields(tx, obj)):
        reason = None if name not in open_fields else state_reason(record, name)
        if reason is None and lock is not None and name in open_fields and lock.on((name.partition(".")[0],)):
            reason = holding.reason(record, lock)
        fields[name] = FieldRight(
            name in seen, name in open_fields and reason is None and not computed(tx, obj, name), reason
        )
    actions = {
        a.name: action_right(record, a)
        for a in obj.actions.values()
        if a.by is None or not {"flow", "actions", "nobody"} & set(a.by.words)
    }
    deletable = record.id is not None and obj.delete != "never" and granted(record, "delete")
    deletable = deletable and locks.reason(record, "state") is None
    return Allowed(fields, actions, deletable)


def computed(tx: Tx, obj: Object, name: str) -> bool:
    """Whether nobody gives the field: the engine computes or numbers it."""
    head, _, tail = name.partition(".")
    field = tx.app.objects[f"{obj.name}.{head}"].fields[tail] if tail else obj.fields[head]
    return field.computed or field.readonly or field.kind == "autonumber"


def state_reason(record: Record, name: str) -> Text | None:
    """Why the state of the record forbids a change of this field; None if it may change."""
    shut = reason_of_state(record, name)
    return locks.reason(record, name) or (None if shut is None or revising.opens(record, name) else shut)


def reason_of_state(record: Record, name: str) -> Text | None:
    """Why the state alone, not a lock, forbids a change of this field: asks nothing but the record."""
    obj = record.definition
    if not obj.states or record.id is None:
        return None
    names = [record.status, record.state]
    edit = next((obj.states[n].edit for n in names if n in obj.states and obj.states[n].edit is not None), None)
    if edit is None and record.state == obj.initial:
        return None
    if edit is not None and revising.named(edit, name):
        return None
    label = obj.states[record.status].label if record.status in obj.states else obj.label
    field = obj.fields[name.split(".")[0]].label
    return say(
        zh="状态“{state}”下不能修改“{field}”", en="{field} cannot change while it is {state}", state=label, field=field
    )
