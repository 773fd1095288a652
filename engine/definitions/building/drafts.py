"""Makes fields without their expressions, so that every name has a type before anything is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as attributes_of
from dataclasses import replace
from typing import Any

from engine.definitions.building.columns import beside, report_scope
from engine.definitions.desks import Desk, flag, word, words
from engine.definitions.fitting import misfit
from engine.definitions.groups import LOCAL
from engine.definitions.habits import limit_meant
from engine.definitions.labels import humanise
from engine.definitions.language.fields import COMMON_NAMES, LATER_NAMES
from engine.definitions.names import on
from engine.definitions.nodes import INTEGER, List, Map, Node, Scalar, to_plain
from engine.definitions.outlines import Outline, Thing, maps
from engine.definitions.shapes import slots_in
from engine.expressions.compiled import expression
from engine.expressions.habits import one_of_many
from engine.expressions.scope import Signature
from engine.expressions.types import ANY, Type, list_of, record_of
from engine.kinds.fields import KINDS
from engine.kinds.fields.autonumber import pieces
from engine.kinds.fields.base import Field, Literal, Unfit
from engine.kinds.fields.choice import Option
from engine.suggest import did_you_mean
from engine.texts import FALLBACK, Text

DEFERRED = frozenset({"E", "S", "V", "duration", "pull", "fields"})
EVERY_KIND_KEY = frozenset(key for kind in KINDS.values() for key in kind.options_schema)


class Unsettled(Field):
    """Stands in for a field whose kind could not be found, so that nothing that names it is reported too."""

    kind = "unsettled"
    widget = "text"

    @property
    def type(self) -> Type:
        return ANY

    def parse(self, raw: object) -> object:
        return raw


def connect(desk: Desk) -> None:
    """Lets the outline find the types of computed members."""
    outline = desk.outline
    outline.draft = lambda thing, name: draft(desk, thing.fields[name], name, thing)
    outline.infer = lambda thing, name: infer(outline, thing, name)
    outline.sign = lambda name: signature(desk, name)
    outline.input_type = lambda spec, name: draft(desk, desk.likes.named(spec), name, None).type


def infer(outline: Outline, thing: Thing, name: str) -> Type | None:
    """The type of a register's formula or a report's column; problems are noted when it is built."""
    node = thing.formulas[name]
    names = on(outline, thing.name)
    if thing.kind == "report":
        left = list(thing.formulas)[: list(thing.formulas).index(name)]
        names = report_scope(outline, thing)
        names = beside(names, {key: outline.member(thing.name, key) or ANY for key in left})
    found = expression(node.text, node.body, names)
    return ANY if isinstance(found, list) else found.type


def draft(desk: Desk, spec: Map, name: str, thing: Thing | None) -> Field:
    """A field of its kind with its own options, without expressions. `thing` None: an input, a parameter."""
    kind = spec.get("type")
    if isinstance(kind, Scalar) and kind.text in KINDS:
        return _make(desk, KINDS[kind.text], spec, name, thing)
    found = None if thing is None else _computed(desk, spec, name, thing)
    if found is not None:
        return found
    if not any(spec.pair(key) for key in ("type", "formula", "copy", "balance")):
        desk.report("E-FLD-001", f"the field `{name}` has no type", spec.at, "write `type: text`")
    return Unsettled(**_common(desk, spec, name))


def _computed(desk: Desk, spec: Map, name: str, thing: Thing) -> Field | None:
    """The kind of a field that does not say its type follows from what it copies, shows or computes."""
    copied, balance, formula = spec.get("copy"), spec.get("balance"), spec.get("formula")
    if isinstance(copied, Scalar):
        place = desk.outline.path(thing.name, copied.text.split("."))
        return None if place is None else _as(desk, place, spec, name, thing)
    if isinstance(balance, Scalar):
        register, _, measure = balance.text.rpartition(".")
        is_one = desk.outline.things.get(register, thing).kind == "register"
        if is_one and desk.outline.member(register, measure) is not None:
            return _as(desk, (register, measure), spec, name, thing)
        return None
    if isinstance(formula, Scalar):
        found = expression(formula.text, formula.body, desk.scope(thing.name, spec))
        return None if isinstance(found, list) else of_type(desk, found.type, spec, name, thing)
    return None


def _as(desk: Desk, place: tuple[str, str], spec: Map, name: str, thing: Thing) -> Field | None:
    """A field like another one, with nothing but its kind and options taken over."""
    model = desk.outline.field(*place)
    if model is None:
        kind = desk.outline.member(*place)
        return None if kind is None else of_type(desk, kind, spec, name, thing)
    own = {one.name: getattr(model, one.name) for one in attributes_of(model) if one.name not in BASE}
    return type(model)(**{**own, **_common(desk, spec, name)})


BASE = frozenset(one.name for one in attributes_of(Field))
BY_NAME = {name: name for name in ("text", "boolean", "date", "datetime", "time", "duration")}
BY_UNIT = {"money": "money", "quantity": "quantity", "percent": "percent"}


def of_type(desk: Desk, kind: Type, spec: Map, name: str, thing: Thing) -> Field | None:
    """The field that holds values of a type; None where no kind does."""
    common = _common(desk, spec, name)
    if kind.name == "number":
        family, _, amount = kind.unit.partition(":")
        word = BY_UNIT.get(family) or ("integer" if kind.scale == 0 else "decimal")
        key = {"money": "currency", "quantity": "unit"}.get(word, "")
        given: dict[str, Any] = {key: Literal(amount)} if key and amount else {}
        return with_defaults(desk, KINDS[word](**common, **given))
    if kind.name == "record" and kind.objects == ("user",):
        return KINDS["user"](**common)
    if kind.name == "record" and kind.objects:
        return KINDS["link"](**common, to=kind.objects)  # type: ignore[call-arg]
    if kind.name == "choice":
        options = {code: Option(Text({FALLBACK: humanise(code)})) for code in kind.options}
        return KINDS["choice"](**common, options=options)  # type: ignore[call-arg]
    if kind.name == "range" and kind.of is not None and kind.of.name in ("date", "datetime", "number"):
        of = kind.of.name if kind.of.name != "number" else "integer" if kind.of.scale == 0 else "decimal"
        return with_defaults(desk, KINDS["range"](**common, of=of))  # type: ignore[call-arg]
    if kind.name in BY_NAME and BY_NAME[kind.name] in KINDS:
        return with_defaults(desk, KINDS[BY_NAME[kind.name]](**common))
    found = "what it is cannot be told" if kind.name in ("any", "blank") else f"no kind of field holds {kind}"
    hint = "say with `type:` what the field is"
    formula = spec.get("formula")
    if kind.name == "list" and kind.of is not None and isinstance(formula, Scalar):
        hint = one_of_many(formula.text, kind.of)
    desk.report("E-FLD-002", f"`{name}`: {found}", spec.at, hint)
    return None


def _make(desk: Desk, kind: type[Field], spec: Map, name: str, thing: Thing | None) -> Field:
    options = _options(desk, kind, spec, name)
    options |= {key: _amount_of(spec.get(key)) for key in AMOUNTS if key in kind.options_schema and spec.get(key)}
    if spec.get("similar") is not None and (not kind.compared or (thing is not None and "." in thing.name)):
        message = f"`{name}`: only texts of a record itself are compared, no {kind.kind} and nothing in its lines"
        desk.report("E-KEY-009", message, spec.key_at("similar"))
    if not kind.holds:
        desk.note(f"type: {kind.kind}", spec.key_at("type"))
    if kind.kind == "lines":
        options["of"] = f"{thing.name}.{name}" if thing is not None else name
    try:
        return with_defaults(desk, kind(**_common(desk, spec, name), **options))
    except (TypeError, ValueError) as error:  # a plugin's kind may refuse what its schema let pass
        desk.report("E-KEY-009", f"`{name}`: {error}", spec.at)
        return kind(**_common(desk, spec, name))


AMOUNTS = ("currency", "unit")


def _amount_of(node: Node | None) -> Literal:
    """A fixed currency or unit is part of the type from the first; one that the row gives is not known before."""
    text = node.text if isinstance(node, Scalar) else ""
    return Literal("" if text.startswith(("=", "＝")) else text)


def with_defaults(desk: Desk, field: Field) -> Field:
    """What a kind takes from the app: the currency of money, the units, the time zone of moments."""
    held = {one.name for one in attributes_of(field)}
    if "currency" in held and getattr(field, "currency") is None and desk.currency:  # noqa: B009
        return replace(field, currency=Literal(desk.currency))  # type: ignore[call-arg]
    if "options" in held and field.kind == "unit" and desk.units:
        return replace(field, options=desk.units)  # type: ignore[call-arg]
    if "timezone" in held:
        return replace(field, timezone=desk.timezone)  # type: ignore[call-arg]
    return field


def _common(desk: Desk, spec: Map, name: str) -> dict[str, Any]:
    """The options that every kind has, without expressions."""
    required, copied = spec.get("required"), word(spec.get("copy"))
    return {
        "name": name,
        "label": desk.label(spec.get("name"), name),
        "help": desk.fixed(spec.get("help"), "help"),
        "placeholder": desk.fixed(spec.get("placeholder"), "placeholder"),
        "also": words(spec.get("also")),
        "required": flag(required),
        "unique": flag(spec.get("unique")),
        "refill": words(spec.get("refill")),
        "copy": tuple(copied.split(".")) if copied else (),
        "search": flag(spec.get("search")),
        "similar": word(spec.get("similar")) == "warn",
        "personal": flag(spec.get("personal")),
        "readonly": flag(spec.get("readonly")),
        "was": word(spec.get("was")),
    }


def _options(desk: Desk, kind: type[Field], spec: Map, name: str) -> dict[str, Any]:
    """The kind's own options, read by the slots that it declares; a key of another kind is reported."""
    slots = slots_in(kind.options_schema)
    found: dict[str, Any] = {}
    for pair in spec:
        key = pair.key.text
        if key in slots:
            notation, attribute = slots[key]
            if notation not in DEFERRED and _valid(desk, kind, pair.key, pair.value):
                value = _option(desk, notation, pair.value, kind.options_schema[key])
                value = _existing(desk, pair.value) if key == "to" else value
                found |= {} if value is None else {attribute: value}
        elif key not in (*COMMON_NAMES, LOCAL) and not (key in LATER_NAMES and key not in EVERY_KIND_KEY):
            known = (*slots, *COMMON_NAMES)
            hint = limit_meant(key, known) or did_you_mean(key, known)
            desk.report("E-KEY-001", f"a field of type {kind.kind} has no key `{key}`", pair.key.at, hint)
    missing = [key for key in _needed(kind) if spec.get(key) is None]
    for key in missing:
        desk.report(
            "E-KEY-002",
            f"the key `{key}` is missing in `{name}`",
            spec.at,
            str(kind.options_schema[key].get("description", "")),
        )
    return found


