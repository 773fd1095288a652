"""Why somebody may or may not do something: the rule that decides, in words. The verdicts are those of `access`; this
module only finds what led to them, and tells of a record no more than the one who asks may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from engine.definitions.access import Grant, Permission
from engine.definitions.flows import Flow
from engine.definitions.objects import Action, Object, Who
from engine.errors import NotFound, Unreadable
from engine.expressions.compiled import Expression
from engine.expressions.values import ErrorValue, Ref
from engine.runtime.services import spoken
from engine.runtime.services.identity import organisation, people
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access, shares, sights
from engine.runtime.services.rights.granting import Lent
from engine.runtime.services.rights.sights import Looked, joined, outcome
from engine.runtime.services.sessions import Session
from engine.runtime.storage import people_rows
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.live import Tx
from engine.texts import Text, plain, say

VERBS = {
    "see": say(zh="查看", en="see"),
    "create": say(zh="新建", en="create"),
    "edit": say(zh="修改", en="edit"),
    "delete": say(zh="删除", en="delete"),
    "export": say(zh="导出", en="export"),
    "import": say(zh="导入", en="import"),
    "share": say(zh="共享", en="share"),
}
ON_RECORDS = ("see", "edit", "delete", "share")
MOST_PEOPLE = 2000                             # accounts that are gone through for one record
EVERYONE = {
    "everyone": say(zh="所有登录用户", en="everyone who has signed in"),
    "public": say(zh="没有账号的访客", en="visitors without an account"),
}
OUT_OF_SIGHT = say(zh="看不到此记录", en="The record is out of sight")
UNSEEN = say(zh="看不到此字段", en="The field is out of sight")
UNTOLD = say(zh="取决于您无权查看的数据，不能告知", en="It depends on what you may not see, so it is not told")


@dataclass(frozen=True, slots=True)
class Ground:
    """One grant that was looked at: whose it is, under which condition (`rule`, blank = every record), whether that
    holds of the record (None: no record was asked for, or it cannot be told), and what the condition read."""

    role: str
    label: Text
    rule: str
    holds: bool | None
    looked: tuple[Looked, ...] = ()
    words: Text = plain("")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one verb, field or action. `ok` is None where telling it would tell what the asker may not see."""

    name: str
    label: Text
    ok: bool | None
    why: Text
    grounds: tuple[Ground, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one person may do with an object, or with one record of it. `fields`: (see, edit) by path."""

    person: Actor
    active: bool
    roles: tuple[Text, ...]
    object: Object
    record: int | None
    title: str
    verbs: tuple[Verdict, ...]
    fields: dict[str, tuple[Verdict, Verdict]]
    actions: tuple[Verdict, ...]


def subject(tx: Tx, login: str) -> tuple[Actor, bool]:
    """The person of this login as an actor of the app, and whether the account is active. Raises `NotFound`."""
    row = people_rows.user_by_login(tx.connection, login)
    if row is None:
        raise NotFound(say(zh="没有用户 {login}", en="There is no user {login}", login=login))
    return _actor(tx, people.person(row)), bool(row["active"])


def _actor(tx: Tx, person: people.Person) -> Actor:
    roles = organisation.in_force(tx.app, people_rows.standing(tx.connection, person.id, tx.app.name)[1])
    return shares.received(tx.connection, tx.live, people.acting(person, roles), tx.now)


def explain(tx: Tx, login: str, object: str, id: int | None = None) -> Explanation:
    """What the person may do with the object or one record, and why. `tx.actor` asks: an administrator, or a builder
    who sees the record. Raises `NotFound` and `Unreadable`."""
    obj = _known(tx, object)
    actor, active = subject(tx, login)
    teller = Teller(tx, actor, obj, _mine(tx, obj, id))
    roles = tuple(role_label(teller.as_person, role) for role in sorted(actor.roles))
    told = Explanation(
        actor, active, roles, obj, id, teller.title, tuple(teller.verbs()), teller.fields(), tuple(teller.actions())
    )
    return told if active else _shut_out(told)


def _known(tx: Tx, object: str) -> Object:
    obj = tx.app.objects.get(object)
    if obj is None or obj.owner:
        raise Unreadable(say(zh="没有对象 {name}", en="There is no object {name}", name=object))
    return obj


def _mine(tx: Tx, obj: Object, id: int | None) -> Record | None:
    """The record as the asker has it; None where none is asked about. Raises `NotFound`."""
    if id is None:
        return None
    record = Session(tx).record(Ref(obj.name, id))
    if record is None or record.system.get("deleted_at") is not None:
        raise NotFound(access.GONE)
    if not tx.actor.admin and not access.granted(record, "see"):
        raise NotFound(access.GONE)
    return record


def _shut_out(told: Explanation) -> Explanation:
    """The same of an account that is disabled: nothing at all."""
    why = say(zh="账号已停用", en="The account is disabled")

    def no(verdict: Verdict) -> Verdict:
        return replace(verdict, ok=False, why=why, grounds=())

    return replace(
        told, verbs=tuple(map(no, told.verbs)), actions=tuple(map(no, told.actions)),
        fields={name: (no(see), no(edit)) for name, (see, edit) in told.fields.items()},
    )


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who sees a record, with the rule by which."""

    id: int
    login: str
    name: str
    why: Text


def viewers(tx: Tx, object: str, id: int) -> list[Viewer]:
    """Who can see this record, of the first `MOST_PEOPLE` active accounts, by login. Raises `NotFound` as `explain`
    does."""
    obj = _known(tx, object)
    mine, found = _mine(tx, obj, id), []
    rows = [row for row in people_rows.users(tx.connection) if row["active"]]
    for row in rows[:MOST_PEOPLE]:
        actor = _actor(tx, people.person(row))
        verdict = Teller(tx, actor, obj, mine).verb("see")
        if verdict.ok:
            found.append(Viewer(actor.id, actor.login, actor.name, verdict.why))
    return found


def role_label(tx: Tx, role: str) -> Text:
    """A role in words."""
    return tx.app.roles[role].label if role in tx.app.roles else EVERYONE.get(role, plain(role))


class Teller:
    """Explains one person's rights to one asker, of a record that is `mine` as the asker has it."""

    def __init__(self, tx: Tx, actor: Actor, obj: Object, mine: Record | None) -> None:
        self.tx, self.obj, self.mine = tx, obj, mine
        self.as_person = replace(tx, actor=actor)
        self.record = None if mine is None else Session(self.as_person).record(mine.ref)

    @property
    def title(self) -> str:
        """What the record is called, where the asker sees it."""
        return self.mine.title if self.mine is not None and access.granted(self.mine, "see") else ""

    # ---- verbs

    def verbs(self) -> Iterable[Verdict]:
        return (self.verb(name) for name in VERBS if self.record is None or name in ON_RECORDS)

    def verb(self, name: str) -> Verdict:
        tx, label = self.as_person, VERBS[name]
        grounds = [self.ground(grant, permission, label) for grant, permission in self._given(name)]
        if self.record is None:
            ok = access.may(tx, self.obj.name, name)
        else:
            ok = access.granted(self.record, "see") and access.granted(self.record, name)
        return self._verdict(name, label, ok, grounds)

    def _verdict(self, name: str, label: Text, ok: bool, grounds: Sequence[Ground]) -> Verdict:
        telling = [ground for ground in grounds if ground.holds is True or ground.holds is ok]
        if self._veiled(grounds):
            return Verdict(name, label, None, UNTOLD, tuple(grounds))
        if not grounds:
            flow = ok and name == "see" and self.record is not None
            return Verdict(name, label, ok, self._asked() if flow else self._no_role(label))
        if ok and self.record is not None and not telling:
            return Verdict(name, label, ok, self._asked(), tuple(grounds))
        if name != "see" and not ok and self.record is not None and not access.granted(self.record, "see"):
            return _unseen(Verdict(name, label, ok, OUT_OF_SIGHT, tuple(grounds)), self.verb("see"))
        words = telling[:1] if ok and telling else grounds
        return Verdict(name, label, ok, joined(ground.words for ground in words), tuple(grounds))

    def _veiled(self, grounds: Sequence[Ground]) -> bool:
        """Whether the outcome hangs on what the asker may not see: administrators are told, builders are not."""
        if self.tx.actor.admin or any(ground.holds and not ground.rule for ground in grounds):
            return False
        return any(one.hidden for ground in grounds for one in ground.looked)

    def _asked(self) -> Text:
        return say(
            zh="{person} 参与了此记录的审批", en="{person} takes part in an approval of this record",
            person=self.as_person.actor.name,
        )

    def _no_role(self, verb: Text) -> Text:
        roles = [role_label(self.as_person, role) for role in sorted(self.as_person.actor.roles)]
        return say(
            zh="{person} 的角色（{roles}）都没有“{verb}”{object}的权限",
            en="No role of {person} ({roles}) may {verb} {object}",
            person=self.as_person.actor.name, roles=joined(roles) if roles else say(zh="无", en="none"),
            verb=verb, object=self.obj.label,
        )

    def _given(self, verb: str) -> list[tuple[Grant, Permission]]:
        """The permissions that are looked at; of what others have shared those for this very record."""
        id = None if self.record is None else self.record.id
        given = access.permissions(self.as_person, self.obj.name, verb)
        return [(g, p) for g, p in given if not isinstance(p, Lent) or id in p.share.records]

    def ground(self, grant: Grant, permission: Permission, verb: Text) -> Ground:
        """One grant, judged for the record."""
        label = role_label(self.as_person, grant.role)
        if isinstance(permission, Lent):
            words = shares.told(permission.share, 0 if self.record is None else self.record.id or 0, self.tx)
            return Ground(grant.role, label, "", True, words=words)
        if permission.when is None:
            words = say(
                zh="角色“{role}”可{verb}全部记录", en="the role {role} may {verb} every record", role=label, verb=verb
            )
            return Ground(grant.role, label, "", True, words=words)
        holds, looked = self._judge(permission.when)
        words = say(
            zh="角色“{role}”可{verb}符合 {rule} 的记录{outcome}",
            en="the role {role} may {verb} records where {rule}{outcome}",
            role=label, verb=verb, outcome=outcome(holds, looked),
            rule=spoken.told(self.as_person.app, self.obj.name, permission.when),
        )
        return Ground(grant.role, label, permission.when.text, holds, looked, words)

    def _judge(self, rule: Expression) -> tuple[bool | None, tuple[Looked, ...]]:
        if self.record is None or self.mine is None:
            return None, ()
        value = rule.value(self.record.session.frame(self.record))
        return (None if isinstance(value, ErrorValue) else value is True), sights.looked(rule, self.mine, self.record)

    # ---- fields

    def fields(self) -> dict[str, tuple[Verdict, Verdict]]:
        """(see, edit) of every field, lines' fields as `lines.qty`."""
        tx, obj, record = self.as_person, self.obj, self.record
        seen = access.visible_fields(tx, obj, record)
        if record is not None:
            in_sight = access.granted(record, "see")
            seen = seen if in_sight else frozenset()
            rights = access.allowed(record).fields if in_sight and access.granted(record, "edit") else {}
            edited = frozenset(name for name, right in rights.items() if right.edit)
        else:
            edited = access.editable_fields(tx, obj, None, "edit")
        names = sights.paths_of(tx.app, obj)
        told = {name: (self._field(name, "see", name in seen), self._field(name, "edit", name in edited))
                for name in names}
        words = UNSEEN if record is None or access.granted(record, "see") else OUT_OF_SIGHT

        def decided(see: Verdict, edit: Verdict) -> Verdict:
            given = any(ground.holds is not False for ground in edit.grounds)
            return _unseen(replace(edit, why=words), see) if given and edit.ok is False and not see.ok else edit

        return {name: (see, decided(see, edit)) for name, (see, edit) in told.items()}

    def _field(self, name: str, verb: str, ok: bool) -> Verdict:
        grounds = [self._of_field(name, grant, permission, verb) for grant, permission in self._given(verb)]
        label, words = sights.label_of(self.as_person.app, self.obj, name), VERBS[verb]
        if self._veiled(grounds):
            return Verdict(name, label, None, UNTOLD, tuple(grounds))
        if ok:
            telling = [
                say(zh="角色“{role}”可{verb}", en="the role {role} may {verb} it", role=ground.label, verb=words)
                for ground in grounds if ground.holds is not False
            ]
            return Verdict(name, label, True, joined(telling[:1] or [self._asked()]), tuple(grounds))
        return Verdict(name, label, False, self._why_not(name, verb, words, grounds), tuple(grounds))

    def _why_not(self, name: str, verb: str, words: Text, grounds: Sequence[Ground]) -> Text:
        if not grounds:
            return self._no_role(words)
        if verb == "see" and self.record is not None and any(ground.holds is True for ground in grounds):
            return say(zh="审批步骤对其隐藏此字段", en="The step of an approval hides it")
        if verb == "edit" and any(ground.holds is not False for ground in grounds):
            if access.computed(self.as_person, self.obj, name):
                return say(zh="由系统计算或编号，不能填写", en="The engine computes it")
            state = None if self.record is None else access.state_reason(self.record, name)
            if state is not None:
                return state
        return joined(ground.words for ground in grounds)

    def _of_field(self, name: str, grant: Grant, permission: Permission, verb: str) -> Ground:
        """One grant, judged for one field of the record."""
        base = self.ground(grant, permission, VERBS[verb])
        if base.holds is False:
            return base
        if permission.fields is not None and name not in permission.fields:
            words = say(
                zh="角色“{role}”只含字段 {fields}", en="the role {role} has the fields {fields} only", role=base.label,
                fields=", ".join(permission.fields),
            )
            return replace(base, holds=False, words=words)
        rules = (*grant.hide, *(grant.readonly if verb == "edit" else ()))
        for rule in rules:
            if name in access.hidden([rule], self.record):
                when = rule.when or rule.unless
                looked = () if when is None else self._judge(when)[1]
                words = say(
                    zh="角色“{role}”不含此字段{told}", en="the role {role} leaves this field out{told}",
                    role=base.label, told=sights.unless(rule, self.as_person.app, self.obj.name),
                )
                return replace(base, holds=False, looked=(*base.looked, *looked), words=words)
        return base

    # ---- actions

    def actions(self) -> Iterable[Verdict]:
        return (self.action(action) for action in self.obj.actions.values())

    def action(self, action: Action) -> Verdict:
        """Whether the person may take the action, and what decides it."""
        tx = self.as_person
        by = action.by
        if by is not None and {"flow", "actions", "nobody"} & set(by.words):
            words = say(zh="只由审批或其他动作触发", en="Only approvals and other actions take it")
            return Verdict(action.name, action.label, False, words)
        given = [(g, g.verbs[v]) for g in access.held(tx, self.obj.name)
                 for v in (action.name if action.name in g.verbs else "edit",) if v in g.verbs]
        grounds = [self.ground(grant, permission, action.label) for grant, permission in given]
        if self.record is None:
            ok = access.may_act(tx, self.obj, action)
            why = joined(g.words for g in grounds) if ok and grounds else self._by(action, ok)
            return Verdict(action.name, action.label, ok, why, tuple(grounds))
        hidden = action.when is not None and any(one.hidden for one in self._judge(action.when)[1])
        if self._veiled(grounds) or (hidden and not self.tx.actor.admin):
            return Verdict(action.name, action.label, None, UNTOLD, tuple(grounds))
        if not access.granted(self.record, "see"):
            return Verdict(action.name, action.label, False, say(zh="看不到此记录", en="The record is out of sight"))
        right = access.action_right(self.record, action)
        telling = [g.words for g in grounds if g.holds][:1]
        starts = access.starts(self.record, action)
        why = right.reason or (joined(telling) if telling and by is None else self._by(action, True))
        blamed = access.state_reason_of_action(self.record, action) is None
        if not right.ok and blamed and access.person_reason(self.record, action) is not None:
            why = joined(g.words for g in grounds) if grounds and by is None else self._by(action, False)
            if starts is not None:
                why = self._starters(starts)
        return Verdict(action.name, action.label, right.ok, why, tuple(grounds))

    def _starters(self, flow: Flow) -> Text:
        return say(
            zh="{person} 不是可以发起“{flow}”的人（{who}）",
            en="{person} is none of those who may start {flow} ({who})",
            person=self.as_person.actor.name, flow=flow.label, who=self._named(flow.start_by),
        )

    def _by(self, action: Action, ok: bool) -> Text:
        who = action.by
        if who is None:
            return self._no_role(action.label) if not ok else say(zh="允许", en="It is allowed")
        return say(zh="此动作由 {who} 执行", en="The action is taken by {who}", who=self._named(who))

    def _named(self, who: Who | None) -> Text:
        """People as they are declared: roles, everyone, expressions."""
        named = [role_label(self.as_person, role) for role in (who.roles if who is not None else ())]
        named += [EVERYONE[word] for word in (who.words if who is not None else ()) if word in EVERYONE]
        named += [plain(one.text) for one in (who.people if who is not None else ())]
        return joined(named)


def _unseen(verdict: Verdict, see: Verdict) -> Verdict:
    """A verdict where the missing sight decides: why it is missing is the reason."""
    if see.ok is None:
        return replace(verdict, ok=None, why=UNTOLD)
    return replace(verdict, why=say(zh="{what}：{why}", en="{what}: {why}", what=verdict.why, why=see.why))
