"""What one transaction has loaded, and how: whatever is asked of one row is loaded for the rows that came with it.

A list asks row after row for what it links to, for its lines, for a balance. The first to ask has all rows of its kind
answered with one statement, so that no page takes more statements for more rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from engine.definitions.objects import Object
from engine.expressions.values import Ref
from engine.runtime.services.records import PEOPLE, Record
from engine.runtime.storage import rows

if TYPE_CHECKING:
    from engine.runtime.services.sessions import Session

AT_ONCE = 500                                  # rows that are loaded because others came with them


class Loader:
    """The rows in hand by object and id; each is loaded once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.records: dict[tuple[str, int], Record] = {}
        self._unread: list[Record] = []        # loaded rows whose links nobody has looked at
        self.also: Loader | None = None        # follows the links of what is loaded here too
        self._linked: dict[str, dict[int, None]] = {}   # object → ids that loaded rows link to, in their order

    def record(self, ref: Ref) -> Record | None:
        """The record or line behind a link, loaded together with others of its object that loaded rows link to."""
        known = self.records.get((ref.object, ref.id))
        if known is None:
            self.prefetch(self._beside(ref))
            known = self.records.get((ref.object, ref.id))
        return known

    def _beside(self, ref: Ref) -> Iterator[Ref]:
        """The link and others that will be followed next."""
        yield ref
        for record in self._unread:
            for link in _links(record):
                self._linked.setdefault(link.object, {})[link.id] = None
        self._unread.clear()
        waiting = self._linked.get(ref.object, {})
        for id in list(islice(waiting, AT_ONCE)):
            del waiting[id]
            yield Ref(ref.object, id)

    def prefetch(self, refs: Iterable[Ref]) -> None:
        """Load many records with one statement per object."""
        live = self.session.tx.live
        wanted: dict[str, set[int]] = {}
        for ref in refs:
            if (ref.object, ref.id) not in self.records:
                wanted.setdefault(ref.object, set()).add(ref.id)
        for name, ids in wanted.items():
            obj = live.object(name)
            self.adopt_all(obj, rows.fetch(self.session.tx, obj, ids))
        found = (self.records.get((n, i)) for n, ids in wanted.items() if live.object(n).owner for i in ids)
        lines = [record for record in found if record is not None and record.parent is None]
        if lines:
            self._attach_parents(lines)

    def _attach_parents(self, lines: Sequence[Record]) -> None:
        """Give lines that were loaded by themselves their parents, and make them members of the parents' lists."""
        by_owner: dict[str, set[int]] = {}
        for line in lines:
            by_owner.setdefault(line.definition.owner, set()).add(int(line.system["parent"]))
        self.prefetch(Ref(owner, id) for owner, ids in by_owner.items() for id in ids)
        for line in lines:
            line.parent = self.records[line.definition.owner, int(line.system["parent"])]

    def adopt_all(self, obj: Object, fetched: Iterable[Mapping[Any, Any]]) -> list[Record]:
        """The records of rows that were fetched together."""
        mates: list[Record] = []
        return [self.adopt(obj, row, mates) for row in fetched]

    def adopt(self, obj: Object, row: Mapping[Any, Any], mates: list[Record] | None = None) -> Record:
        """The record of a fetched row; the one already in hand wins."""
        id = int(row["id"])
        known = self.records.get((obj.name, id))
        if known is not None:
            return known
        record = Record(self.session, obj, id=id)
        record.load(row)
        if obj.owner:
            record.position = int(record.system.get("position") or 0)
        if mates is not None:
            record.mates = mates
            mates.append(record)
        self.records[obj.name, id] = record
        self._unread.append(record)
        if self.also is not None:
            self.also._unread.append(record)
        return record

    def lines(self, record: Record, name: str) -> list[Record]:
        """The lines of one record; those that were loaded with it get theirs too."""
        self.prefetch_lines([record, *islice((r for r in record.mates if name not in r.children), AT_ONCE)], name)
        return record.children[name]

    def prefetch_lines(self, records: Sequence[Record], name: str) -> None:
        """Load the lines of many records of one object with one statement."""
        waiting = {r.id: r for r in records if r.id is not None and name not in r.children}
        if not waiting:
            return
        obj = self.session.tx.live.object(f"{next(iter(waiting.values())).object}.{name}")
        for record in waiting.values():
            record.children[name] = []
        for line in self.adopt_all(obj, rows.fetch_lines(self.session.tx, obj, waiting)):
            parent = waiting[int(line.system["parent"])]
            line.parent = parent
            parent.children[name].append(line)


def _links(record: Record) -> Iterator[Ref]:
    """What a loaded row links to, whoever made and changed it included."""
    for value in record.values.values():
        if isinstance(value, Ref):
            yield value
        elif isinstance(value, tuple):
            yield from (one for one in value if isinstance(one, Ref))
    for name in PEOPLE:
        user = record.system.get(name)
        if user is not None:
            yield Ref("user", int(user))
