"""What every builder works with: compiles slots (expressions, texts, sources, values, people), collects problems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from engine.definitions.groups import local_names
from engine.definitions.labels import label_of, text_of
from engine.definitions.likes import Likes
from engine.definitions.names import Scope, on
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.objects import Who
from engine.definitions.outlines import Outline
from engine.definitions.translations import Untranslated
from engine.errors import Location, Problem, Severity
from engine.expressions.compiled import Expression, Source, Template, expression, source, template
from engine.expressions.nodes import Stored
from engine.expressions.types import ANY, BOOLEAN, Type, record_of
from engine.kinds.fields import KINDS
from engine.kinds.fields.base import Field, Literal, Unfit
from engine.kinds.fields.choice import Option
from engine.suggest import did_you_mean
from engine.texts import Text

T = TypeVar("T")
OWN = {"action": "actions", "state": "states", "status": "states", "view": "views", "form": "forms"}
NOUNS: Mapping[str, tuple[str, str]] = {
    "object": ("E-REF-002", "object"),
    "rows": ("E-REF-002", "object"),
    "role": ("E-REF-004", "role"),
    "register": ("E-REF-005", "register"),
    "state": ("E-REF-008", "state"),
    "status": ("E-REF-008", "state"),
    "action": ("E-REF-009", "action"),
    "flow": ("E-REF-010", "flow"),
    "report": ("E-REF-013", "report"),
    "target": ("E-REF-016", "step"),
    "measure": ("E-REF-006", "other measure of the register"),
    "key": ("E-REF-007", "key of the register"),
}
WORDS = ("everyone", "public", "flow", "nobody", "actions")


@dataclass(slots=True)
class Desk:
    """One build. `problems` collects; nothing is raised for what an author wrote."""

    outline: Outline
    languages: tuple[str, ...]
    likes: Likes
    currency: str = ""
    units: Mapping[str, Option] = field(default_factory=dict)
    noted: set[str] = field(default_factory=set)
    timezone: str = "UTC"
    nouns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # flow, dashboard, calendar … → declared names
    flow_objects: Mapping[str, str] = field(default_factory=dict)  # flow → the object that it is of
    run_objects: Mapping[str, str] = field(default_factory=dict)   # automation that steps may run → its object
    documents_of: Mapping[str, str] = field(default_factory=dict)  # print form → the object that it prints
    names_of: Mapping[str, Node] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    untranslated: Untranslated = field(init=False)

    def __post_init__(self) -> None:
        self.untranslated = Untranslated(self.languages)

    def report(self, code: str, message: str, at: Location, hint: str = "", severity: Severity = "error") -> None:
        """Notes a problem."""
        self.problems.append(Problem(code, message, at, hint, severity))

    def note(self, what: str, at: Location) -> None:
        """Notes once per app that something is declared, checked, and does nothing yet."""
        if what not in self.noted:
            self.noted.add(what)
            self.report("N-INACTIVE", f"`{what}` is declared, not yet active", at, severity="note")

    def scope(self, thing: str, spec: Map | None = None) -> Scope:
        """The scope of an expression that belongs to a record of `thing`; of the field `spec`, if that is given."""
        found = on(self.outline, thing)
        return found if spec is None else replace(found, local=local_names(spec))

    def kept(self, found: T | list[Problem]) -> T | None:
        """The compiled thing, or None after its problems were noted."""
        if isinstance(found, list):
            self.problems += found
            return None
        return found

    def expression(self, node: Node | None, names: Scope, expect: Type | None = None) -> Expression | None:
        """An E slot."""
        if not isinstance(node, Scalar):
            return None
        return self.kept(expression(node.text, node.body, names, expect=expect))

    def condition(self, node: Node | None, names: Scope) -> Expression | None:
        """An E slot that is true or false."""
        return self.expression(node, names, BOOLEAN)

    def source(self, node: Node | None, names: Scope, *, reports: bool = False) -> Source | None:
        """An S slot; `reports`: its rows may be those of a report."""
        found = self.kept(source(node.text, node.body, names)) if isinstance(node, Scalar) else None
        return found if reports else self._without_reports(found)

    def _without_reports(self, found: Source | None) -> Source | None:
        """The source; rows of a report in it are reported, for they are not stored."""
        for part in found.node.walk() if found is not None else ():
            thing = self.outline.things.get(part.name) if isinstance(part, Stored) else None
            if thing is not None and found is not None and thing.kind == "report":
                hint = "name the object or register that the report is over, with the report's condition"
                self.report("E-QST-004", f"`{thing.name}` is a report: expressions read no rows of it", found.at, hint)
                break
        return found

    def template(self, node: Node | None, names: Scope) -> Template | None:
        """A T slot with holes."""
        match node:
            case Scalar():
                self.untranslated.look(node)
                found = template(node.text, node.body, names)
            case Map():
                forms = {name: one for name, one in node.items() if isinstance(one, Scalar)}
                self.untranslated.look(node)
                places = {name: one.body for name, one in forms.items()}
                found = template({name: one.text for name, one in forms.items()}, places, names)
            case _:
                return None
        return self.kept(found)

    def message(self, node: Node | None, names: Scope, otherwise: Text) -> Template:
        """A T slot with a text of the engine's own where nothing is said."""
        found = self.template(node, names)
        if found is not None:
            return found
        forms = {name: text.replace("{", "{{").replace("}", "}}") for name, text in otherwise.forms.items()}
        plain = template(forms, Location(""), names)
        assert not isinstance(plain, list), "the engine's own texts have no holes"
        return plain

    def label(self, node: Node | None, name: str) -> Text:
        """An L slot; without one the name stands in."""
        self.untranslated.look(node)
        return label_of(node, name)

    def text(self, node: Node | None) -> Text | None:
        """A T slot without holes, None where it is absent."""
        self.untranslated.look(node)
        return text_of(node)

    def fixed(self, node: Node | None, key: str) -> Text | None:
        """A T slot of a text that is the same for every record; `{{` is a brace, an {expression} is reported."""
        found = self.text(node)
        if found is None:
            return None
        for form in found.forms.values():
            if "{" in form.replace("{{", ""):
                assert node is not None
                hint = "leave the {…} out; for a brace write `{{`"
                message = f"`{key}` is the same for every record: it takes no {{expression}}"
                self.report("E-TXT-001", message, node.at, hint)
                break
        return Text({name: form.replace("{{", "{").replace("}}", "}") for name, form in found.forms.items()})

    def value(self, node: Node | None, field: Field | None, names: Scope) -> Literal | Expression | None:
        """A V slot: `=expression`, or a literal that the field's kind reads."""
        if node is None or field is None:
            return None
        if isinstance(node, Scalar) and formula(node) and field.kind != "lines":
            return self.formula(node, names, field.type)
        return self._literal(node, field, names)

    def formula(self, node: Scalar, names: Scope, expect: Type | None = None) -> Expression | None:
        """A V slot that begins with `=`."""
        inside = replace(node, text=node.text[1:], body=node.body.within(node.text, 1))
        return self.expression(inside, names, expect)

    def _literal(self, node: Node, field: Field, names: Scope) -> Literal | None:
        if field.kind == "lines":
            return self._rows(node, field, names)
        if isinstance(node, Map) and field.type.name == "record" and not self._keyed(node, field):
            return None
        try:
            parsed = field.parse(_raw(node))
            field.check_value(parsed)
        except Unfit as reason:
            hint = field.meant(node.text) if isinstance(node, Scalar) else ""
            self.report("E-VAL-001", f"`{field.name}`: {reason.message.to('en')}", node.at, hint)
            return None
        return Literal(parsed)

    def _keyed(self, node: Map, field: Field) -> bool:
        """Whether a record that is named by a field (`{code: P1}`, `{id: 7}`) is named by one that it has."""
        things = [self.outline.things[one] for one in field.type.objects if one in self.outline.things]
        known = {"id", "object", *(name for thing in things for name in thing.fields)}
        for pair in node:
            if pair.key.text not in known:
                hint = did_you_mean(pair.key.text, known) or "write its key: `P1`"
                what = " or ".join(field.type.objects)
                self.report("E-REF-003", f"{what} has no field `{pair.key.text}`", pair.key.at, hint)
                return False
        return True

    def _rows(self, node: Node, field: Field, names: Scope) -> Literal | None:
        """Rows for a lines field: a tuple of maps from field to its read value (or an expression)."""
        if not isinstance(node, List) or not all(isinstance(item, Map) for item in node):
            hint = "write `[{qty: 1}]`, or `pull` them"
            self.report("E-VAL-002", f"`{field.name}` takes a list of rows", node.at, hint)
            return None
        thing = field.type.objects[0]
        rows = [dict(self.values(item, thing, names)) for item in node if isinstance(item, Map)]
        return Literal(
            tuple({name: one.value if isinstance(one, Literal) else one for name, one in row.items()} for row in rows)
        )

    def values(
        self, node: Node | None, thing: str, names: Scope, per_line: bool = False
    ) -> Iterator[tuple[str, Literal | Expression]]:
        """A map of field (or path) → V over the fields of `thing`; `per_line`: what is set in lines knows the line."""
        for pair in node if isinstance(node, Map) else ():
            target = self.target(thing, pair.key)
            found = self.value(pair.value, target, self._of_lines(thing, pair.key.text, names) if per_line else names)
            if found is not None:
                yield pair.key.text, found

    def _of_lines(self, thing: str, path: str, names: Scope) -> Scope:
        found = self.outline.path(thing, path.split("."))
        line = self.outline.things.get(found[0]) if found is not None else None
        return names if line is None or line.owner != thing else replace(names, this=record_of(line.name))

    def target(self, thing: str, key: Scalar) -> Field | None:
        """The field that a path names; reported where there is none, or nobody may write it."""
        owner = self.outline.things[thing].owner if thing in self.outline.things else ""
        if owner and key.text == "parent":  # a line that is created names its record
            return KINDS["link"](name="parent", label=Text({}), to=(owner,))  # type: ignore[call-arg]
        found = self.outline.path(thing, key.text.split("."))
        field = None if found is None else self.outline.field(*found)
        if field is None:
            hint = did_you_mean(
                key.text, tuple(self.outline.things[thing].fields) if thing in self.outline.things else ()
            )
            self.report("E-REF-003", f"{thing} has no field `{key.text}`", key.at, hint)
        elif found is not None and self.outline.computed(*found):
            self.report("E-VAL-003", f"`{key.text}` is computed: nobody can set it", key.at)
            return None
        return field

    def who(
        self, node: Node | None, names: Scope, words: Iterable[str] = WORDS, addresses: bool = False
    ) -> Who | None:
        """A W slot: the union of roles, expressions giving people (or `addresses` as texts), and keywords."""
        items = [one for one in node if isinstance(one, Scalar)] if isinstance(node, List) else [node]
        parts = [self._one(item, names, tuple(words), addresses) for item in items if isinstance(item, Scalar)]
        found = [part for part in parts if part is not None]
        if not found:
            return None
        return Who(
            tuple(role for part in found for role in part.roles),
            tuple(one for part in found for one in part.people),
            tuple(word for part in found for word in part.words),
            ", ".join(part.text for part in found),
        )

    def _one(self, node: Scalar, names: Scope, words: tuple[str, ...], addresses: bool) -> Who | None:
        text = node.text.strip()
        if text in words:
            return Who(words=(text,), text=text)
        inner = (
            text.removeprefix("role(").removesuffix(")").strip()
            if text.startswith("role(") and text.endswith(")")
            else ""
        )
        if inner.replace(".", "_").isidentifier():
            return self._role(self.outline.spaces.full("role", inner, node.at.space), node)
        found = self.expression(node, names)
        if found is None:
            return None
        if not gives_people(found.type) and not (addresses and found.type.name == "text"):
            self.report(
                "E-WHO-001",
                f"`{text}` does not give people but {found.type}",
                node.at,
                "write role(…), or a field of people",
            )
            return None
        return Who(people=(found,), text=text)

    def _role(self, name: str, node: Scalar) -> Who | None:
        if name not in self.outline.roles:
            self.report("E-REF-004", f"there is no role `{name}`", node.at, did_you_mean(name, self.outline.roles))
            return None
        return Who(roles=(name,), text=f"role({name})")

    def one_of(self, node: Node | None, known: Iterable[str], what: str, code: str) -> str:
        """A name that must be among the known ones; "" where it is absent or unknown (reported)."""
        if not isinstance(node, Scalar):
            return ""
        known = tuple(known)
        if node.text not in known:
            self.report(code, f"there is no {what} `{node.text}`", node.at, did_you_mean(node.text, known))
            return ""
        return node.text

    def named(self, node: Node | None, what: str, thing: str = "", known: Iterable[str] | None = None) -> str:
        """A name of a noun (`action`, `calendar`); actions, states, views and forms are those of `thing`."""
        code, shown = NOUNS.get(what, ("E-REF-016", what))
        names = self.known(what, thing) if known is None else known
        return self.one_of(node, names, shown if not thing or what not in OWN else f"{shown} of {thing}", code)

    def known(self, what: str, thing: str = "") -> tuple[str, ...]:
        """All names that an `N:what` may give."""
        things = self.outline.things
        match what:
            case "object" | "register" | "report":
                return tuple(one.name for one in things.values() if one.kind == what and one.name != "user")
            case "rows":
                return tuple(one.name for one in things.values() if one.kind in ("object", "lines"))
            case "role":
                return self.outline.roles
            case "decision":
                return tuple(self.outline.decisions)
            case "state" | "status" if thing in things:
                return (*things[thing].states, *(things[thing].derived if what == "status" else ()))
            case "action" if thing in things:
                return tuple(things[thing].acts)
            case _ if what in OWN and thing in things:
                held = things[thing].spec.get(OWN[what])
                return held.names() if isinstance(held, Map) else ()
        return self.nouns.get(what, ())

    def headed(self, text: str) -> tuple[str, str, str]:
        """`order.approved` parted behind the object; its name holds dots where it lies in a namespace."""
        head = max((name for name in self.known("object") if text.startswith(f"{name}.")), key=len, default="")
        return (head, ".", text[len(head) + 1 :]) if head else text.partition(".")

    def some_of(self, node: Node | None, known: Iterable[str], what: str, code: str) -> tuple[str, ...]:
        """The names of a list that are among the known ones; others are reported."""
        known = tuple(known)
        return tuple(name for item in scalars(node) if (name := self.one_of(item, known, what, code)))

    def paths(self, node: Node | None, thing: str) -> tuple[str, ...]:
        """R[]: fields of `thing`, each checked (`qty`, `lines.qty`, `lines+`)."""
        found = []
        for item in scalars(node):
            path = item.text.removeprefix("-").removesuffix("+")
            if self.outline.path(thing, path.split(".")) is None:
                hint = did_you_mean(path, tuple(self.outline.members(thing)))
                self.report("E-REF-003", f"{thing} has no field `{path}`", item.at, hint)
            else:
                found.append(item.text)
        return tuple(found)