def _existing(desk: Desk, node: Node) -> tuple[str, ...]:
    """The targets of a link that there are."""
    known = [one.name for one in desk.outline.things.values() if one.kind in ("object", "lines")]
    return desk.some_of(node, known, "object", "E-REF-002")


def _needed(kind: type[Field]) -> tuple[str, ...]:
    needed = {"lines": ("fields",), **dict.fromkeys(("link", "links"), ("to",))}
    return {**needed, **dict.fromkeys(("choice", "choices"), ("options",))}.get(kind.kind, ())


def _valid(desk: Desk, kind: type[Field], key: Scalar, node: Node) -> bool:
    """Whether an option fits the kind's JSON Schema."""
    plain = to_plain(node)
    schema = kind.options_schema[key.text]
    if schema.get("type") == "string" and isinstance(plain, int):
        plain = word(node)
    wrong = "" if "slot" in schema else misfit(plain, schema)
    if wrong:
        desk.report("E-KEY-009", f"`{key.text}`: {wrong}", node.at)
    return not wrong


def _option(desk: Desk, notation: str, node: Node, schema: Mapping[str, Any]) -> Any:
    match notation:
        case "pattern":
            return _pieces(desk, node)
        case "{n: L+color}":
            return {
                name: Option(desk.label(part.get("name"), name), word(part.get("color")), word(part.get("was")))
                for name, part in maps(node)
            }
        case "N[]" | "R[]":
            return words(node)
    if isinstance(node, List):
        return words(node)
    if not isinstance(node, Scalar):
        return None
    match schema.get("type"):
        case "boolean":
            return node.text == "true"
        case "integer" if INTEGER.match(node.text):
            return int(node.text)
    return node.text


def _pieces(desk: Desk, node: Node) -> Any:
    try:
        return pieces(word(node))
    except Unfit as reason:
        desk.report("E-KEY-009", reason.message.to("en"), node.at)
        return None


def signature(desk: Desk, name: str) -> Signature | None:
    """A decision as a function: one result has its type, several are named."""
    spec = desk.outline.decisions[name]
    inputs = tuple((key, desk.outline.input_type(part, key)) for key, part in maps(spec.get("inputs")))
    gives = spec.get("gives")
    if not isinstance(gives, Map):
        return None
    if isinstance(gives.get("type"), Scalar):
        kind = desk.outline.input_type(gives, name)
        return Signature(name, inputs, list_of(kind) if word(spec.get("hit")) == "all" else kind)
    results: Mapping[str, Type] = {key: desk.outline.input_type(part, key) for key, part in maps(gives)}
    return Signature(name, inputs, record_of(name), results)
