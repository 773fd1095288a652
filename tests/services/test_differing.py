"""A plan tells in words what an app does otherwise: discussions, locks, retention, approvals, automations, rights."""

from __future__ import annotations

from collections.abc import Collection

from engine.definitions.compile import app_from
from engine.runtime.services.releases import differing

BEFORE = """
app: shop
languages: [zh, en]
roles: {sales: {zh: 销售, en: Sales}, boss: {zh: 主管, en: Boss}}
objects:
  order:
    name: {zh: 订单, en: Order}
    fields: {sum: {type: money, zh: 金额, en: Sum}, cost: money, day: date}
    states: {new: New, asked: Asked, done: {final: true}}
    actions:
      ask: {from: new, to: asked, start: approval, zh: 申请, en: Ask}
      grant: {from: asked, to: done, by: flow}
      refuse: {from: asked, to: new, by: flow}
flows:
  approval:
    of: order
    name: {zh: 审批, en: Approval}
    steps: [{approve: boss, by: role(boss)}]
    on_approved: grant
    on_rejected: refuse
automations: {note: {created: order, do: [{notify: role(boss), say: x}], en: Note, zh: 通知}}
access: {order: {sales: {see: creator = me, hide: [cost]}, boss: full}}
"""


def told(*changes: tuple[str, str]) -> tuple[list[str], list[str]]:
    text = BEFORE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    found = differing.told(app_from(text), app_from(BEFORE))
    return [one.to("en") for one in found], [one.to("zh") for one in found]


def test_what_stays_is_not_told() -> None:
    assert told() == ([], [])
    named = ("name: {zh: 订单, en: Order}", "name: {zh: 单, en: Order}\n    icon: cash")
    assert told(("en: Sum", "en: Total"), named) == ([], [])
    assert told(("cost: money", "cost: money, note: text")) == ([], []), "the plan of the data tells it"
    assert differing.told(app_from(BEFORE), None) == []


def test_every_change_of_behaviour_is_told_in_words() -> None:
    en, zh = told(
        ("    states:", "    discussion: internal\n    lock: sum > 5\n"
                        "    keep: {until: day, then: delete}\n    states:"),
        ("by: role(boss)}", "by: role(boss), mode: all}"),
        ("automations: {note:", "automations: {late: {every: day at 08:00, do: [{notify: role(boss), say: y}]}, note:"),
        ("creator = me, hide: [cost]", "true, edit: creator = me"),
    )
    assert en == [
        "Order, discussion: off → internal", "Order, lock: none → sum > 5",
        "Order, keep: none → until day, then delete", "The approval Approval has changed",
        "The automation Late is new",
        "Sales and Order: see creator = me → always; edit none → creator = me; hidden cost → none",
    ]
    assert zh[0] == "“订单”的讨论：关闭 → 内部" and zh[-1].startswith("销售对“订单”：查看 creator = me → 始终；")


def test_actions_and_what_is_gone() -> None:
    en, _ = told(
        ("      ask: {from: new, to: asked, start: approval, zh: 申请, en: Ask}",
         "      ask: {from: [new, asked], to: asked, start: approval, zh: 申请, en: Ask}\n"
         "      drop: {from: new, to: done, zh: 弃, en: Drop}"),
        ("automations: {note: {created: order, do: [{notify: role(boss), say: x}], en: Note, zh: 通知}}\n", ""),
        (", boss: full", ""),
    )
    assert en[:3] == ["Order, new actions: Drop", "Order, changed actions: Ask", "The automation Note is there no more"]
    assert any(one.startswith("Boss and Order: see always → none") for one in en)


def gained(*changes: tuple[str, str], held: Collection[str] = ()) -> list[str]:
    text = BEFORE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return [one.to("en") for one in differing.gained(app_from(text), app_from(BEFORE), held)]


def test_what_a_role_gains_is_told_apart_from_what_it_loses() -> None:
    rights = "{see: creator = me, hide: [cost]}"
    assert gained((rights, "{see: creator = me, edit: creator = me, hide: [cost]}")) == [
        "Sales and Order: edit creator = me"
    ]
    assert gained((rights, "{see: true, hide: [cost]}")) == ["Sales and Order: see always"]
    assert gained((rights, "{see: creator = me}")) == ["Sales and Order: see creator = me"], "a hidden field shows"
    assert gained((rights, "{see: creator = me, hide: {fields: cost, when: sum > 5}}")) != []
    assert gained(("en: Sales}", "en: Sales, includes: boss}")) == ["the role Sales holds Boss too"]
    assert gained((rights, "{see: creator = me, hide: [cost, sum]}"), ("boss: full", "boss: see")) == []
    assert gained((rights, "{see: {when: creator = me, fields: [day]}, hide: [cost]}")) == []
    clerk = ("boss: {zh", "clerk: {zh: 文员, en: Clerk}, boss: {zh")
    assert gained(clerk, ("boss: full", "boss: full, clerk: see")) == [], "nobody is one yet"
    told = gained(clerk, ("boss: full", "boss: full, clerk: see"), held={"clerk"})
    assert told == ["Clerk and Order: see always"], "people have had the role all the time"
    assert differing.gained(app_from(BEFORE), None) == []


def test_roles_set_free_and_actions_opened_are_gains() -> None:
    boss = "boss: {zh: 主管, en: Boss"
    outside = BEFORE.replace(boss, f"{boss}, external: true, stands_for: order")
    free = differing.gained(app_from(BEFORE), app_from(outside))
    assert [one.to("en") for one in free] == [
        "the role Boss is of people from outside no more", "the role Boss stands for one order no more"
    ]
    assert differing.gained(app_from(outside), app_from(BEFORE)) == []
    ask = "start: approval, zh: 申请, en: Ask}"
    by = ask.replace("}", ", by: role(boss)}")
    assert gained((ask, by)) == ["Order: Ask may be taken by role(boss)"], "without `by` one must be able to edit"
    narrow, wide = app_from(BEFORE.replace(ask, by)), app_from(BEFORE.replace(ask, ask.replace("}", ", by: everyone}")))
    assert differing.gained(narrow, narrow) == []
    assert [one.to("en") for one in differing.gained(wide, narrow)] == ["Order: Ask may be taken by everyone"]
    (told,) = differing.gained(app_from(BEFORE), narrow)
    assert told.to("zh") == "“订单”的操作“申请”可由 所有有权修改者 进行"
    drop = ("      grant: {", "      drop: {from: new, to: done, by: role(sales)}\n      grant: {")
    assert gained(drop) == ["Order: Drop may be taken by role(sales)"], "also an action that is new"