def formula(node: Scalar) -> bool:
    """Whether a value is written as an expression."""
    return node.text.startswith(("=", "＝"))


def candidates(source: Source) -> Scope:
    """The scope of one row of a source, with its alias."""
    assert isinstance(source.names, Scope), "sources are checked in scopes of this package"
    return source.names


def plain_field(kind: str, name: str = "value") -> Field:
    """A field of a kind with nothing said about it, to read or show one value."""
    return KINDS[kind](name=name, label=Text({}))


def gives_people(kind: Type) -> bool:
    """Whether values of this type are people."""
    inner = kind.of if kind.name == "list" and kind.of is not None else kind
    return inner == ANY or (inner.name in ("record", "rows") and inner.objects == ("user",))


def scalars(node: Node | None) -> tuple[Scalar, ...]:
    """The scalars of a list, or the one that stands alone."""
    if isinstance(node, Scalar):
        return (node,)
    return tuple(item for item in node if isinstance(item, Scalar)) if isinstance(node, List) else ()


def flag(node: Node | None, otherwise: bool = False) -> bool:
    """A B slot."""
    return node.text == "true" if isinstance(node, Scalar) else otherwise


def word(node: Node | None, otherwise: str = "") -> str:
    """The text of a scalar slot."""
    return node.text if isinstance(node, Scalar) else otherwise


def words(node: Node | None) -> tuple[str, ...]:
    """The texts of a list, or of the one that stands alone."""
    return tuple(item.text for item in scalars(node))


def _raw(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.text
    return [*map(_raw, node)] if isinstance(node, List) else {name: _raw(value) for name, value in node.items()}
