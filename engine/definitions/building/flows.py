"""Builds flows: nested blocks of steps that end in an action. Runs none."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from engine.definitions.building.declared import Place, Reader
from engine.definitions.desks import Desk, flag, scalars, word
from engine.definitions.flows import Approve, Arm, Branch, Copy, Flow, FlowStep, Notify, Parallel
from engine.definitions.language import SHAPES
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.outlines import maps
from engine.expressions.compiled import Expression
from engine.texts import Text

COUNT = re.compile(r"\d{1,4}\Z")
FRACTION = re.compile(r"(\d{1,4})\s*/\s*(\d{1,4})\Z")


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
        if spec.pair("approve"):
            return self._approve(spec)
        if spec.pair("cc"):
            to = self.desk.who(spec.get("cc"), self.names)
            when = self._when(spec)
            return None if to is None else Copy(self._name("", "cc", spec), to, when, spec.at)
        if spec.pair("notify"):
            return self._notify(spec)
        if spec.pair("branch"):
            return Branch(self._name("", "branch", spec), self._branches(spec.get("branch")), spec.at)
        if spec.pair("parallel"):
            return self._parallel(spec)
        return None

    def _when(self, spec: Map) -> Expression | None:
        return self.desk.condition(spec.get("when"), self.names)

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
        name = self._name(word(spec.get("approve")), "approve", spec)
        by = self.desk.who(spec.get("by"), self.names)
        when = self._when(spec)
        if by is None:
            return None
        mode = word(spec.get("mode")) or ("all" if by.people and not by.roles else "any")
        return Approve(
            name=name,
            label=self.desk.label(spec.get("name"), name),
            by=by,
            when=when,
            mode=mode,
            need=self._need(spec, mode),
            reject=word(spec.get("reject"), "at_once"),
            edit=self.desk.paths(spec.get("edit"), self.thing),
            require=self.desk.paths(spec.get("require"), self.thing),
            show=self.desk.paths(spec.get("show"), self.thing),
            self_rule=word(spec.get("self")),
            on_empty=word(spec.get("on_empty")),
            opinion=flag(spec.get("opinion")),
            declared=self.reader.later(spec, SHAPES["flow_step"].variants["approve"]),
            location=spec.at,
        )

    def _need(self, spec: Map, mode: str) -> str:
        """How many, or which share, must agree."""
        need = spec.get("need")
        text = word(need).strip()
        if mode not in ("count", "fraction"):
            if need is not None:
                self.desk.report(
                    "E-FLW-002",
                    f"`need` has no meaning with `mode: {mode}`",
                    spec.key_at("need"),
                    "write `mode: count`",
                )
            return ""
        match = FRACTION.match(text)
        share = Fraction(int(match[1]), int(match[2])) if match and int(match[2]) else None
        fits = bool(COUNT.match(text)) and int(text) > 0 if mode == "count" else share is not None and 0 < share <= 1
        if not fits:
            hint = "write `need: 2`" if mode == "count" else "write `need: 2/3`"
            self.desk.report("E-FLW-003", f"`mode: {mode}` needs to know how many", spec.at, hint)
        return text if fits else "1"

    def _notify(self, spec: Map) -> Notify | None:
        name = self._name("", "notify", spec)
        to, say = self.desk.who(spec.get("notify"), self.names), self.desk.template(spec.get("say"), self.names)
        when = self._when(spec)
        return None if to is None or say is None else Notify(name, to, say, when, spec.at)

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
        declared=walk.reader.later(spec, SHAPES["flow"]),
        location=spec.at,
    )


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
