"""Builds the steps of flows at which people decide or work: who, how they decide together, until when. Runs none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from engine.definitions.building.declared import Reader
from engine.definitions.declared import Declared
from engine.definitions.desks import Desk, flag, scalars, word
from engine.definitions.flows import ADDED, Approve, Choose, Due, Escalation
from engine.definitions.language import SHAPES
from engine.definitions.names import Scope
from engine.definitions.nodes import Map, Node
from engine.definitions.objects import Who
from engine.expressions.compiled import Expression

COUNT = re.compile(r"\d{1,4}\Z")
FRACTION = re.compile(r"(\d{1,4})\s*/\s*(\d{1,4})\Z")
PERCENT = re.compile(r"(\d{1,3}(\.\d{1,6})?)\s*%\Z")


def _whole(text: str) -> bool:
    return bool(COUNT.match(text)) and int(text) > 0


def _share(text: str) -> bool:
    match = FRACTION.match(text)
    return match is not None and int(match[2]) > 0 and 0 < Fraction(int(match[1]), int(match[2])) <= 1


def _percent(text: str) -> bool:
    match = PERCENT.match(text)
    return match is not None and 0 < Fraction(match[1]) <= 100  # noqa: PLR2004 - of a hundred


NEEDS: Mapping[str, Callable[[str], bool]] = {"count": _whole, "fraction": _share, "percent": _percent}


@dataclass(frozen=True, slots=True)
class Asking:
    """What is needed to build a step at which people are asked."""

    desk: Desk
    thing: str
    names: Scope
    reader: Reader

    def step(self, spec: Map, head: str, name: str) -> Approve | None:
        """The step of this name; None after a problem."""
        by = self.desk.who(spec.get("by"), self.names)
        edit, require, show = (self.desk.paths(spec.get(key), self.thing) for key in ("edit", "require", "show"))
        if by is None:
            return None
        back, refusal = self._part(spec, head, "return"), self._part(spec, head, "on_reject")
        mode = word(spec.get("mode")) or ("all" if by.people and not by.roles and not flag(spec.get("pool")) else "any")
        return Approve(
            name=name,
            label=self.desk.label(spec.get("name"), name),
            by=by,
            when=self.desk.condition(spec.get("when"), self.names),
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
            no_change=flag(spec.get("no_change")),
            add_sign=self._added(spec),
            child_reject=word(spec.get("child_reject"), "node"),
            unless=self.desk.condition(spec.get("unless"), self.names),
            work=head == "handle",
            due=self._due(spec, head),
            choose=self._choose(spec, head),
            pool=flag(spec.get("pool")),
            wait_all=flag(spec.get("wait_all")),
            return_to=_names(back.values.get("to")) if isinstance(back, Declared) else None,
            return_mode=str(back.values.get("mode", "")) if isinstance(back, Declared) else "",
            on_reject="goto" if isinstance(refusal, Declared) else str(refusal or "end"),
            goto=str(refusal.values.get("goto", "")) if isinstance(refusal, Declared) else "",
            hide=self._hidden(spec, (*edit, *require, *show)),
            signature=flag(spec.get("signature")),
            location=spec.at,
        )

    def _hidden(self, spec: Map, shown: Sequence[str]) -> tuple[str, ...]:
        """What whoever is asked does not see; nothing that the step shows, opens or asks for."""
        found = self.desk.paths(spec.get("hide"), self.thing)
        both = [name for name in found if any(_within(name, one) or _within(one, name) for one in shown)]
        for name in both:
            message = f"`{name}` is hidden, and the step shows or opens it"
            self.desk.report("E-FLW-025", message, spec.key_at("hide"), "take it out of one of the two")
        return found

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

    def _part(self, spec: Map, head: str, name: str) -> object:
        """The value of one key of a step as its slot says; None where it is absent or wrong."""
        node, one = spec.get(name), SHAPES["flow_step"].variants[head].keys.get(name)
        return None if node is None or one is None else self.reader.key(name, node, one.slot)

    def _choose(self, spec: Map, head: str) -> Choose | None:
        """Who is chosen before."""
        found = self._part(spec, head, "choose")
        if not isinstance(found, Declared):
            return None
        said = found.values
        among, least, most = said.get("among"), said.get("min"), said.get("max")
        return Choose(
            among if isinstance(among, Who) else None,
            least if isinstance(least, int) else 1,
            most if isinstance(most, int) else None,
            str(said.get("at", "start")),
        )

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
            if need is not None and "mode" not in spec.lost:
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


def _within(path: str, other: str) -> bool:
    """Whether a path is another one, or a column of the lines that it names."""
    return path == other or path.startswith(other + ".")


def spec_of(node: Node | None, key: str) -> bool:
    """Whether a map says something under a key."""
    return isinstance(node, Map) and node.get(key) is not None


def _many(found: object) -> tuple[object, ...]:
    return found if isinstance(found, tuple) else ()


def _expression(found: object) -> Expression | None:
    return found if isinstance(found, Expression) else None


def _names(found: object) -> tuple[str, ...] | None:
    return tuple(str(name) for name in found) if isinstance(found, tuple) else None
