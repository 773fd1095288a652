"""Builds flows: nested blocks of steps that end in an action. Runs none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from engine.definitions.building.declared import Place, Reader
from engine.definitions.building.steps import Walk as Steps
from engine.definitions.declared import Declared
from engine.definitions.desks import Desk, flag, scalars, word
from engine.definitions.flows import (
    ADDED,
    Approve,
    Arm,
    Branch,
    Coming,
    Copy,
    Do,
    Due,
    End,
    Escalation,
    Flow,
    FlowStep,
    Notify,
    Parallel,
    Wait,
)
from engine.definitions.language import SHAPES
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.objects import Who
from engine.definitions.outlines import maps
from engine.expressions.compiled import Expression
from engine.kinds.actions.act import Act
from engine.kinds.actions.base import Step
from engine.texts import Text

COUNT = re.compile(r"\d{1,4}\Z")
FRACTION = re.compile(r"(\d{1,4})\s*/\s*(\d{1,4})\Z")
PERCENT = re.compile(r"(\d{1,3}(\.\d{1,6})?)\s*%\Z")
COMING = ("subflow",)


def _whole(text: str) -> bool:
    return bool(COUNT.match(text)) and int(text) > 0


def _share(text: str) -> bool:
    match = FRACTION.match(text)
    return match is not None and int(match[2]) > 0 and 0 < Fraction(int(match[1]), int(match[2])) <= 1


def _percent(text: str) -> bool:
    match = PERCENT.match(text)
    return match is not None and 0 < Fraction(match[1]) <= 100  # noqa: PLR2004 - of a hundred


NEEDS: Mapping[str, Callable[[str], bool]] = {"count": _whole, "fraction": _share, "percent": _percent}


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
            return self._approve(spec)
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
        """A wait for a time; one for a signal is declared only."""
        node, name = spec.get("wait"), self._name("", "wait", spec)
        when, unless = self._when(spec), self._unless(spec)
        if not isinstance(node, Scalar):
            form = SHAPES["flow_step"].variants["wait"]
            what = Declared("wait", self.reader.only(spec, {"wait": form.keys["wait"]}), spec.at)
            return Coming(name, what, when, unless, spec.at)
        found = self.desk.expression(node, self.names)
        if found is None:
            return None
        if found.type.name not in ("duration", "date", "datetime", "any"):
            message = f"`{node.text}` gives no time to wait but {found.type}"
            hint = "write a duration, `2 working days`, or a date of the record"
            self.desk.report("E-VAL-004", message, node.at, hint)
            return None
        return Wait(name, found, found.type.name != "duration", when, unless, spec.at)

    def _due(self, spec: Map, head: str) -> Due | None:
        """The deadline of a step."""
        found = self._part(spec, head, "due")
        if not isinstance(found, Declared):
            return None
        said = found.values
        if spec_of(spec.get("due"), "in") == spec_of(spec.get("due"), "at"):
            hint = "write `in: 2 working days`, or `at:` with a date of the record"
            self.desk.report("E-FLW-021", "a deadline says either `in` or `at`", found.location, hint)
        levels = [one.values for one in _many(said.get("escalate")) if isinstance(one, Declared)]
        told = ((one.get("after"), one.get("to")) for one in levels)
        return Due(
            within=_expression(said.get("in")),
            at=_expression(said.get("at")),
            remind=tuple(one for one in _many(said.get("remind")) if isinstance(one, Expression)),
            escalate=tuple(Escalation(a, b) for a, b in told if isinstance(a, Expression) and isinstance(b, Who)),
            then=str(said.get("then", "")),
            calendar=str(said.get("calendar", "")),
        )

    def _other(self, spec: Map) -> FlowStep | None:
        """A step of actions, taken on the record; or one that is declared only."""
        if any(spec.pair(key) for key in ("cc", "notify")):
            return None                        # it had problems
        if spec.pair("wait"):
            return self._wait(spec)
        head = next((key for key in COMING if spec.pair(key)), "")
        if head:
            form = SHAPES["flow_step"].variants[head]
            own = {name: one for name, one in form.keys.items() if name not in ("when", "unless")}
            what = Declared(head, self.reader.only(spec, own), spec.at)
            name = self._name("", head, spec)
            return Coming(name, what, self._when(spec), self._unless(spec), spec.at)
        found = Steps(self.desk, self.thing, self.names).step(spec)
        if found is None:
            return None
        self._own_move(found)
        return Do(self._name("", found.kind, spec), found, spec.at)

    def _own_move(self, step: Step) -> None:
        """The machine of the record waits for the flow: a step on the way may not move it on."""
        for inner in (*getattr(step, "do", ()), *getattr(step, "then", ()), *getattr(step, "otherwise", ())):
            if step.kind == "if":
                self._own_move(inner)
        if isinstance(step, Act) and (step.of is None or step.of.text == "this"):
            hint = "the flow ends in it: `on_approved`, `on_rejected`"
            message = f"`{step.action}` would move the record that the flow is about"
            self.desk.report("E-FLW-015", message, step.location, hint)

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

    def _approve(self, spec: Map) -> Approve | None:
        head = "handle" if spec.pair("handle") else "approve"
        name = self._name(word(spec.get(head)), head, spec)
        by = self.desk.who(spec.get("by"), self.names)
        when = self._when(spec)
        edit, require, show = (self.desk.paths(spec.get(key), self.thing) for key in ("edit", "require", "show"))
        if by is None:
            return None
        back, refusal = self._part(spec, head, "return"), self._part(spec, head, "on_reject")
        mode = word(spec.get("mode")) or ("all" if by.people and not by.roles and not flag(spec.get("pool")) else "any")
        return Approve(
            name=name,
            label=self.desk.label(spec.get("name"), name),
            by=by,
            when=when,
            mode=mode,
            need=self._need(spec, mode),
            reject=word(spec.get("reject"), "at_once"),
            edit=edit,
            require=require,
            show=show,
            self_rule=word(spec.get("self")),
            on_empty=word(spec.get("on_empty")),
            opinion=flag(spec.get("opinion")),
            in_order=flag(spec.get("in_order")),
            veto=self.desk.who(spec.get("veto"), self.names),
            dedupe=word(spec.get("dedupe")),
            auto=spec.get("auto") is None,
            add_sign=self._added(spec),
            child_reject=word(spec.get("child_reject"), "node"),
            unless=self._unless(spec),
            work=head == "handle",
            due=self._due(spec, head),
            pool=flag(spec.get("pool")),
            wait_all=flag(spec.get("wait_all")),
            return_to=_names(back.values.get("to")) if isinstance(back, Declared) else None,
            return_mode=str(back.values.get("mode", "")) if isinstance(back, Declared) else "",
            on_reject="goto" if isinstance(refusal, Declared) else str(refusal or "end"),
            goto=str(refusal.values.get("goto", "")) if isinstance(refusal, Declared) else "",
            declared=self.reader.later(spec, SHAPES["flow_step"].variants[head]),
            location=spec.at,
        )

    def _part(self, spec: Map, head: str, name: str) -> object:
        """The value of one key of a step as its slot says; None where it is absent or wrong."""
        node, one = spec.get(name), SHAPES["flow_step"].variants[head].keys.get(name)
        return None if node is None or one is None else self.reader.key(name, node, one.slot)

    def _added(self, spec: Map) -> tuple[str, ...]:
        """How an approver may add people; every way unless the step says so."""
        node = spec.get("add_sign")
        if node is None:
            return ADDED
        ways = {one.text for one in scalars(node)}
        return () if "none" in ways else tuple(way for way in ADDED if way in ways)

    def _need(self, spec: Map, mode: str) -> str:
        """How many, or which share, must agree."""
        need = spec.get("need")
        text = word(need).strip()
        if mode in ("any", "all"):
            if need is not None:
                message = f"`need` has no meaning with `mode: {mode}`"
                self.desk.report("E-FLW-002", message, spec.key_at("need"), "write `mode: count`")
            return ""
        if not NEEDS[mode](text):
            example = {"count": "2", "fraction": "2/3", "percent": "60%"}[mode]
            message = f"`mode: {mode}` needs to know how many"
            self.desk.report("E-FLW-003", message, spec.at, f"write `need: {example}`")
            return "100%" if mode == "percent" else "1"
        if mode == "percent" and "." in text:
            message = f"`{text}` is not quite the share that is meant"
            self.desk.report("W-FLW-002", message, spec.key_at("need"), "write `mode: fraction, need: 2/3`", "warning")
        return text

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
        """Exclusive arms; one without a condition must be the last, and is added where it is missing."""
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
            if arms[-1].when is None and place < len(items):
                self.desk.report(
                    "E-FLW-005", "an arm without a condition hides those below it", spec.at, "put it last, as `else:`"
                )
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
    walk = Walk(desk, of, desk.scope(of), step_names(spec.get("steps")))
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
        declared=walk.reader.later(spec, SHAPES["flow"]),
        location=spec.at,
    )


def spec_of(node: Node | None, key: str) -> bool:
    """Whether a map says something under a key."""
    return isinstance(node, Map) and node.get(key) is not None


def _many(found: object) -> tuple[object, ...]:
    return found if isinstance(found, tuple) else ()


def _expression(found: object) -> Expression | None:
    return found if isinstance(found, Expression) else None


def _names(found: object) -> tuple[str, ...] | None:
    return tuple(str(name) for name in found) if isinstance(found, tuple) else None


def step_names(node: Node | None) -> tuple[str, ...]:
    """The names that authors gave to the steps of a flow, also those in blocks."""
    if isinstance(node, Map):
        named = tuple(one.text for one in (node.get("approve"), node.get("handle")) if isinstance(one, Scalar))
        inside = ("branch", "parallel", "steps", "else")
        return (*named, *(name for key in inside for name in step_names(node.get(key))))
    return tuple(name for item in node for name in step_names(item)) if isinstance(node, List) else ()


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
