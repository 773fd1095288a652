"""`verify`: every balance is recomputed, from the movements and from the documents themselves, and compared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.definitions.objects import Object
from engine.definitions.registers import Register, Valued
from engine.expressions.values import ErrorValue, Ref, Value
from engine.runtime.services import saving
from engine.runtime.services.automation import sweeping
from engine.runtime.services.records import Record
from engine.runtime.services.registers import postings, revaluing, valuation
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage import balance_checks, balances, flow_rows, queries, rows, search_index, value_rows
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.balance_checks import Mismatch
from engine.runtime.storage.live import Tx

BATCH = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that does not agree. `what`: balance, level, month, day, movement, value, document, formula, status,
    search or history (of an approval; nothing repairs it); `text` names it. Of the site itself, with a blank `app`:
    trail, which nothing repairs either."""

    app: str
    what: str
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.app or 'site'}: {self.what} {self.place}: {self.text}"


def verify(site: Site, app: str, *, repair: bool = False) -> list[Difference]:
    """All differences of an app; with `repair` they are also put right (the list says what was found before): nobody
    writes in the app meanwhile, since sums and what is kept are read one after the other."""
    if repair:
        return site.run(app, SERVICE, lambda tx: list(_all(tx, repair=True)), alone=True)
    with site.read(app, SERVICE) as tx:
        return list(_all(tx, repair=False))


def _all(tx: Tx, *, repair: bool) -> Iterator[Difference]:
    for register in tx.app.registers.values():
        found = list(balance_checks.mismatches(tx, register))
        for mismatch in found:
            yield Difference(tx.app.name, mismatch.what, _place(mismatch), _text(mismatch))
        if repair and found:
            balance_checks.repair(tx, register, found)
        yield from _abandoned(tx, register, repair=repair)
        for valued in register.valued.values():
            yield from _values(tx, register, valued, repair=repair)
    for id in flow_rows.broken(tx):
        yield Difference(tx.app.name, "history", f"approval {id}", "is not as it was written")
    booked = {name: balance_checks.bookers(tx, register) for name, register in tx.app.registers.items()}
    for obj in tx.app.objects.values():
        registers = [name for name, objects in booked.items() if obj.name in objects]
        if not obj.owner and obj.name != "user":
            yield from _documents(tx, obj, registers, repair=repair)


def _place(mismatch: Mismatch) -> str:
    """The register with the keys of the row, or the month."""
    keys = ("" if key is None else f"{key.object} {key.id}" if isinstance(key, Ref) else str(key)
            for key in mismatch.keys)
    return f"{mismatch.register}[{', '.join(keys) or mismatch.month or ''}]"


def _text(mismatch: Mismatch) -> str:
    if mismatch.what == "day":
        return f"was moved up to {mismatch.last_on}"
    if mismatch.what == "movement":
        return f"{_figures(mismatch.kept)} booked in a row that is not there"
    return f"{_figures(mismatch.kept)} ≠ {_figures(mismatch.summed)}"


def _figures(measures: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{name} {amount.normalize():f}" for name, amount in measures.items())


def _abandoned(tx: Tx, register: Register, *, repair: bool) -> Iterator[Difference]:
    """What stands booked by documents of which there is no row."""
    session = Session(tx)
    for object, id in balance_checks.abandoned(tx, register):
        booked = balances.booked(tx, register, [(object, id)])
        if booked:
            yield Difference(tx.app.name, "document", f"{object} {id} → {register.name}", "booked, and is no more")
        if booked and repair:
            postings.withdraw(session, register, booked)


def _values(tx: Tx, register: Register, valued: Valued, *, repair: bool) -> Iterator[Difference]:
    """What lines are worth that is not what the whole course of their group makes it."""
    for group in value_rows.groups(tx, register, valued):
        session = Session(tx)
        found = valuation.adjustments(session, register, valued, group, dt.date.min)
        for one in found:
            place = f"{register.name}.{valued.measure} of {one.object} {one.doc} on {one.day}"
            yield Difference(tx.app.name, "value", place, f"{one.amount:+}")
        if repair and found:
            revaluing.book(session, register, valued, group, dt.date.min, found)


def _documents(tx: Tx, obj: Object, registers: Sequence[str], *, repair: bool) -> Iterator[Difference]:
    """The records of an object against what they have booked, in these registers, and what they keep."""
    last = 0
    while ids := queries.ids_after(tx, obj, last, BATCH):
        session = Session(tx)
        documents = session.adopt_all(obj, rows.fetch(tx, obj, ids))
        for name in obj.lines:
            session.prefetch_lines(documents, name)
        for document in documents:
            document.deleted = document.system.get("deleted_at") is not None
        wrong = postings.differences(session, documents, anew=registers) if obj.posts or registers else []
        for one in wrong:
            yield Difference(tx.app.name, "document", f"{obj.name} {one.document.id} → {one.register}", one.text)
        waiting = obj in sweeping.swept(tx.app)            # its states follow the day, by the sweep after midnight
        stale = [document for document in documents if saving.stale(document)]
        for document in stale:
            yield from _formulas(tx, document)
        for document in [] if waiting else documents:
            status = saving.derived_status(session, document)
            if status != document.status:
                stale.append(document)
                yield Difference(tx.app.name, "status", f"{obj.name} {document.id}", f"{document.status} ≠ {status}")
        yield from _texts(session, documents, repair=repair)
        if repair:
            bookable = list(dict.fromkeys(one.document for one in wrong if one.bookable))
            session.hold(bookable)
            settled = postings.settle(session, bookable, anew=registers)
            session.hold(stale)
            for document in dict.fromkeys((*settled, *stale)):
                saving.refresh(session, document)
        last = ids[-1]


def _texts(session: Session, documents: list[Record], *, repair: bool) -> Iterator[Difference]:
    """Records that are found by other words than they should, or that the index does not know so."""
    tx, number = session.tx, session.tx.live.numbers[documents[0].object]
    texts = {document.id or 0: saving.found_by(document) for document in documents}
    lost = set(search_index.wrong(tx.connection, number, texts))
    lost |= {document.id or 0 for document in documents if document.found_by != texts[document.id or 0]}
    for id in sorted(lost):
        yield Difference(tx.app.name, "search", f"{documents[0].object} {id}", texts.get(id, "").strip() or "–")
    if repair and lost:
        for document in documents:
            if document.id in lost:
                saving.reword(session, document, texts[document.id])
        search_index.write(tx.connection, number, {id: texts.get(id, "") for id in lost})


def _formulas(tx: Tx, document: Record) -> Iterator[Difference]:
    """The kept formulas of a record and its lines that are not what they would be now."""
    for part in (document, *document.all_lines()):
        for name in saving.stale_formulas(part):
            kept, now = _said(part.values.get(name)), _said(part.computed(name))
            yield Difference(tx.app.name, "formula", f"{part.object} {part.id}.{name}", f"{kept} ≠ {now}")


def _said(value: Value) -> str:
    return value.code if isinstance(value, ErrorValue) else "" if value is None else str(value)
