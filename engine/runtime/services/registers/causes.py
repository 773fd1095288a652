"""What a movement stands for: which rule of which object booked it. Reads nothing."""

from __future__ import annotations

from collections.abc import Mapping

from engine.definitions.objects import Post, PostRow
from engine.definitions.registers import Register
from engine.runtime.services.registers.analysis import ROWS_PER_RULE
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

EARLIER = say(zh="早先的过账规则", en="a rule of an earlier definition")
METHODS: Mapping[str, Text] = {
    "moving average": say(zh="移动加权平均", en="moving average"),
    "period average": say(zh="月加权平均", en="average of the month"),
    "fifo": say(zh="先进先出", en="first in, first out"),
}


def said(tx: Tx, register: Register, object: str, rule: int) -> Text:
    """The rule in words; for those who build the app with what it adds and where it stands."""
    if rule < 0:
        measure = list(register.measures)[-1 - rule]
        method = METHODS[register.valued[measure].method] if measure in register.valued else EARLIER
        return say(zh="系统计价：{method}", en="valued by {method}", method=method)
    found = _rule(tx, register, object, rule)
    if found is None:
        return EARLIER
    post, row = found
    if tx.actor.builder or tx.actor.admin:
        added = ", ".join(f"{name}: {one.text.strip()}" for name, one in row.add.items())
        return say(zh="{added}（{place}）", en="{added} ({place})", added=added, place=_place(post))
    labels = ", ".join(register.measures[name].label.to(tx.actor.language) for name in row.add)
    return say(zh="{object}：{labels}", en="{object}: {labels}", object=tx.app.objects[object].label, labels=labels)


def _rule(tx: Tx, register: Register, object: str, rule: int) -> tuple[Post, PostRow] | None:
    obj = tx.app.objects.get(object)
    for post in obj.posts if obj is not None else ():
        if post.register == register.name and post.no == rule // ROWS_PER_RULE:
            index = rule % ROWS_PER_RULE
            return (post, post.rows[index]) if index < len(post.rows) else None
    return None


def _place(post: Post) -> str:
    return f"{post.location.file}:{post.location.line}"
