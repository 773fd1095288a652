"""What approvals under way need of a definition: they go on as they began, so what they read must stay. Changes
nothing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.app import App
from engine.definitions.flows import Approve, Flow
from engine.definitions.parts import nodes_of, parts_of
from engine.expressions.nodes import Each, Get, Root
from engine.runtime.services.approvals import pinning
from engine.runtime.storage import flow_lists
from engine.runtime.storage.live import Tx
from engine.runtime.storage.operations import Operation
from engine.texts import Text, listed, say

SHOWN = 5                                      # approvals that are named, of each version of a flow
HINT = say(
    zh="请等这些审批结束，或在“全部审批”中终止；在此之前保留这些内容（字段可设 show: false）",
    en="Let these approvals end, or end them under All approvals; until then keep what they use (a field may have "
    "`show: false`)",
)


def in_the_way(tx: Tx, app: App) -> Iterator[Operation]:
    """What forbids that `app` follows the live version: approvals under way by versions that use what it lacks."""
    for name, version, titles, count in flow_lists.under_way(tx, SHOWN):
        before = pinning.app_at(tx, version)
        flow = before.flows.get(name)
        if flow is None:
            continue
        gone = sorted(set(_missing(flow, before, app)))
        if not gone:
            continue
        told = say(
            zh="{n} 个进行中的“{flow}”审批（版本 {version}）仍用到：{what}",
            en="{n} approvals under way of {flow} (version {version}) still use {what}",
            n=count, flow=flow.label, version=version, what=Text({
                language: listed(gone, language) for language in ("zh", "en")
            }),
        )
        table = tx.live.tables.objects[flow.object].name if flow.object in tx.live.tables.objects else ""
        yield Operation("look at values", table, thing=flow.object, told=told, fails=tuple(titles), hint=HINT)


def _missing(flow: Flow, before: App, after: App) -> Iterator[str]:
    """Members of objects, actions and objects that a flow uses and a definition has no more."""
    if flow.object not in after.objects:
        yield flow.object
        return
    for node in nodes_of(flow):
        if isinstance(node, Get | Each):
            bare = isinstance(node.owner, Root) and not node.owner.type.objects
            for thing in (flow.object,) if bare else node.owner.type.objects:
                yield from _gone(before, after, thing, node.name)
    obj = after.objects[flow.object]
    ends = (flow.on_approved, flow.on_rejected, flow.on_withdrawn, flow.on_terminated)
    yield from (action for action in ends if action and action not in obj.actions)
    for path in _paths(flow):
        head, _, tail = path.rstrip("+").partition(".")
        yield from _gone(before, after, flow.object, head)
        if tail and f"{flow.object}.{head}" in after.objects:
            yield from _gone(before, after, f"{flow.object}.{head}", tail)


def _paths(flow: Flow) -> Iterator[str]:
    """The fields that a flow names; those that it hides are hidden under new names too, see `veil_rows`."""
    yield from flow.material
    if flow.lock not in ("all", "none"):
        yield from (name.strip() for name in flow.lock.split(","))
    for step in parts_of(flow):
        if isinstance(step, Approve):
            yield from (*step.edit, *step.require, *step.show)


def _gone(before: App, after: App, thing: str, name: str) -> Iterator[str]:
    """A field or way back that an object had and has no more, as `object.field`."""
    old, new = before.objects.get(thing), after.objects.get(thing)
    had = old is not None and (name in old.fields or name in old.backs)
    if had and (new is None or (name not in new.fields and name not in new.backs)):
        yield f"{thing}.{name}"
