"""Puts an app together: its own keys, menu, seed rows, and all nouns. Judges nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from zoneinfo import available_timezones

from engine.definitions.app import App, MenuEntry
from engine.definitions.building.access import grants, roles
from engine.definitions.building.alerts import alerts
from engine.definitions.building.automations import automations
from engine.definitions.building.calendars import calendars
from engine.definitions.building.cards import dashboards, view_of
from engine.definitions.building.decisions import decisions
from engine.definitions.building.declared import Place, Reader
from engine.definitions.building.documents import documents
from engine.definitions.building.failing import judged
from engine.definitions.building.fields import inputs
from engine.definitions.building.flows import flows, with_choices
from engine.definitions.building.naming import check_names
from engine.definitions.building.objects import objects
from engine.definitions.building.ordering import ordered
from engine.definitions.building.questions import reports
from engine.definitions.building.registers import finished, registers
from engine.definitions.building.samples import people_of, samples, seeds
from engine.definitions.building.seed_rows import judge
from engine.definitions.building.storing import settled
from engine.definitions.building.tests import tests
from engine.definitions.desks import Desk, scalars, word
from engine.definitions.flows import Flow
from engine.definitions.language import SHAPES
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar, to_plain
from engine.definitions.outlines import PEOPLE, RECORD, maps
from engine.definitions.registers import Period
from engine.expressions.types import USER
from engine.kinds.fields.base import Field
from engine.kinds.fields.currency import codes, currency_meant
from engine.suggest import did_you_mean

VERSIONED = re.compile(r"[^\W\d]\w*@\d+(\.\d+)*\Z")


def build(desk: Desk, tree: Map, texts: Mapping[str, str]) -> App:
    """The app, complete where nothing was wrong; what could not be built is missing in it and reported."""
    name = word(tree.get("app"), "app")
    _check_timezone(desk, tree.get("timezone"))
    _check_names(desk, tree)
    check_names(desk, tree)
    decided = decisions(desk, tree.get("decisions"))
    built = settled(objects(desk), decided)
    kept = finished(registers(desk, tree.get("registers")), built)
    built, circles = ordered(built, kept, decided)
    desk.problems += circles
    built = judged(built, kept)
    told = {key: _stamped(one, tree) for key, one in flows(desk, tree.get("flows")).items()}
    built = with_choices(built, told)
    watched = alerts(desk, tree.get("alerts"))
    times = calendars(desk, tree.get("calendars"))
    for _, spec in maps(tree.get("calendars")):
        _check_timezone(desk, spec.get("timezone"))
    asked, boards = reports(desk, tree.get("reports")), dashboards(desk, tree.get("dashboards"))
    _check_rows(desk, tree)
    _check_needs(desk, tree.get("needs"))
    return App(
        name=name,
        label=desk.label(tree.get("name"), name),
        languages=desk.languages,
        timezone=desk.timezone,
        currency=desk.currency,
        objects=built,
        registers=kept,
        flows=told,
        automations=automations(desk, tree.get("automations"), told, watched),
        alerts=watched,
        reports=asked,
        dashboards=boards,
        calendars=times,
        calendar=_calendar(desk, tree, tuple(times)),
        decisions=decided,
        documents=documents(desk, tree.get("documents")),
        periods=_periods(desk, tree.get("periods")),
        declared=_declared(desk, tree),
        roles=roles(desk, tree.get("roles")),
        grants=grants(desk, tree.get("access")),
        menu=_menu(desk, tree.get("menu")),
        data=seeds(desk, tree.get("data")),
        tests=tests(desk, tree),
        samples=samples(desk, tree.get("samples")),
        texts=dict(texts),
        version=digest(texts),
        spaces=desk.outline.spaces,
    )


def _check_needs(desk: Desk, node: Node | None) -> None:
    """`needs: {crm: crm@1}`: a name here, and which version of which app."""
    for pair in node if isinstance(node, Map) else ():
        if isinstance(pair.value, Scalar) and not VERSIONED.match(pair.value.text):
            message = f"`{pair.value.text}` does not say which version of which app `{pair.key.text}` is"
            desk.report("E-KEY-009", message, pair.value.at, f"write `{pair.key.text}: {pair.key.text}@1`")


def _check_rows(desk: Desk, tree: Map) -> None:
    """Seed rows among themselves; sample rows together with them and the sample people."""
    told = tree.get("samples")
    people = people_of(told)
    judge(desk, [tree.get("data"), told.get("rows") if isinstance(told, Map) else None], people)


def digest(texts: Mapping[str, str]) -> str:
    """The content hash of an app's files."""
    found = hashlib.sha256()
    for name in sorted(texts):
        found.update(f"{name}\0{len(texts[name])}\0{texts[name]}".encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def _stamped(flow: Flow, tree: Map) -> Flow:
    """The flow with a digest of what was written."""
    node = tree.get("flows")
    spec = node.get(flow.name) if isinstance(node, Map) else None
    text = json.dumps(to_plain(spec), ensure_ascii=False, sort_keys=True)
    return replace(flow, digest=hashlib.sha256(text.encode()).hexdigest())


def _calendar(desk: Desk, tree: Map, declared: tuple[str, ...]) -> str:
    """The calendar whose working time counts: the one that is named, or the only one."""
    node = tree.get("calendar")
    if node is None and len(declared) > 1:
        desk.report(
            "W-CAL-001",
            "none of these calendars counts for the app",
            tree.key_at("calendars"),
            f"write `calendar: {declared[0]}` beside them",
            "warning",
        )
    return desk.named(node, "calendar") or (declared[0] if len(declared) == 1 else "")


def _periods(desk: Desk, node: Node | None) -> dict[str, Period]:
    """The gates of registers; a register is closed by one of them."""
    closed: dict[str, str] = {}
    for name, spec in maps(node):
        for item in scalars(spec.get("of")):
            if closed.setdefault(item.text, name) != name:
                message = f"two periods close {item.text}: `{closed[item.text]}` and `{name}`"
                desk.report("E-APP-005", message, item.at, "name it in one of them")
    return {name: _period(desk, name, spec) for name, spec in maps(node)}


def _period(desk: Desk, name: str, spec: Map) -> Period:
    known = [one.name for one in desk.outline.things.values() if one.kind == "register"]
    found = desk.some_of(spec.get("of"), known, "register", "E-REF-005")
    for item in scalars(spec.get("of")):
        register = desk.outline.things.get(item.text)
        if register is not None and register.kind == "register" and word(register.spec.get("dated")) == "false":
            message = f"the register `{item.text}` has no days that could be closed"
            desk.report("E-APP-008", message, item.at, "leave it out, or take `dated: false` away from it")
    by = desk.who(spec.get("by"), Scope(desk.outline))
    return Period(name, desk.label(spec.get("name"), name), found, by, spec.at)


def _declared(desk: Desk, tree: Map) -> dict[str, object]:
    """What the app itself declares beyond what runs: own fields of people, further currencies and their rates."""
    currency, own = tree.get("currency"), tree.get("users")
    people_fields = _own_fields(desk, own.get("fields")) if isinstance(own, Map) else {}
    found: dict[str, object] = {PEOPLE: people_fields} if people_fields else {}
    if not isinstance(currency, Map):
        return found
    for item in (*scalars(currency.get("base")), *scalars(currency.get("others"))):
        if item.text not in codes():
            hint = currency_meant(item.text)
            desk.report("E-APP-006", f"there is no currency `{item.text}`", item.at, hint)
    reader = Reader(desk, Place(Scope(desk.outline)))
    return {**found, "currency": reader.later(currency, SHAPES["currency"])}


def _own_fields(desk: Desk, node: Node | None) -> dict[str, Field]:
    """Own fields of people, each of a name that nobody has of everybody."""
    for name, spec in maps(node):
        if name in desk.outline.things["user"].fields or name in RECORD:
            message = f"`{name}` is a field that everybody has"
            desk.report("E-FLD-003", message, spec.at, "take another name")
    return inputs(desk, node, Scope(desk.outline, this=USER))


def _check_timezone(desk: Desk, node: Node | None) -> None:
    if isinstance(node, Scalar) and node.text not in timezones():
        desk.report(
            "E-APP-001",
            f"there is no time zone `{node.text}`",
            node.at,
            "write a name such as `Asia/Shanghai` or `Europe/Berlin`",
        )


@cache
def timezones() -> frozenset[str]:
    """The zones of the IANA list, without the files beside them that depend on the machine."""
    return frozenset(available_timezones()) - {"localtime", "posixrules", "Factory"}


def _check_names(desk: Desk, tree: Map) -> None:
    """Objects, registers, reports and decisions share one name space: an expression names them bare."""
    seen: dict[str, str] = {"user": "the people of every app"}
    for key in ("objects", "registers", "reports", "decisions"):
        node = tree.get(key)
        for pair in node if isinstance(node, Map) else ():
            name = pair.key.text
            if name in seen:
                desk.report("E-APP-003", f"`{name}` is taken: {seen[name]}", pair.key.at, "take another name")
            seen.setdefault(name, f"one of the {key}")


def _menu(desk: Desk, node: Node | None) -> tuple[MenuEntry, ...]:
    items = [item for item in node if isinstance(item, Map)] if isinstance(node, List) else []
    return tuple(one for item in items if (one := _entry(desk, item)) is not None)


def _entry(desk: Desk, spec: Map) -> MenuEntry | None:
    icon = word(spec.get("icon"))
    if spec.get("items") is not None:
        return MenuEntry(desk.label(spec.get("name"), "menu"), icon, "group", "", _menu(desk, spec.get("items")))
    node = spec.get("of")
    if not isinstance(node, Scalar):
        desk.report(
            "E-MNU-001", "the entry leads nowhere", spec.at, "name an object, report or dashboard, or add `items:`"
        )
        return None
    kinds = {
        **{one.name: one.kind for one in desk.outline.things.values() if one.kind in ("object", "register", "report")},
        **dict.fromkeys(desk.known("dashboard"), "dashboard"),
    }
    if "." in node.text and node.text not in kinds:
        return _view_entry(desk, spec, node, icon)
    if node.text not in kinds:
        desk.report(
            "E-REF-015",
            f"there is no object, report or dashboard `{node.text}`",
            node.at,
            did_you_mean(node.text, kinds),
        )
        return None
    label = desk.label(spec.get("name") or desk.names_of.get(node.text), node.text)
    return MenuEntry(label, icon, kinds[node.text], node.text)


def _view_entry(desk: Desk, spec: Map, node: Scalar, icon: str) -> MenuEntry | None:
    """`object.view`: the list as that view shows it; called as the view is."""
    target, view = view_of(desk, node)
    if not view:
        return None
    views = desk.outline.things[target].spec.get("views")
    shown = views.get(view) if isinstance(views, Map) else None
    given = spec.get("name") or (shown.get("name") if isinstance(shown, Map) else None)
    return MenuEntry(desk.label(given, view), icon, "object", target, view=view)
