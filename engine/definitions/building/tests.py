"""Checks the steps of declared tests: people, records by name, fields, actions, steps, expressions. Runs none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from engine.definitions.building import looks
from engine.definitions.building.fields import inputs
from engine.definitions.building.flows import choices, step_names
from engine.definitions.building.open_links import linked
from engine.definitions.building.samples import check_moment, maps_in, people_of
from engine.definitions.building.steps import discussed
from engine.definitions.building.surfaces import filled
from engine.definitions.building.testvalues import created, forms_in, is_day, without_ids
from engine.definitions.desks import Desk, scalars, word
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.objects import AMEND
from engine.definitions.outlines import Thing, maps
from engine.expressions.types import ANY, DURATION, Type, record_of
from engine.kinds.fields.base import Field
from engine.suggest import did_you_mean

VERBS = ("see", "edit", "create", "delete", "export", "import", "print", "share")
DECISIONS = ("approve", "reject", "return", "done")
AT_ONCE = ("act", "create", "update", "delete", "restore", "archive", "unarchive", "approve", "reject", "return",
           "resubmit")
OF_RECORDS = ("update", "delete", "restore", "archive", "unarchive", "open", "amend")
TRIED = ("E-VAL-001", "E-VAL-003", "E-VAL-002")  # values that a test may give in order to see them refused


def tests(desk: Desk, tree: Map) -> dict[str, Node]:
    """The declared tests as located trees, written out in full; what is wrong in them is reported."""
    node = tree.get("tests")
    people = people_of(tree.get("samples"))
    flows = {
        name: (word(spec.get("of")), step_names(spec.get("steps")), choices(spec.get("steps")))
        for name, spec in maps(tree.get("flows"))
    }
    undone = tuple(name for name, spec in maps(tree.get("flows")) if spec.pair("revoke") is not None)
    alerts = tuple(name for name, _ in maps(tree.get("alerts")))
    periods = tuple(name for name, _ in maps(tree.get("periods")))
    given = tree.get("given")
    hooks = {"webhook_in": tuple(_heads(tree.get("automations"), "webhook")), "sends": tuple(_called(tree))}
    beginnings = tuple(given) if isinstance(given, Map) else ()
    for pair in (*beginnings, *(node if isinstance(node, Map) else ())):
        walk = Walk(desk, people, flows, alerts, periods, hooks, undone)
        for step in maps_in(pair.value):
            walk.step(step)
    return {} if not isinstance(node, Map) else dict(node.items())


def _heads(node: Node | None, head: str) -> Iterator[str]:
    """What automations are started by, as far as it is this trigger."""
    return (word(spec.get(head)) for _, spec in maps(node) if spec.pair(head) is not None)


def _called(node: Node | None) -> Iterator[str]:
    """The webhooks that steps call, wherever they stand."""
    for spec in maps_in(node):
        if spec.pair("webhook") is not None and spec.pair("do") is None:
            yield word(spec.get("webhook"))
    if isinstance(node, List | Map):
        for inner in node.items if isinstance(node, List) else tuple(pair.value for pair in node):
            yield from _called(inner)


@dataclass(slots=True)
class Walk:
    """The steps of one test in their order. `names`: what the records that were called are; `last`: the object of the
    one created or named last, None before there is one, "" where it is not known."""

    desk: Desk
    people: tuple[str, ...]
    flows: Mapping[str, tuple[str, tuple[str, ...], Mapping[str, tuple[str, Field]]]]     # of, steps, choices
    alerts: tuple[str, ...]
    periods: tuple[str, ...] = ()
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)     # webhook_in, sends → those that there are
    undone: tuple[str, ...] = ()                # flows whose approvals may be taken back
    names: dict[str, Type] = field(default_factory=dict)
    last: str | None = None

    def step(self, spec: Map) -> None:
        """One step: what all have in common, then what its verb has."""
        self._person(spec.get("as"))
        check_moment(self.desk, spec.get("at"))
        verb = next((name for name in CHECKS if spec.pair(name) is not None), "")
        if verb:
            CHECKS[verb](self, spec)
        refused = spec.get("refused")
        if isinstance(refused, Scalar) and refused.plain and refused.text == "false":
            self.desk.report(
                "E-KEY-004", "`refused` is true or a pattern of the message", refused.at, "leave it out otherwise"
            )

    # ---- doing

    def create(self, spec: Map) -> None:
        head = spec.get("create") or spec.get("ensure")
        known = [one.name for one in self.desk.outline.things.values() if one.kind == "object"]
        self.last = self.desk.one_of(head, known, "object", "E-REF-002")
        self._values(spec.get("key"), self.last, spec)
        self._values(spec.get("with"), self.last, spec)
        self._call(spec, self.last)

    def update(self, spec: Map) -> None:
        head = next(name for name in OF_RECORDS if spec.pair(name) is not None)
        self.last = self._record(spec.get(head))
        thing = self.desk.outline.things.get(self.last)
        if head == AMEND and thing is not None and AMEND not in thing.acts:
            hint = f"declare `amend:` with {thing.name}, or `update` it"
            self.desk.report("E-REF-009", f"{thing.name} has no action `{AMEND}`", spec.key_at(AMEND), hint)
        self._values(spec.get("with"), self.last, spec)
        self._call(spec, self.last)

    def act(self, spec: Map) -> None:
        thing = self.desk.outline.things.get(self.of(spec))
        action = self._action(thing, spec.get("act"))
        if thing is not None and action is not None:
            self._answers(thing, action, spec)
            self._call(spec, created(action), last=False)
        else:
            self.expressions(spec.get("with"))
            self._call(spec, "", last=False)

    def decide(self, spec: Map) -> None:
        thing = self.of(spec)
        verb = next(name for name in DECISIONS if spec.pair(name) is not None)
        node = spec.get(verb)
        known = tuple(step for of, steps, _ in self.flows.values() if not thing or of == thing for step in steps)
        if isinstance(node, Scalar) and node.text not in known:
            what = f"no flow of {thing}" if thing else "no flow"
            hint = did_you_mean(node.text, known)
            self.desk.report("E-TST-004", f"{what} has a step `{node.text}`", node.at, hint)
        here = (told for of, _, told in self.flows.values() if not thing or of == thing)
        asked = {name: one for told in here for name, (at, one) in told.items() if at == word(node)}
        self._asked(asked, thing, spec)

    def resubmit(self, spec: Map) -> None:
        self.last = thing = self._record(spec.get("resubmit"))
        told = [starts for of, _, starts in self.flows.values() if not thing or of == thing]
        if not told:
            message = f"no flow decides on {thing}: nothing of it is sent back"
            self.desk.report("E-TST-017", message, spec.key_at("resubmit"), "`update` it, or take its action again")
        self._asked({name: one for starts in told for name, (at, one) in starts.items() if at == "start"}, thing, spec)

    def revoke(self, spec: Map) -> None:
        thing, node = self.of(spec), spec.get("revoke") or spec.get("withdraw")
        known = tuple(name for name, (of, _, _) in self.flows.items() if not thing or of == thing)
        if not isinstance(node, Scalar) or (node.text in known and (node.text in self.undone or spec.pair("withdraw"))):
            return
        if node.text in known:
            told = f"approvals of the flow {node.text} are not taken back"
            hint = "give it `revoke: {within: …, flow: …}`"
        else:
            told = f"there is no flow `{node.text}`" + (f" of {thing}" if thing else "")
            hint = did_you_mean(node.text, known)
        self.desk.report("E-TST-014", told, node.at, hint)

    def at_once(self, spec: Map) -> None:
        before = self.last                     # each begins where the step does: they are taken at the same moment
        for inner in maps_in(spec.get("at_once")):
            verb = next((name for name in CHECKS if inner.pair(name) is not None), "")
            if verb not in AT_ONCE or inner.pair("called") is not None or inner.pair("refused") is not None:
                hint = "`succeed` counts what gets through; name records before or after it"
                self.desk.report("E-TST-006", f"`at_once` takes {', '.join(AT_ONCE)} only", inner.at, hint)
            self.last = before
            self.step(inner)
            self.last = before if verb == "create" else self.last

    def comment(self, spec: Map) -> None:
        thing = self.of(spec)
        if spec.pair("refused") is None:
            discussed(self.desk, thing, spec.key_at("comment"))

    def share(self, spec: Map) -> None:
        self.last = self._record(spec.get("share"))
        self._person(spec.get("to"))

    def wait(self, spec: Map) -> None:
        self.desk.expression(spec.get("wait"), self.scope(), DURATION)

    def close(self, spec: Map) -> None:
        head = spec.get("close") or spec.get("reopen")
        if isinstance(head, Scalar) and head.text not in self.periods:
            hint = did_you_mean(head.text, self.periods)
            self.desk.report("E-TST-010", f"there is no period `{head.text}`", head.at, hint)
        until = spec.get("until")
        if isinstance(until, Scalar) and not is_day(until.text):
            self.desk.report("E-VAL-003", f"`{until.text}` is no day", until.at, "write it as 2026-03-31")

    # ---- looking

    def expect(self, spec: Map) -> None:
        for item in scalars(spec.get("expect")):
            self.desk.condition(item, self.scope())

    def told(self, spec: Map) -> None:
        self._person(spec.get("told") or spec.get("not_told"))

    def absent(self, spec: Map) -> None:
        self._person(spec.get("absent"))
        self._person(spec.get("to"))
        until = spec.get("until")
        if isinstance(until, Scalar) and not is_day(until.text):
            self.desk.report("E-VAL-003", f"`{until.text}` is no day", until.at, "write it as 2026-03-31")

    def fires(self, spec: Map) -> None:
        node = spec.get("fires")
        if isinstance(node, Scalar) and node.text not in self.alerts:
            hint = did_you_mean(node.text, self.alerts)
            self.desk.report("E-TST-009", f"there is no alert `{node.text}`", node.at, hint)
        if spec.get("of") is not None:
            self._record(spec.get("of"))

    def can(self, spec: Map) -> None:
        node = spec.get("can") or spec.get("cannot")
        verbs = scalars(node)
        if any(one.text == "create" for one in verbs):
            known = [one.name for one in self.desk.outline.things.values() if one.kind == "object"]
            if spec.get("of") is None:
                self.desk.report("E-KEY-002", "the key `of` is missing: which object?", spec.at, "add `of: order`")
            self.desk.one_of(spec.get("of"), known, "object", "E-REF-002")
            return
        name = self.of(spec)
        thing = self.desk.outline.things.get(name)
        for one in verbs:
            if one.text not in VERBS and one.text not in DECISIONS:
                self._action(thing, one)
        if thing is not None:
            self.desk.paths(spec.get("fields"), name)

    def webhook(self, spec: Map) -> None:
        way = "webhook_in" if spec.pair("webhook_in") is not None else "sends"
        head = spec.get(way)
        known = self.hooks[way]
        if isinstance(head, Scalar) and head.text not in known:
            told = "no automation waits for" if way == "webhook_in" else "no step calls"
            hint = did_you_mean(head.text, known)
            self.desk.report("E-TST-012", f"{told} a webhook `{head.text}`", head.at, hint)
        self.expressions(spec.get("body") or spec.get("with"))

    def fill(self, spec: Map) -> None:
        """A form for everybody and what is typed in it, or a page and what must be known of its record."""
        name = filled(self.desk, spec.get("fill"))
        self.expressions(spec.get("with"))
        if spec.get("of") is not None:
            linked(self.desk, spec.get("fill"), self._record(spec.get("of")))
        self.last = name
        self._call(spec, name)

    def inactive(self, spec: Map) -> None:
        self.expressions(spec.get("with"))
        self._call(spec, "")

    # ---- parts

    def scope(self) -> Scope:
        return Scope(self.desk.outline, aliases=dict(self.names))

    def _person(self, node: Node | None) -> None:
        if isinstance(node, Scalar) and node.text not in self.people:
            hint = did_you_mean(node.text, self.people) or "add the person to `samples: {people: …}`"
            self.desk.report("E-TST-001", f"there is no sample person `{node.text}`", node.at, hint)

    def of(self, spec: Map) -> str:
        """The object of the record that a step is about; "" where it is not known."""
        if spec.get("of") is not None:
            self.last = self._record(spec.get("of"))
        elif self.last is None:
            self.desk.report("E-TST-002", "which record? None has been created or named yet", spec.at, "add `of:`")
            self.last = ""
        return self.last or ""

    def _record(self, node: Node | None) -> str:
        found = self.desk.expression(node, self.scope())
        if found is None or node is None or found.type == ANY:
            return ""
        if found.type.name != "record":
            self.desk.report(
                "E-TST-003", f"`{word(node)}` is no record but {found.type}", node.at, "`first(…)` gives one of several"
            )
            return ""
        return found.type.objects[0] if len(found.type.objects) == 1 else ""

    def _call(self, spec: Map, thing: str, *, last: bool = True) -> None:
        """What the record that a step gives is called; later steps are about it."""
        node = spec.get("called")
        if not isinstance(node, Scalar):
            return
        if node.text in self.desk.outline.things or node.text in ("me", "this", "old", "parent"):
            self.desk.report("E-STP-001", f"the name `{node.text}` is taken", node.at, "take another name")
            return
        self.names[node.text] = record_of(thing) if thing else ANY
        self.last = self.last if last else thing

    def _action(self, thing: Thing | None, node: Node | None) -> Map | None:
        """The action of this name; without a known object any action of the app will do."""
        if not isinstance(node, Scalar):
            return None
        if thing is None:
            known = {name for one in self.desk.outline.things.values() for name in one.acts}
        else:
            known = set(thing.acts)
        if node.text not in known:
            of = f"{thing.name} has no action" if thing is not None else "no object has an action"
            self.desk.report("E-REF-009", f"{of} `{node.text}`", node.at, did_you_mean(node.text, sorted(known)))
            return None
        return None if thing is None else thing.acts[node.text]

    def _answers(self, thing: Thing, action: Map, spec: Map) -> None:
        """`with` of an action: what it asks itself, people for steps of the flow that it starts, fields of records."""
        _, _, told = self.flows.get(word(action.get("start")), ("", (), {}))
        chosen = {name: one for name, (at, one) in told.items() if at == "start"}
        asked = inputs(self._quiet(), action.get("ask"), self.desk.scope(thing.name)) if spec.pair("with") else {}
        self._asked({**asked, **chosen}, thing.name, spec)

    def _asked(self, asked: Mapping[str, Field], thing: str, spec: Map) -> None:
        """`with` where something is asked besides the fields of the record."""
        node = spec.get("with")
        if not isinstance(node, Map):
            return
        desk = self._quiet()
        for pair in node:
            if pair.key.text in asked:
                desk.value(pair.value, asked[pair.key.text], self.scope())
        self._take(desk, spec)
        self._values(replace(node, pairs=tuple(one for one in node if one.key.text not in asked)), thing, spec)

    def _values(self, node: Node | None, thing: str, spec: Map) -> None:
        """Values of an object's fields; where a refusal is expected, values that do not fit may be the reason."""
        if not isinstance(node, Map):
            return
        if thing not in self.desk.outline.things:
            self.expressions(node)
            return
        desk = self._quiet()
        dict(desk.values(without_ids(node), thing, self.scope()))
        self._take(desk, spec)

    def _quiet(self) -> Desk:
        return replace(self.desk, problems=[])

    def _take(self, desk: Desk, spec: Map) -> None:
        tried = TRIED if spec.pair("refused") is not None else ()
        forms = set(forms_in(spec.get("with")))  # a map or a list for a plain value is a slip, not a trial
        self.desk.problems += (one for one in desk.problems if one.code not in tried or one.at in forms)

    def expressions(self, node: Node | None) -> None:
        """The `=expressions` of values whose fields are not known."""
        match node:
            case Map():
                for pair in node:
                    self.expressions(pair.value)
            case List():
                for item in node:
                    self.expressions(item)
            case Scalar() if node.text.startswith("="):
                inside = replace(node, text=node.text[1:], body=node.body.within(node.text, 1))
                self.desk.expression(inside, self.scope())
            case _:
                return


CHECKS: Mapping[str, Callable[[Walk, Map], None]] = {
    "create": Walk.create,
    "ensure": Walk.create,
    **dict.fromkeys(OF_RECORDS, Walk.update),
    "act": Walk.act,
    **dict.fromkeys(DECISIONS, Walk.decide),
    "resubmit": Walk.resubmit,
    "revoke": Walk.revoke,
    "withdraw": Walk.revoke,
    "comment": Walk.comment,
    "share": Walk.share,
    "webhook_in": Walk.webhook,
    "sends": Walk.webhook,
    "wait": Walk.wait,
    "at_once": Walk.at_once,
    "expect": Walk.expect,
    "told": Walk.told,
    "not_told": Walk.told,
    "absent": Walk.absent,
    "fires": Walk.fires,
    "prints": looks.prints,
    "asks": looks.asks,
    "shows": looks.figure,
    "hides": looks.figure,
    "can": Walk.can,
    "cannot": Walk.can,
    "fill": Walk.fill,
    "mail_in": Walk.inactive,
    "run": Walk.inactive,
    "close": Walk.close,
    "reopen": Walk.close,
}
