"""By what the records of the live version are called, for fields that become links or were some: their titles as people
see them, and their keys. Reads as the engine, changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.definitions.objects import Object
from engine.expressions.values import ErrorValue, Key, Ref
from engine.kinds.fields.base import Unfit
from engine.runtime.services.sessions import Session
from engine.runtime.storage import lookups, queries, rows
from engine.runtime.storage.live import Tx

BATCH = 500
MOST = 100_000                                 # records of an object whose titles are read; keys serve any number


class Called:
    """Implements `Names` on one transaction."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.session = Session(tx)
        self._titles: dict[str, dict[str, list[int]]] = {}
        self._found: dict[tuple[str, str], Sequence[int]] = {}

    def found(self, thing: str, text: str) -> Sequence[int]:
        """The records of an object whose key is this text, else those whose title it is."""
        known = self._found.get((thing, text))
        if known is None:
            obj = self.tx.app.objects.get(thing)
            known = () if obj is None else self._by_key(obj, text) or self._by_title(obj).get(text.casefold(), ())
            self._found[thing, text] = known
        return known

    def called(self, thing: str, id: int) -> Sequence[str]:
        """The title of a record and its key; nothing where there is no such record."""
        record = self.session.record(Ref(thing, id)) if thing in self.tx.app.objects else None
        if record is None:
            return ()
        parts = [record.get(name) for name in record.definition.key]
        named = [(name, part) for name, part in zip(record.definition.key, parts, strict=True)
                 if part is not None and not isinstance(part, ErrorValue)]
        key = "/".join(record.definition.fields[name].format(part, self.session.language) for name, part in named)
        return tuple(filter(None, (self.session.title(record), key)))

    def load(self, refs: Iterable[Ref]) -> None:
        """Many will be asked for."""
        self.session.prefetch(ref for ref in refs if ref.object in self.tx.app.objects)

    def _by_key(self, obj: Object, text: str) -> Sequence[int]:
        if obj.name == "user" or len(obj.key) != 1:
            one = queries.find(self.tx, obj, text)
            return () if one is None else (one,)
        field = obj.fields.get(obj.key[0])
        try:
            value = None if field is None or not field.stored else field.parse(text)
        except Unfit:
            return ()
        if value is None or isinstance(value, Key):
            return ()
        return lookups.ids_by(self.tx, obj, obj.key, [(value,)]).get((value,), ())

    def _by_title(self, obj: Object) -> dict[str, list[int]]:
        """Title → the records that have it; nothing for an object of more records than are read."""
        if obj.name not in self._titles:
            found: dict[str, list[int]] = {}
            last = 0
            few = queries.number_of(self.tx, obj) <= MOST
            while few and (ids := queries.ids_after(self.tx, obj, last, BATCH)):
                session = Session(self.tx)
                for row in rows.fetch(self.tx, obj, ids):
                    record = session.adopt(obj, row)
                    if record.system.get("deleted_at") is None:
                        found.setdefault(session.title(record).strip().casefold(), []).append(record.id or 0)
                last = ids[-1]
            self._titles[obj.name] = found
        return self._titles[obj.name]
