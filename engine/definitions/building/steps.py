"""Builds the steps of actions out of what each kind declares. Runs nothing."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions.building.declared import Place, Reader
from engine.definitions.building.fields import inputs, pull
from engine.definitions.building.open_links import linked
from engine.definitions.desks import Desk, candidates, formula, word
from engine.definitions.language import SHAPES
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar, made
from engine.definitions.shapes import Letter, slots_in
from engine.errors import Location
from engine.expressions.compiled import Expression, Source
from engine.expressions.types import NUMBER, Type, record_of
from engine.kinds.actions import STEPS
from engine.kinds.actions.allocate import Plan
from engine.kinds.actions.base import Step
from engine.kinds.actions.comment import Comment
from engine.kinds.actions.each import ACTING
from engine.kinds.actions.mail import Message
from engine.suggest import did_you_mean

HOLE = re.compile(r"\{([A-Za-z_][\w.]*)(:[^{}]*)?\}")


@dataclass(slots=True)
class Walk:
    """The steps of one action, in order: names that earlier steps give (`called:`) are known to later ones."""

    desk: Desk
    thing: str
    names: Scope
    waits: bool = False                        # whether the steps may come later: those of an automation itself

    def steps(self, node: Node | None) -> tuple[Step, ...]:
        """A list of steps; broken ones are left out."""
        items = [item for item in node if isinstance(item, Map)] if isinstance(node, List) else []
        return tuple(one for item in items if (one := self.step(item)) is not None)

    def step(self, spec: Map) -> Step | None:
        """One step; None after a problem."""
        kind = next((STEPS[name] for name in STEPS if spec.pair(name) is not None), None)
        if not self.thing and not self._alone(spec):
            return None
        attributes: dict[str, Any] = {
            "when": self.desk.condition(spec.get("when"), self.names),
            "unless": self.desk.condition(spec.get("unless"), self.names),
            "location": spec.at,
        }
        if kind is None:
            return None
        values = dict(self._values(spec, kind))
        attributes |= {name: value for name, value in values.items() if value is not None}
        if kind is Comment:
            discussed(self.desk, self.thing, spec.key_at("comment"))
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

    def _alone(self, spec: Map) -> bool:
        """Whether a step can be taken where there is no record at hand (an automation that runs by the clock)."""
        named = "of" if spec.pair("act") or spec.pair("start") or spec.pair("signal") else ""
        needing = next((key for key in ("set", "assign", "act", "start", "signal", "comment") if spec.pair(key)), "")
        if not needing and spec.pair("pull") and word(spec.get("pull")) == "this":
            needing = "pull"
        if not needing or (named and spec.pair(named)):
            return True
        hint = "say of which: `of: …`" if named else "put it inside `each: …`"
        self.desk.report("E-AUT-003", f"there is no record for `{needing}` here", spec.key_at(needing), hint)
        return False

    def _allocate(self, spec: Map) -> Plan | None:
        """`this` is the line of `each`; bare names are the taker's, `part` is what it gets."""
        line = self.inside(spec)
        elsewhere = {"each": Place(self.names, self.thing)}
        takers = line._rows(spec.get("over"))
        inner, name, receiver = line.names, "", ""
        if takers is not None:
            name = takers.candidate.objects[0]
            inner = candidates(takers).also(part=NUMBER)
            target = self.desk.outline.things.get(name)
            if target is not None and "part" in target.fields:
                message = f"`part` means the field of {name} here: what a row gets cannot be told"
                self.desk.report("E-STP-006", message, spec.key_at("over"), "give the field another name")
            receiver = line.thing if target is None or target.kind in ("register", "report") else name
        taker = Place(inner, name)
        elsewhere |= {
            "limit": taker, "share": taker, "set": Place(inner, receiver), "split": Place(inner, line.thing),
        }
        reader = Reader(self.desk, Place(line.names, line.thing), elsewhere)
        keys = {one: key for one, key in SHAPES["allocate"].keys.items() if one != "add"}
        found: dict[str, Any] = reader.only(spec, keys) | self._added(spec.get("add"), inner)
        whole = self._sound(spec, line.thing) and takers is not None and bool(receiver)
        return Plan(**found) if whole and {"amount", "over"} <= set(found) else None

    def _added(self, node: Node | None, inner: Scope) -> dict[str, Any]:
        """The lines of the acting record that an `allocate` adds to, and the values of one."""
        if not isinstance(node, Map) or not node.pairs:
            return {}
        [pair, *more] = node.pairs
        owner = self.desk.outline.things.get(self.thing)
        lines = self.desk.outline.things.get(f"{self.thing}.{pair.key.text}")
        if more or owner is None or lines is None or not isinstance(pair.value, Map):
            known = [one for one, part in owner.fields.items() if word(part.get("type")) == "lines"] if owner else []
            hint = did_you_mean(pair.key.text, known) or "write `{lines: {amount: =part}}`"
            message = "`add` names lines of the acting record, and the fields of one"
            self.desk.report("E-STP-006", message, node.at, hint)
            return {}
        return {"add": pair.key.text, "row": dict(self.desk.values(pair.value, lines.name, inner))}

    def _sound(self, spec: Map, line: str) -> bool:
        """Whether the keys of an `allocate` go together."""
        ways = [key for key in ("set", "add", "split") if isinstance(given := spec.get(key), Map) and given.pairs]
        held = self.desk.outline.things.get(line)
        wrong = ""
        if not ways:
            wrong, hint = "nothing is done with what each row gets", "say `set`, `add` or `split`, with `=part`"
        elif len(ways) > 1:
            wrong, hint = f"`{ways[0]}` and `{ways[1]}` do not go together", "take two steps"
        elif spec.pair("limit") is not None and spec.pair("share") is not None:
            wrong, hint = "`limit` and `share` do not go together", "leave one of them out"
        elif ways == ["split"] and (held is None or not held.owner or spec.pair("each") is None):
            wrong, hint = "`split` parts lines of the record", "say which with `each: lines`"
        elif not self.thing and spec.pair("each") is None:
            wrong, hint = "there is no record at hand", "say of which with `each`"
        for key in ways if not wrong else ():
            value = spec.get(key)
            inner = value if key != "add" or not isinstance(value, Map) else next((one.value for one in value), None)
            if key == "add" and isinstance(inner, Map) and not inner.pairs:
                wrong, hint = "nothing is put into the lines that `add` makes", "write `{lines: {amount: =part}}`"
            for pair in inner if isinstance(inner, Map) else ():
                if "." in pair.key.text or pair.key.text == "parent":
                    wrong, hint = f"`{pair.key.text}` is no field of the row itself", "take a step `update` for others"
        if wrong:
            self.desk.report("E-STP-006", wrong, spec.at, hint)
        return not wrong

    def _rows(self, node: Node | None) -> Source | None:
        """The source that a slot gives, without a word about its problems: whoever compiles it tells them."""
        found = Desk(self.desk.outline, self.desk.languages, self.desk.likes).source(node, self.names)
        return found if found is not None and len(found.candidate.objects) == 1 else None

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
            case "D|E":
                return self._time(spec, node)
            case "E:record":
                return Reader(self.desk, Place(self.names, self.thing)).slot(node, Letter("E", "record"))
            case "S":
                return self.desk.source(node, self.names)
            case "T":
                return self.desk.template(node, self.names)
            case "W":
                return self.desk.who(node, self.names)
            case "{n: V}" if spec.pair("webhook"):
                return self._free(node)
            case "{n: V}" if spec.pair("act"):
                return self._answers(spec, node)
            case "{n: V}":
                target = self._target(spec)
                self._holes(node)
                return dict(self.desk.values(node, target, self.names, per_line=key == "set")) if target else None
            case "steps":
                return self.inside(spec).steps(node)
            case "pull":
                return self._pull(spec, node)
            case "<allocate>" if isinstance(node, Map):
                return self._allocate(node)
            case "<mail>" if isinstance(node, Map):
                return self._letter(node)
            case "N":
                return self._name(spec, key, node)
            case "R":
                found = self.desk.paths(node, self.thing)
                return found[0] if found else None
        return word(node)

    def _holes(self, node: Node) -> None:
        """Values with an {expression} in them, as texts for people have: a value is kept as it is written."""
        desk = replace(self.desk, problems=[])
        for pair in node if isinstance(node, Map) else ():
            if not isinstance(pair.value, Scalar) or formula(pair.value):
                continue
            for hole in HOLE.finditer(pair.value.text):
                inside = made(hole[1], pair.value.at)
                if desk.expression(inside, self.names) is not None:
                    message = f"`{pair.value.text}` is kept as it is written, `{hole[0]}` too"
                    hint = f"write an expression: {_joined(pair.value.text)}"
                    self.desk.report("W-STP-003", message, pair.value.at, hint, "warning")
                    break

    def _letter(self, node: Map) -> Message | None:
        """What a mail holds; None where nobody gets it (reported)."""
        reader = Reader(self.desk, Place(self.names, self.thing))
        values: dict[str, Any] = reader.only(node, SHAPES["mail"].keys)
        of, document = values.get("of"), values.get("document")
        printed = self.desk.documents_of.get(document or "", "")
        things = (self.thing,) if of is None else of.type.objects
        if printed and printed not in things and (of is None or things):
            message = f"`{document}` prints {printed}, not {things[0] or 'nothing'}"
            self.desk.report("E-DOC-004", message, node.key_at("document"), f"say of which {printed}: `of: …`")
        linked(self.desk, node.get("link"), self.thing)
        return Message(**values) if values.get("to") is not None else None

    def _free(self, node: Node) -> dict[str, Any]:
        """Values under names of the author's own: no field reads them."""
        reader = Reader(self.desk, Place(self.names, self.thing))
        return {pair.key.text: reader.value(pair.value) for pair in node} if isinstance(node, Map) else {}

    def _answers(self, spec: Map, node: Node) -> dict[str, Any] | None:
        """What the named action is given: its own inputs by their names, else fields of its record."""
        target = self._target(spec)
        if not target or not isinstance(node, Map):
            return None
        quiet = Desk(self.desk.outline, self.desk.languages, self.desk.likes)
        action = self.desk.outline.things[target].acts.get(word(spec.get("act")))
        asked = {} if action is None else inputs(quiet, action.get("ask"), quiet.scope(target))
        own = {
            pair.key.text: self.desk.value(pair.value, asked[pair.key.text], self.names)
            for pair in node if pair.key.text in asked
        }
        rest = replace(node, pairs=tuple(pair for pair in node if self._taken(pair.key, target, asked, spec)))
        given = {name: value for name, value in own.items() if value is not None}
        return {**given, **dict(self.desk.values(rest, target, self.names))}

    def _taken(self, key: Scalar, target: str, asked: Collection[str], spec: Map) -> bool:
        """Whether a name that an action is given is to be a field of its record; reported where it is neither."""
        if asked and self.desk.outline.path(target, key.text.split(".")) is None and key.text not in asked:
            hint = did_you_mean(key.text, (*asked, *self.desk.outline.things[target].fields))
            message = f"`{word(spec.get('act'))}` of {target} asks for no `{key.text}`"
            self.desk.report("E-REF-003", message, key.at, hint)
            return False
        return key.text not in asked

    def _name(self, spec: Map, key: str, node: Node) -> str | None:
        """`create:` and `ensure:` name an object, `act:` an action of the record that `of:` gives."""
        if key in ("create", "ensure"):
            known = [
                one.name
                for one in self.desk.outline.things.values()
                if one.kind in ("object", "lines") and one.name != "user"
            ]
            return self.desk.one_of(node, known, "object", "E-REF-002") or None
        if key in ("start", "run"):
            return self._run(spec, key, node)
        if key == "act" and isinstance(node, Scalar):
            return self._action(spec, node)
        if key == "called" and self.names.head(word(node)) is not None and word(node) not in self.names.words:
            self.desk.report("E-STP-001", f"the name `{word(node)}` is taken", node.at, "take another name")
        return word(node)

    def _run(self, spec: Map, key: str, node: Node) -> str | None:
        """A flow, or an automation, that is of the record's object."""
        what = "flow" if key == "start" else "automation"
        name = self.desk.named(node, what)
        of = (self.desk.flow_objects if key == "start" else self.desk.run_objects).get(name)
        thing = self._target(spec) if key == "start" else self.thing
        if not name:
            return None
        if of is None:
            hint = "write its steps here, or give it a trigger of records"
            self.desk.report("E-STP-004", f"`{name}` cannot run without what starts it", node.at, hint)
        elif of and thing and of != thing:
            message = f"the {what} `{name}` is one of {of}, not of {thing}"
            self.desk.report("E-STP-004", message, node.at, f"name one of {thing}")
        elif of and not thing and key == "run":
            self.desk.report("E-AUT-003", f"there is no record for `{key}` here", node.at, "put it inside `each: …`")
        return name

    def _time(self, spec: Map, node: Node) -> Expression | None:
        """How long a step waits, or until when."""
        if not self.waits:
            hint = (
                "put it among the automation's own steps, with `when` for a condition; where every row waits, "
                "let the automation have `each`"
            )
            message = "nothing waits here: only an automation after the commit does, outside of `each` and `if`"
            self.desk.report("E-STP-005", message, spec.key_at("wait"), hint)
        found = self.desk.expression(node, self.names)
        if found is not None and found.type.name not in ("duration", "date", "datetime", "any"):
            message = f"this gives no time to wait but {found.type}"
            self.desk.report("E-VAL-004", message, node.at, "write a duration, `2 working days`, or a date")
            return None
        return found

    def _action(self, spec: Map, node: Scalar) -> str | None:
        target = self._target(spec)
        thing = self.desk.outline.things.get(target)
        known = tuple(thing.acts) if thing is not None else ()
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

    def inside(self, spec: Map) -> Walk:
        """The steps inside `each` stand on its row: `this`, and its alias; the record that acts is `acting`."""
        source = self._rows(spec.get("each"))
        if source is None:
            return Walk(self.desk, self.thing, self.names)
        row, names = source.candidate, self.names
        words = {name: row if name == "old" else kind for name, kind in names.words.items()}
        acting = self.desk.outline.things.get(self.thing)
        if acting is not None and acting.kind in ("object", "lines"):
            words = {ACTING: record_of(self.thing), **words}     # inside an inner one it is still the first that acts
        inner = Scope(self.desk.outline, row, words=words, aliases=names.aliases, params=names.params)
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


def discussed(desk: Desk, thing: str, at: Location) -> None:
    """Report a comment on records of an object (or its lines) that has no discussion."""
    found = desk.outline.things.get(thing)
    root = desk.outline.things.get(found.owner) if found is not None and found.owner else found
    if root is not None and word(root.spec.get("discussion"), "none") == "none":
        message = f"{root.name} has no discussion in which a comment could stand"
        desk.report("E-STP-003", message, at, f"declare `discussion: internal` on {root.name}")


def _joined(text: str) -> str:
    """What a text with an {expression} means, as a value says it: ``=qty & ' pieces'``."""
    parts, place = [], 0
    for hole in HOLE.finditer(text):
        parts += [f"'{text[place : hole.start()]}'"] if hole.start() > place else []
        parts.append(hole[1])
        place = hole.end()
    parts += [f"'{text[place:]}'"] if place < len(text) else []
    return f"`={' & '.join(parts)}`"
