"""What steps of flows hide from whoever is asked there (`hide`), by record, as the definition says it with which
the approval was started.

While something waits for a person at such a step, the fields are hidden from them in that record whatever their roles
show, and in lists and totals of the object nothing can be found by them. Who may read the record because of the
approval alone does not see them afterwards either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from engine.definitions import blocks
from engine.definitions.app import App
from engine.definitions.flows import Approve
from engine.definitions.objects import Object
from engine.definitions.renames import Renames
from engine.runtime.services.approvals import pinning
from engine.runtime.services.records import Record
from engine.runtime.services.rights.granting import unbound
from engine.runtime.storage import veil_rows
from engine.runtime.storage.live import Tx

NOTHING: frozenset[str] = frozenset()
Hiding: TypeAlias = "Mapping[tuple[str, str], tuple[str, ...]]"    # (flow, step) → the fields that it hides


def hiding(tx: Tx, version: int) -> Hiding:
    """What the flows hide in a version of the app, as the fields are called now; worked out once in a process."""
    if version not in tx.live.hidden:
        app = pinning.app_at(tx, version)
        names = _names(tx.app, app)
        tx.live.hidden[version] = {
            (flow.name, step.name): tuple(names.get((flow.object, name), name) for name in step.hide)
            for flow in app.flows.values()
            for _, step in blocks.walk(flow) if isinstance(step, Approve) and step.hide
        }
    return tx.live.hidden[version]


def _names(live: App, former: App) -> Mapping[tuple[str, str], str]:
    """(object, field) as another version calls them → the field as it is called now; of lines `lines.cost`."""
    renames, found = Renames(former, live), {}
    for obj in live.objects.values() if former is not live else ():
        of = live.objects[obj.owner] if obj.owner else obj
        thing, now, was = renames.thing(of.name), obj.owner_field, renames.field(of.name, obj.owner_field)
        for name in obj.fields:
            old = renames.field(obj.name, name)
            found[thing, f"{was}.{old}" if obj.owner else old] = f"{now}.{name}" if obj.owner else name
    return found


def over(tx: Tx, object: str) -> Mapping[int, frozenset[str]]:
    """Record → what is hidden from the actor there, as something waits for them. Asked once in a transaction."""
    if tx.actor.kind != "user" or unbound(tx.actor) or object not in tx.live.veiling:
        return {}
    if (tx.actor.id, object) not in tx.veils:
        names = {name for _, name in hiding(tx, tx.live.version)}
        found: dict[int, frozenset[str]] = {}
        for record, version, flow, step in veil_rows.asked_at(tx, object, tx.actor.id, names):
            found[record] = found.get(record, NOTHING) | frozenset(hiding(tx, version).get((flow, step), ()))
        tx.veils[tx.actor.id, object] = found
    return tx.veils[tx.actor.id, object]


def of(record: Record) -> frozenset[str]:
    """What is hidden from the actor in a record, as something waits for them."""
    return over(record.session.tx, record.root.object).get(record.root.id or 0, NOTHING)


def everywhere(tx: Tx, obj: Object, names: frozenset[str]) -> frozenset[str]:
    """The names that are hidden in no record of an object."""
    veiled = {name for some in over(tx, obj.owner or obj.name).values() for name in some}
    return without(names, veiled, obj.owner_field)


def lifted(names: frozenset[str], obj: Object, record: Record) -> frozenset[str]:
    """What somebody sees of a record who may read it because of its approvals alone."""
    return without(names, of_reader(record.root), obj.owner_field)


def of_reader(record: Record) -> frozenset[str]:
    """What is hidden in a record that the actor may read because of its approvals alone."""
    tx = record.session.tx
    if record.id is None or tx.actor.kind != "user":
        return NOTHING
    object = record.object
    names = {name for _, name in hiding(tx, tx.live.version)}
    found: set[str] = set()
    for _, version, flow, step in veil_rows.asked_at(tx, object, tx.actor.id, names, record=record.id):
        found.update(hiding(tx, version).get((flow, step), ()))
    for version, gone in veil_rows.handed_on(tx, object, tx.actor.id, record.id):
        for (flow, _), hidden in hiding(tx, version).items():
            found.update(hidden if flow == gone else ())
    return frozenset(found)


def without(names: frozenset[str], hidden: Iterable[str], lines: str = "") -> frozenset[str]:
    """The names that are left; hidden lines hide all of their columns. `lines`: the names are columns of these."""
    gone = set(hidden)
    if not gone:
        return names
    before = f"{lines}." if lines else ""
    return frozenset(name for name in names if not _within(f"{before}{name}", gone))


def _within(path: str, gone: set[str]) -> bool:
    return path in gone or path.partition(".")[0] in gone
