"""What steps of flows hide from whoever is asked there (`hide`), by record, as the live definition says it.

While something waits for a person at such a step, the fields are hidden from them in that record whatever their roles
show, and in lists and totals of the object nothing can be found by them. Who may read the record because of the
approval alone does not see them afterwards either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.definitions import blocks
from engine.definitions.app import App
from engine.definitions.flows import Approve
from engine.definitions.objects import Object
from engine.runtime.services.granting import unbound
from engine.runtime.services.records import Record
from engine.runtime.storage import veil_rows
from engine.runtime.storage.live import Tx

NOTHING: frozenset[str] = frozenset()


def hiding(app: App, object: str) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """(flow, step) → the fields that it hides, of the flows over an object."""
    return {
        (flow.name, step.name): step.hide
        for flow in app.flows.values() if flow.object == object
        for _, step in blocks.walk(flow) if isinstance(step, Approve) and step.hide
    }


def over(tx: Tx, object: str) -> Mapping[int, frozenset[str]]:
    """Record → what is hidden from the actor there, as something waits for them. Asked once in a transaction."""
    if tx.actor.kind != "user" or unbound(tx.actor) or object not in tx.live.veiling:
        return {}
    if object not in tx.veils:
        steps = hiding(tx.app, object)
        found: dict[int, frozenset[str]] = {}
        for record, flow, step in veil_rows.asked_at(tx, object, tx.actor.id, {name for _, name in steps}):
            found[record] = found.get(record, NOTHING) | frozenset(steps.get((flow, step), ()))
        tx.veils[object] = found
    return tx.veils[object]


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
    if record.id is None or tx.actor.kind != "user" or record.object not in tx.live.veiling:
        return NOTHING
    steps = hiding(tx.app, record.object)
    asked = veil_rows.asked_at(tx, record.object, tx.actor.id, {name for _, name in steps}, record=record.id)
    gone = veil_rows.handed_on(tx, record.object, tx.actor.id, record.id)
    handed = {name for (flow, _), names in steps.items() if flow in gone for name in names}
    return frozenset(name for _, flow, step in asked for name in steps.get((flow, step), ())) | handed


def without(names: frozenset[str], hidden: Iterable[str], lines: str = "") -> frozenset[str]:
    """The names that are left; hidden lines hide all of their columns. `lines`: the names are columns of these."""
    gone = set(hidden)
    if not gone:
        return names
    before = f"{lines}." if lines else ""
    return frozenset(name for name in names if not _within(f"{before}{name}", gone))


def _within(path: str, gone: set[str]) -> bool:
    return path in gone or path.partition(".")[0] in gone
