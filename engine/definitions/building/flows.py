"""Builds flows: nested blocks of steps that end in an action. Runs none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.definitions import blocks
from engine.definitions.building.approvals import COUNT, Asking
from engine.definitions.building.declared import Place, Reader
from engine.definitions.building.steps import Walk as Steps
from engine.definitions.declared import Declared
from engine.definitions.desks import Desk, flag, scalars, word
from engine.definitions.flows import (
    Approve,
    Arm,
    Branch,
    Choose,
    Copy,
    Do,
    End,
    Flow,
    FlowStep,
    Notify,
    Parallel,
    Revoke,
    Subflow,
    Wait,
)
from engine.definitions.language import SHAPES
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.objects import AMEND, Action, Object
from engine.definitions.outlines import maps
from engine.expressions.compiled import Expression, Source
from engine.expressions.types import record_of
from engine.kinds.actions.act import Act
from engine.kinds.actions.base import Step
from engine.kinds.actions.delete import Delete
from engine.kinds.fields.base import Field
from engine.kinds.fields.users import Users
from engine.texts import Text, plain, say

CHOSEN = say(zh="由谁审批：{step}", en="Who decides: {step}")


@dataclass(slots=True)
class Walk:
    """The steps of one flow; every step has a name that no other has."""

    desk: Desk
    thing: str
    names: Scope
    steps_of: tuple[str, ...]
    taken: set[str] = field(default_factory=set)

    @property
    def reader(self) -> Reader:
        """Builds what a step declares beyond what runs."""
        known = {"step": self.steps_of, "target": ("start", *self.steps_of)}
        return Reader(self.desk, Place(self.names, self.thing), known=known)

    def steps(self, node: Node | None) -> tuple[FlowStep, ...]:
        """A list of steps; broken ones are left out."""
        items = [item for item in node if isinstance(item, Map)] if isinstance(node, List) else []
        return tuple(one for item in items if (one := self.step(item)) is not None)

    def step(self, spec: Map) -> FlowStep | None:
        """One step; None after a problem, or where its kind is not built yet."""
        if spec.pair("approve") or spec.pair("handle"):
            head = "handle" if spec.pair("handle") else "approve"
            asking = Asking(self.desk, self.thing, self.names, self.reader)
            return asking.step(spec, head, self._name(word(spec.get(head)), head, spec))
        if spec.pair("branch"):
            return Branch(self._name("", "branch", spec), self._branches(spec.get("branch")), spec.at)
        if spec.pair("parallel"):
            return self._parallel(spec)
        return self._told(spec) or self._other(spec)

    def _told(self, spec: Map) -> FlowStep | None:
        """A copy, a notice or an end."""
        when, unless = self._when(spec), self._unless(spec)
        if spec.pair("cc"):
            to = self.desk.who(spec.get("cc"), self.names)
            return None if to is None else Copy(self._name("", "cc", spec), to, when, unless, spec.at)
        if spec.pair("end"):
            return End(self._name("", "end", spec), word(spec.get("end")), when, unless, spec.at)
        if not spec.pair("notify"):
            return None
        name = self._name("", "notify", spec)
        to, say = self.desk.who(spec.get("notify"), self.names), self.desk.template(spec.get("say"), self.names)
        return None if to is None or say is None else Notify(name, to, say, when, unless, spec.at)

    def _wait(self, spec: Map) -> FlowStep | None:
        """A wait for a time, or for a signal."""
        node, name = spec.get("wait"), self._name("", "wait", spec)
        when, unless = self._when(spec), self._unless(spec)
        if isinstance(node, Map):
            signal = word(node.get("signal"))
            return Wait(name, None, False, when, unless, spec.at, signal) if signal else None
        if not isinstance(node, Scalar):
            return None
        found = self.desk.expression(node, self.names)
        if found is None:
            return None
        if found.type.name not in ("duration", "date", "datetime", "any"):
            message = f"`{node.text}` gives no time to wait but {found.type}"
            hint = "write a duration, `2 working days`, or a date of the record"
            self.desk.report("E-VAL-004", message, node.at, hint)
            return None
        return Wait(name, found, found.type.name != "duration", when, unless, spec.at)

    def _other(self, spec: Map) -> FlowStep | None:
        """A step of actions, taken on the record; or one that is declared only."""
        if any(spec.pair(key) for key in ("cc", "notify")):
            return None                        # it had problems
        if spec.pair("wait"):
            return self._wait(spec)
        if spec.pair("subflow"):
            return self._subflow(spec)
        found = Steps(self.desk, self.thing, self.names).step(spec)
        if found is None:
            return None
        self._own_move(found)
        return Do(self._name("", found.kind, spec), found, spec.at)

    def _subflow(self, spec: Map) -> FlowStep | None:
        """Another flow over rows, or over the record itself."""
        form = SHAPES["flow_step"].variants["subflow"]
        said = self.reader.only(spec, {key: one for key, one in form.keys.items() if key not in ("when", "unless")})
        name, each = self._name("", "subflow", spec), said.get("each")
        if "subflow" not in said or spec.get("each") is not None and not isinstance(each, Source):
            return None
        return Subflow(
            name, str(said["subflow"]), each if isinstance(each, Source) else None, str(said.get("on_reject", "end")),
            said.get("version") == "pinned", said.get("async") is True, self._when(spec), self._unless(spec), spec.at,
        )

    def _own_move(self, step: Step) -> None:
        """The machine of the record waits for the flow: a step on the way may not move it on."""
        for inner in (*getattr(step, "do", ()), *getattr(step, "then", ()), *getattr(step, "otherwise", ())):
            if step.kind == "if":
                self._own_move(inner)
        if isinstance(step, Act) and (step.of is None or step.of.text == "this"):
            hint = "the flow ends in it: `on_approved`, `on_rejected`"
            message = f"`{step.action}` would move the record that the flow is about"
            self.desk.report("E-FLW-015", message, step.location, hint)
        if isinstance(step, Delete) and step.of.text == "this":
            message = "`delete` would remove the record that the flow is about"
            self.desk.report("E-FLW-015", message, step.location, "end the flow in an action instead")

    def _when(self, spec: Map) -> Expression | None:
        return self.desk.condition(spec.get("when"), self.names)

    def _unless(self, spec: Map) -> Expression | None:
        return self.desk.condition(spec.get("unless"), self.names)

    def _name(self, given: str, kind: str, spec: Map) -> str:
        """The name given, or the kind with a number; taken ones are reported or counted on."""
        if given and given in self.taken:
            self.desk.report(
                "E-FLW-001",
                f"two steps are called `{given}`",
                spec.at,
                "history and conditions tell steps by their names",
            )
        name, count = given or kind, 1
        while name in self.taken:
            count += 1
            name = f"{given or kind}_{count}"
        self.taken.add(name)
        return name

    def _parallel(self, spec: Map) -> Parallel:
        name = self._name("", "parallel", spec)
        arms = tuple(self._arm(item, f"{name}_{place}") for place, item in enumerate(_maps_in(spec.get("parallel")), 1))
        join = word(spec.get("join"), "all")
        if join not in ("all", "any") and not (COUNT.match(join) and 0 < int(join) <= len(arms)):
            self.desk.report(
                "E-FLW-004", f"`join: {join}` is all, any or a number up to {len(arms)}", spec.key_at("join")
            )
        return Parallel(name, arms, join, word(spec.get("on_reject"), "end"), spec.at)

    def _arm(self, spec: Map, otherwise: str) -> Arm:
        name = self._name(word(spec.get("name")), otherwise, spec)
        label = self.desk.label(spec.get("label"), name)
        return Arm(name, label, self._when(spec), self.steps(spec.get("steps")))

    def _branches(self, node: Node | None) -> tuple[Arm, ...]:
        """Exclusive arms; one without a condition must be there, and be the last."""
        arms: list[Arm] = []
        items = list(_maps_in(node))
        for place, spec in enumerate(items, 1):
            other = spec.get("else")
            if other is not None:
                arms.append(
                    Arm(
                        self._name("", "otherwise", spec),
                        Text({"zh": "其他", "en": "Otherwise"}),
                        None,
                        self.steps(other),
                    )
                )
            else:
                arms.append(self._arm(spec, f"arm_{place}"))
            if spec.get("when") is None and place < len(items):
                self.desk.report(
                    "E-FLW-005", "an arm without a condition hides those below it", spec.at, "put it last, as `else:`"
                )
        if node is not None and items and all(spec.get("when") is not None for spec in items):
            hint = "add `- else: []` if nothing is to be done then, or the steps"
            self.desk.report("E-FLW-028", "nothing is said for the case that no arm is taken", node.at, hint)
        if arms and arms[-1].when is not None:
            arms.append(Arm(self._name("", "otherwise", items[-1]), Text({"zh": "其他", "en": "Otherwise"}), None, ()))
        return tuple(arms)


def flows(desk: Desk, node: Node | None) -> dict[str, Flow]:
    """All flows of the app."""
    return {name: one for name, spec in maps(node) if (one := _flow(desk, name, spec)) is not None}


def _flow(desk: Desk, name: str, spec: Map) -> Flow | None:
    known = [one.name for one in desk.outline.things.values() if one.kind == "object" and one.name != "user"]
    of = desk.one_of(spec.get("of"), known, "object", "E-REF-002")
    if not of:
        return None
    walk = Walk(desk, of, _names(desk, name, of), step_names(spec.get("steps")))
    steps = walk.steps(spec.get("steps"))
    rejected = _ending(desk, of, spec, "on_rejected")
    return Flow(
        name=name,
        object=of,
        label=desk.label(spec.get("name"), name),
        steps=steps,
        on_approved=_ending(desk, of, spec, "on_approved"),
        on_rejected=rejected,
        on_withdrawn=_ending(desk, of, spec, "on_withdrawn") or rejected,
        withdraw=word(spec.get("withdraw"), "until_first_decision"),
        lock=_lock(desk, of, spec.get("lock")),
        self_rule=word(spec.get("self"), "ask"),
        dedupe=word(spec.get("dedupe"), "none"),
        on_empty=word(spec.get("on_empty"), "admin"),
        recall=word(spec.get("recall"), "next_decides"),
        start_by=desk.who(spec.get("start_by"), desk.scope(of)),
        on_terminated=_ending(desk, of, spec, "on_terminated"),
        material=desk.paths(spec.get("material"), of),
        require_human=flag(spec.get("require_human")),
        mail_decide=flag(spec.get("mail_decide")),
        revoke=_revoke(walk, spec),
        declared=walk.reader.later(spec, SHAPES["flow"]),
        location=spec.at,
    )


def _names(desk: Desk, name: str, of: str) -> Scope:
    """What names mean in a flow; in the one of a change `proposed` is the record as it would be."""
    amend = desk.outline.things[of].spec.get(AMEND)
    flow = word(amend.get("flow")) if isinstance(amend, Map) else ""
    names = desk.scope(of)
    waits = desk.outline.spaces.full("flow", flow, of.rpartition(".")[0]) == name
    return names.also(proposed=record_of(of)) if waits else names


def _revoke(walk: Walk, spec: Map) -> Revoke | None:
    node = spec.get("revoke")
    found = None if node is None else walk.reader.key("revoke", node, SHAPES["flow"].keys["revoke"].slot)
    if not isinstance(found, Declared):
        return None
    within, flow = found.values.get("within"), found.values.get("flow")
    return Revoke(within, str(flow), found.location) if isinstance(within, Expression) and flow else None


def with_choices(objects: Mapping[str, Object], told: Mapping[str, Flow]) -> dict[str, Object]:
    """The objects, with what is chosen at the start of flows among what the actions ask that start them."""
    return {
        name: replace(obj, actions={key: _asking(action, told) for key, action in obj.actions.items()})
        for name, obj in objects.items()
    }


def _asking(action: Action, told: Mapping[str, Flow]) -> Action:
    flow = told.get(action.start)
    steps = [] if flow is None else [step for _, step in blocks.walk(flow)]
    choices = [
        Users(name=step.choose.input(step.name), label=CHOSEN.filled(step=step.label)) for step in steps
        if isinstance(step, Approve) and step.choose is not None and step.choose.at == "start"
    ]
    return replace(action, ask=(*action.ask, *choices)) if choices else action


def step_names(node: Node | None) -> tuple[str, ...]:
    """The names that authors gave to the steps of a flow, also those in blocks."""
    if isinstance(node, Map):
        named = tuple(one.text for one in (node.get("approve"), node.get("handle")) if isinstance(one, Scalar))
        inside = ("branch", "parallel", "steps", "else")
        return (*named, *(name for key in inside for name in step_names(node.get(key))))
    return tuple(name for item in node for name in step_names(item)) if isinstance(node, List) else ()


def choices(node: Node | None) -> dict[str, tuple[str, Field]]:
    """Where people are chosen for steps of a flow, also for those in blocks: input → the step that asks, the input."""
    found: dict[str, tuple[str, Field]] = {}
    if isinstance(node, Map):
        given, head = node.get("choose"), word(node.get("approve")) or word(node.get("handle"))
        if isinstance(given, Map) and head:
            chosen = Choose(at=word(given.get("at"), "start"))
            found[chosen.input(head)] = (chosen.at, Users(name=chosen.input(head), label=plain(head)))
    for inner in tuple(pair.value for pair in node) if isinstance(node, Map) else tuple(_maps_in(node)):
        found |= choices(inner)
    return found


def _ending(desk: Desk, of: str, spec: Map, key: str) -> str:
    actions = desk.outline.things[of].spec.get("actions")
    known = actions.names() if isinstance(actions, Map) else ()
    return desk.one_of(spec.get(key), known, f"action of {of}", "E-REF-009")


def _lock(desk: Desk, of: str, node: Node | None) -> str:
    """`all`, `none`, or the fields, separated by commas."""
    found = scalars(node)
    if not found:
        return "all"
    if len(found) == 1 and found[0].text in ("all", "none"):
        return found[0].text
    return ",".join(desk.paths(node, of))


def _maps_in(node: Node | None) -> list[Map]:
    return [item for item in node if isinstance(item, Map)] if isinstance(node, List) else []
