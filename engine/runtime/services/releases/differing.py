"""What a new version of an app does otherwise than the live one, in words: discussions, locks, retention, deleting,
approvals, automations, checks, alerts and rights. What happens to the data is the plan's. Knows no tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from engine.definitions.access import Grant, Hidden, Permission
from engine.definitions.app import App
from engine.definitions.objects import Object, Who
from engine.definitions.renames import Renames
from engine.definitions.surfaces import surfaces
from engine.expressions.compiled import Expression
from engine.texts import Text, plain, say

PLACES = ("location", "label", "at")           # of which a change is none of behaviour
ALWAYS = say(zh="始终", en="always")
CLOSED = frozenset({"flow", "nobody", "actions"})   # in `by`: no person takes it by that
NEVER = say(zh="无", en="none")
EVERYONE = {"everyone": say(zh="所有人", en="everyone"), "public": say(zh="公众", en="the public")}
VERBS = {
    "see": say(zh="查看", en="see"), "create": say(zh="新建", en="create"), "edit": say(zh="修改", en="edit"),
    "delete": say(zh="删除", en="delete"), "export": say(zh="导出", en="export"), "import": say(zh="导入", en="import"),
    "print": say(zh="打印", en="print"), "share": say(zh="共享", en="share"),
}
MODES = {
    "none": say(zh="关闭", en="off"), "internal": say(zh="内部", en="internal"), "public": say(zh="公开", en="public"),
    "bin": say(zh="进回收站", en="into the bin"), "never": say(zh="不允许", en="never"),
    "now": say(zh="立即删除", en="for good at once"),
}


def told(after: App, before: App | None) -> list[Text]:
    """Every change of behaviour, what is open to everybody first; of an app that is new only that."""
    if before is None:
        return opened(after, None)
    renames = Renames(before, after)
    pairs = ((obj, before.objects.get(renames.thing(obj.name))) for obj in after.objects.values())
    found = [one for new, old in pairs for one in _of_object(new, old)]
    for kind, one, other in (
        (say(zh="审批", en="The approval"), before.flows, after.flows),
        (say(zh="自动化", en="The automation"), before.automations, after.automations),
        (say(zh="预警", en="The alert"), before.alerts, after.alerts),
        (say(zh="期间", en="The period"), before.periods, after.periods),
        (say(zh="决策", en="The decision"), before.decisions, after.decisions),
    ):
        found += _named(kind, one, other)
    return [*opened(after, before), *found, *_rights(before, after, renames)]


def opened(after: App, before: App | None) -> list[Text]:
    """The forms and pages that people without an account reach from now on, or reach otherwise; and what they may do
    with records besides. Only an administrator publishes that."""
    known = {} if before is None else {one.role: same(one) for one in surfaces(before)}
    found = []
    for one in surfaces(after):
        if known.get(one.role) == same(one):
            continue
        kind = say(zh="表单", en="the form") if one.kind == "form" else say(zh="查询页", en="the page")
        found.append(say(
            zh="对所有人开放：“{thing}”的{kind}“{name}”，字段 {fields}",
            en="Open to everybody: {kind} {name} of {thing}, with {fields}",
            thing=after.objects[one.object].label, kind=kind, name=one.label, fields=", ".join(one.fields),
        ))
    for thing, grants in after.grants.items():
        old = None if before is None else _by_role(before, thing).get("public")
        for grant in grants:
            if grant.role == "public" and same(grant) != same(old):
                label = (after.objects.get(thing) or after.registers[thing]).label
                parts = list(_differences(old, grant, after.objects.get(thing)))
                found.append(say(zh="对所有人开放：“{thing}”：{parts}", en="Open to everybody: {thing}: {parts}",
                                 thing=label, parts=_listed(parts, "；", "; ")))
    return found


def _of_object(new: Object, old: Object | None) -> Iterator[Text]:
    if old is None or new.owner:
        return
    for what, one, other in (
        (say(zh="讨论", en="discussion"), MODES[old.discussion], MODES[new.discussion]),
        (say(zh="删除", en="deleting"), MODES[old.delete], MODES[new.delete]),
        (say(zh="锁定", en="lock"), _lock(old), _lock(new)),
        (say(zh="保留", en="keep"), _keep(old), _keep(new)),
    ):
        if str(one) != str(other):
            yield say(zh="“{thing}”的{what}：{old} → {new}", en="{thing}, {what}: {old} → {new}",
                      thing=new.label, what=what, old=one, new=other)
    if same(old.checks) != same(new.checks):
        yield say(zh="“{thing}”的检查有变", en="{thing}: its checks are other ones", thing=new.label)
    gone, fresh = set(old.actions) - set(new.actions), set(new.actions) - set(old.actions)
    both = [name for name in new.actions if name in old.actions]
    changed = [name for name in both if same(old.actions[name]) != same(new.actions[name])]
    for names, form in (
        (sorted(fresh), say(zh="新增操作", en="new actions")), (sorted(gone), say(zh="去掉操作", en="no longer there")),
        (changed, say(zh="操作有变", en="changed actions")),
    ):
        labels = [(new.actions.get(name) or old.actions[name]).label for name in names]
        if labels:
            yield say(zh="“{thing}”{what}：{names}", en="{thing}, {what}: {names}", thing=new.label, what=form,
                      names=_listed(labels))


def _lock(obj: Object) -> Text:
    if obj.lock is None:
        return NEVER
    return plain(", ".join((obj.lock.when.text, *(f"- {name}" for name in obj.lock.excepted))))


def _keep(obj: Object) -> Text:
    if obj.keep is None:
        return NEVER
    unless = "" if obj.keep.unless is None else f", unless {obj.keep.unless.text}"
    return plain(f"until {obj.keep.until.text}{unless}, then {obj.keep.then}")


def _named(kind: Text, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Text]:
    for name in (*after, *(one for one in before if one not in after)):
        old, new = before.get(name), after.get(name)
        if old is not None and new is not None and same(old) == same(new):
            continue
        what = say(zh="新增", en="is new") if old is None else \
            say(zh="不再有", en="is there no more") if new is None else say(zh="有变", en="has changed")
        label = getattr(new or old, "label", None) or plain(name)
        yield say(zh="{kind}“{label}”{what}", en="{kind} {label} {what}", kind=kind, label=label, what=what)


def same(value: Any) -> Any:
    """A value of a definition without where it stands and what it is called, for comparing."""
    if isinstance(value, Expression):
        return value.text
    if is_dataclass(value) and not isinstance(value, type):
        return type(value).__name__, *((f.name, same(getattr(value, f.name))) for f in fields(value)
                                       if f.name not in PLACES and f.compare)
    if isinstance(value, Mapping):
        return tuple((name, same(inner)) for name, inner in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(same(inner) for inner in value)
    return value if isinstance(value, (str, int, type(None))) else str(value)


# ---- rights


def _rights(before: App, after: App, renames: Renames) -> Iterator[Text]:
    """For each role and thing: what it may no longer, may now, or may under another rule."""
    for thing in (*(one.name for one in after.objects.values() if not one.owner), *after.registers):
        old, new = _by_role(before, renames.thing(thing)), _by_role(after, thing)
        label = (after.objects.get(thing) or after.registers[thing]).label
        for role in dict.fromkeys((*new, *old)):
            one, other = old.get(role), new.get(role)
            parts = list(_differences(one, other, after.objects.get(thing)))
            if parts:
                yield say(zh="{role}对“{thing}”：{parts}", en="{role} and {thing}: {parts}", thing=label,
                          role=_role(after, before, role), parts=_listed(parts, "；", "; "))


def gained(after: App, before: App | None, held: Collection[str] = ()) -> list[Text]:
    """What somebody may from now on that the same role did not let them: further verbs, rows or fields of things that
    were there before, and roles that hold others too. Only an administrator publishes that. What a new role gives, or
    what is given of a new thing, nobody has yet, unless the role is one that people have kept (`held`) while it was
    not declared; a rule that is written otherwise counts as a wider one."""
    if before is None:
        return []
    renames = Renames(before, after)
    known = {*before.roles, *EVERYONE, *held}
    found = []
    for thing, grants in after.grants.items():
        former = before.grants.get(renames.thing(thing), ())
        if renames.thing(thing) not in {*before.objects, *before.registers}:
            continue
        label = (after.objects.get(thing) or after.registers[thing]).label
        for grant in (one for one in grants if one.role in known):
            old = [one for one in former if one.role == grant.role]
            for verb, permission in grant.verbs.items():
                if not any(_within(verb, permission, grant, one) for one in old):
                    found.append(say(
                        zh="{role}对“{thing}”：{verb} {rule}", en="{role} and {thing}: {verb} {rule}", thing=label,
                        role=_role(after, before, grant.role), verb=VERBS.get(verb) or plain(verb),
                        rule=_rule(permission),
                    ))
    found += _freed(after, before, known) + _acting(after, before, renames)
    for name, role in after.roles.items():
        own = before.roles[name].includes if name in before.roles else ()
        more = set(role.includes) - set(own) if name in known else ()
        found += [say(
            zh="角色“{role}”也包含“{other}”", en="the role {role} holds {other} too", role=role.label,
            other=after.roles[one].label,
        ) for one in sorted(more)]
    return found


def _freed(after: App, before: App, known: Collection[str]) -> list[Text]:
    """Roles that were of people from outside, or stood for one record, and are so no more."""
    found = []
    for name, role in after.roles.items():
        old = before.roles.get(name) if name in known else None
        if old is not None and old.external and not role.external:
            found.append(say(zh="角色“{role}”不再是外部人员", en="the role {role} is of people from outside no more",
                             role=role.label))
        if old is not None and old.stands_for and old.stands_for != role.stands_for:
            found.append(say(zh="角色“{role}”不再只代表一个“{thing}”", role=role.label, thing=plain(old.stands_for),
                             en="the role {role} stands for one {thing} no more"))
    return found


def _acting(after: App, before: App, renames: Renames) -> list[Text]:
    """Actions of objects that were there before which `by` opens to more people. People whom an expression names count
    as more where it is written otherwise, and everybody counts where `by` is gone."""
    found = []
    for obj in after.objects.values():
        former = before.objects.get(renames.thing(obj.name))
        for action in obj.actions.values() if former is not None else ():
            old = former.actions.get(action.name) if former is not None else None
            if _opened(action.by, None if old is None else old.by, new=old is None):
                found.append(say(
                    zh="“{thing}”的操作“{action}”可由 {who} 进行", en="{thing}: {action} may be taken by {who}",
                    thing=obj.label, action=action.label,
                    who=say(zh="所有有权修改者", en="all who may edit") if action.by is None else plain(action.by.text),
                ))
    return found


def _opened(now: Who | None, was: Who | None, *, new: bool) -> bool:
    """Whether `by` of an action names more than before. Without `by`, only who may edit takes it, as everything new."""
    if now is None:
        return not new and was is not None
    old = was or Who()
    people = {one.text for one in now.people} - {one.text for one in old.people}
    words = set(now.words) - set(old.words) - CLOSED
    return bool(people or words or set(now.roles) - set(old.roles))


def _within(verb: str, permission: Permission, grant: Grant, old: Grant) -> bool:
    """Whether a former grant gave all that a permission of the new one gives."""
    was = old.verbs.get(verb)
    if was is None or (was.when is not None and same(was.when) != same(permission.when)):
        return False
    if was.fields is not None and (permission.fields is None or set(permission.fields) - set(was.fields)):
        return False
    return _kept_from(old.hide, grant.hide) and _kept_from(old.readonly, (*grant.readonly, *grant.hide))


def _kept_from(old: tuple[Hidden, ...], new: tuple[Hidden, ...]) -> bool:
    always = {name for one in new if one.always for name in one.fields}
    listed = [same(one) for one in new]
    return all(same(one) in listed or set(one.fields) <= always for one in old)


def _by_role(app: App, thing: str) -> dict[str, Grant]:
    return {grant.role: grant for grant in app.grants.get(thing, ())}


def _role(after: App, before: App, name: str) -> Text:
    role = after.roles.get(name) or before.roles.get(name)
    return EVERYONE.get(name) or (plain(name) if role is None else role.label)


def _differences(old: Grant | None, new: Grant | None, obj: Object | None) -> Iterator[Text]:
    was, now = ({} if one is None else one.verbs for one in (old, new))
    for verb in dict.fromkeys((*now, *was)):
        one, other = was.get(verb), now.get(verb)
        if same(one) == same(other):
            continue
        action = None if obj is None else obj.actions.get(verb)
        what = VERBS.get(verb) or (plain(verb) if action is None else action.label)
        yield say(zh="{what} {old} → {new}", en="{what} {old} → {new}", what=what, old=_rule(one), new=_rule(other))
    yield from _closed("隐藏", "hidden", () if old is None else old.hide, () if new is None else new.hide)
    yield from _closed("只读", "read only", () if old is None else old.readonly, () if new is None else new.readonly)


def _closed(zh: str, en: str, old: tuple[Hidden, ...], new: tuple[Hidden, ...]) -> Iterator[Text]:
    if same(old) != same(new):
        yield say(zh=f"{zh} {{old}} → {{new}}", en=f"{en} {{old}} → {{new}}", old=_hidden(old), new=_hidden(new))


def _rule(permission: Permission | None) -> Text:
    if permission is None:
        return NEVER
    rows = ALWAYS if permission.when is None else plain(permission.when.text)
    if permission.fields is None:
        return rows
    return say(zh="{rows}（{fields}）", en="{rows} ({fields})", rows=rows, fields=", ".join(permission.fields))


def _hidden(listed: tuple[Hidden, ...]) -> Text:
    return plain(", ".join(name for one in listed for name in one.fields)) if listed else NEVER


def _listed(texts: list[Text], zh: str = "、", en: str = ", ") -> Text:
    return say(zh=zh.join(one.to("zh") for one in texts), en=en.join(one.to("en") for one in texts))
