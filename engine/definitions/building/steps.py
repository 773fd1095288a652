"""Builds the steps of actions out of what each kind declares. Runs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.definitions.building.fields import pull
from engine.definitions.desks import Desk, word
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.shapes import slots_in
from engine.expressions.compiled import Source
from engine.expressions.types import Type, record_of
from engine.kinds.actions import STEPS
from engine.kinds.actions.base import Step
from engine.suggest import did_you_mean


@dataclass(slots=True)
class Walk:
    """The steps of one action, in order: names that earlier steps give (`called:`) are known to later ones."""

    desk: Desk
    thing: str
    names: Scope

    def steps(self, node: Node | None) -> tuple[Step, ...]:
        """A list of steps; broken ones are left out."""
        items = [item for item in node if isinstance(item, Map)] if isinstance(node, List) else []
        return tuple(one for item in items if (one := self.step(item)) is not None)

    def step(self, spec: Map) -> Step | None:
        """One step; None after a problem, or where its kind is not built yet."""
        kind = next((STEPS[name] for name in STEPS if spec.pair(name) is not None), None)
        if kind is None:
            return None
        attributes: dict[str, Any] = {"when": self.desk.condition(spec.get("when"), self.names), "location": spec.at}
        values = dict(self._values(spec, kind))
        attributes |= {name: value for name, value in values.items() if value is not None}
        called = word(spec.get("called"))
        target = self._created(spec)
        if called and target is not None:
            self.names = self.names.also(**{called: target})
        if isinstance(attributes.get("source"), Source) and attributes["source"].alias:
            attributes["alias"] = attributes["source"].alias
        slots = slots_in(kind.options_schema)
        if any(slots[key][1] not in attributes for key in kind.needs):
            return None
        return kind(**attributes)

    def _created(self, spec: Map) -> Type | None:
        name = word(spec.get("create")) or word(spec.get("ensure"))
        return record_of(name) if name in self.desk.outline.things else None

    def _values(self, spec: Map, kind: type[Step]) -> Any:
        for key, (notation, attribute) in slots_in(kind.options_schema).items():
            node = spec.get(key)
            if node is not None:
                yield attribute, self._slot(spec, key, notation, node)

    def _slot(self, spec: Map, key: str, notation: str, node: Node) -> Any:
        match notation:
            case "E":
                return self.desk.expression(node, self.names)
            case "S":
                return self.desk.source(node, self.names)
            case "T":
                return self.desk.template(node, self.names)
            case "W":
                return self.desk.who(node, self.names)
            case "{n: V}":
                return dict(self.desk.values(node, self._target(spec), self.names)) if self._target(spec) else None
            case "steps":
                return self._inside(spec).steps(node)
            case "pull":
                return self._pull(spec, node)
            case "N":
                return self._name(spec, key, node)
            case "R":
                found = self.desk.paths(node, self.thing)
                return found[0] if found else None
        return word(node)

    def _name(self, spec: Map, key: str, node: Node) -> str | None:
        """`create:` and `ensure:` name an object, `act:` an action of the record that `of:` gives."""
        if key in ("create", "ensure"):
            known = [
                one.name
                for one in self.desk.outline.things.values()
                if one.kind in ("object", "lines") and one.name != "user"
            ]
            return self.desk.one_of(node, known, "object", "E-REF-002") or None
        if key == "act" and isinstance(node, Scalar):
            return self._action(spec, node)
        if key == "called" and self.names.head(word(node)) is not None and word(node) not in self.names.words:
            self.desk.report("E-STP-001", f"the name `{word(node)}` is taken", node.at, "take another name")
        return word(node)

    def _action(self, spec: Map, node: Scalar) -> str | None:
        target = self._target(spec)
        thing = self.desk.outline.things.get(target)
        actions = thing.spec.get("actions") if thing is not None else None
        known = actions.names() if isinstance(actions, Map) else ()
        if target and node.text not in known:
            self.desk.report(
                "E-REF-009", f"{target} has no action `{node.text}`", node.at, did_you_mean(node.text, known)
            )
            return None
        return node.text

    def _target(self, spec: Map) -> str:
        """The object whose fields `with`, `set` or `key` name; "" where it is not known."""
        name = word(spec.get("create")) or word(spec.get("ensure"))
        if name:
            return name if name in self.desk.outline.things else ""
        of = spec.get("update") or spec.get("of")
        if of is None:
            return self.thing
        quiet = Desk(self.desk.outline, self.desk.languages, self.desk.likes)
        found = quiet.expression(of, self.names)
        kind = None if found is None else found.type.of if found.type.name == "list" else found.type
        return kind.objects[0] if kind is not None and len(kind.objects) == 1 else ""

    def _inside(self, spec: Map) -> Walk:
        """The steps inside `each` stand on its row, which is `this` there and known by its alias."""
        if spec.get("each") is None:
            return Walk(self.desk, self.thing, self.names)
        quiet = Desk(self.desk.outline, self.desk.languages, self.desk.likes)
        source = quiet.source(spec.get("each"), self.names)
        if source is None or len(source.candidate.objects) != 1:
            return Walk(self.desk, self.thing, self.names)
        row = source.candidate
        inner = Scope(
            self.desk.outline, row, words=self.names.words, aliases=self.names.aliases, params=self.names.params
        )
        return Walk(self.desk, row.objects[0], inner.also(**{source.alias: row}) if source.alias else inner)

    def _pull(self, spec: Map, node: Node) -> Any:
        if isinstance(node, Map):
            lines = self._lines_of(spec, node)
            return pull(self.desk, node, self.names, lines) if lines else None
        if not isinstance(node, Scalar) or not self._lines_of(spec, node):
            return None
        return node.text

    def _lines_of(self, spec: Map, node: Node) -> str:
        """The lines of the created object that have a pull (or the only ones)."""
        target = self.desk.outline.things.get(word(spec.get("create")))
        if target is None:
            return ""
        lines = [name for name, part in target.fields.items() if word(part.get("type")) == "lines"]
        pulling = [name for name in lines if target.fields[name].get("pull") is not None]
        if isinstance(node, Scalar) and not pulling:
            self.desk.report(
                "E-STP-002", f"the lines of {target.name} have no `pull`", node.at, "declare it on its lines"
            )
            return ""
        chosen = pulling or lines
        return f"{target.name}.{chosen[0]}" if chosen else ""
