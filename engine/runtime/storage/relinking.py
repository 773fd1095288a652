"""Values of a field that becomes a link, or was one: texts find the record whose key or title they are, links become
what their record is called. What records are called is asked of the services; reads, and writes record by record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection, Table, column, delete, insert, select, update
from sqlalchemy import table as named_table

from engine.expressions.values import Key, Ref
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.link import SEVERAL, Link
from engine.kinds.fields.links import Links
from engine.runtime.storage.operations import Operation
from engine.texts import Text, say, within

SHOWN = 5
CHUNK = 500


class Names(Protocol):
    """By what the records of the live version are called."""

    def found(self, thing: str, text: str) -> Sequence[int]:
        """The records of an object whose key is this text, else those whose title it is."""
        ...

    def called(self, thing: str, id: int) -> Sequence[str]:
        """The title of a record and its key; nothing where there is no such record."""
        ...

    def load(self, refs: Iterable[Ref]) -> None:
        """Many will be asked for."""
        ...


@dataclass(slots=True)
class Relinked:
    """`rows` have a value, `misfits` of them one that cannot be taken over; `samples` shows some. `made`: the new
    values, each with the records that get it."""

    rows: int = 0
    misfits: int = 0
    samples: list[Text] = field(default_factory=list)
    made: list[tuple[Any, list[int]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Linking:
    """One field on its way: what it was and is; `goals`: the names that its targets have in the live version."""

    old: Field
    new: Field
    names: Names
    goals: Mapping[str, str]
    labels: Mapping[str, Text]
    languages: tuple[str, ...]

    def worth(self, value: Any) -> Any:
        """What a value becomes; raises `Unfit` where it cannot be taken over."""
        if not isinstance(self.old, Link):
            return self._linked(self._spellings(value))
        refs = value if isinstance(value, tuple) else (value,)
        return self._led(refs) if isinstance(self.new, Link) else self._written(refs)

    def _led(self, refs: tuple[Ref, ...]) -> Any:
        """Links to one become links to several, and back."""
        renamed = {was: name for name, was in self.goals.items()}
        for ref in refs:
            if ref.object not in renamed:
                raise Unfit(say(zh="不再链接到 {name}", en="it links to {name} no more", name=ref.object))
        led = tuple(Ref(renamed[ref.object], ref.id) for ref in refs)
        if not isinstance(self.new, Links) and len(led) > 1:
            raise Unfit(say(zh="有 {n} 个链接，只能保留一个", en="it has {n} links where one is kept", n=len(led)))
        return led if isinstance(self.new, Links) else led[0]

    def _written(self, refs: tuple[Ref, ...]) -> Any:
        """What linked records are called, as a value of the new field: the titles, else the keys."""
        known = [found for ref in refs if (found := self.names.called(ref.object, ref.id))]
        if not known:
            return None
        why = None
        for turn in range(2):
            text = ", ".join(found[min(turn, len(found) - 1)] for found in known)
            try:
                made = self.new.parse(text)
                self.new.check_value(made)
            except Unfit as unfit:
                why = why or say(zh="“{text}”：{why}", en="“{text}”: {why}", text=text, why=unfit.message)
            else:
                return made
        assert why is not None
        raise Unfit(why)

    def _spellings(self, value: Any) -> list[str]:
        """The ways to write a value, the most exact one first."""
        raw = self.old.to_json(value)
        told = [self.old.format(value, language) for language in self.languages]
        return list(dict.fromkeys([str(raw), *told] if isinstance(raw, (str, int)) else told))

    def _linked(self, spellings: Sequence[str]) -> Any:
        """The records that a text names, between commas where the new field holds several."""
        first: Unfit | None = None
        for text in spellings:
            parsed = self.new.parse(text)
            if parsed is None:
                return None
            try:
                keys = parsed if isinstance(parsed, tuple) else (parsed,)
                refs = tuple(dict.fromkeys(self._one(key) for key in keys))
            except Unfit as unfit:
                first = first or unfit
            else:
                return refs if isinstance(parsed, tuple) else refs[0]
        assert first is not None
        raise first

    def _one(self, key: Key) -> Ref:
        found = [Ref(name, id) for name, was in self.goals.items() for id in self.names.found(was, key.text)]
        if not found:
            label = within(next(iter(self.labels.values())))
            raise Unfit(
                say(zh="没有“{key}”这个{object}", en="there is no {object} “{key}”", key=key.text, object=label)
            )
        if len(found) > 1:
            label, shown = self.labels[found[0].object], ", ".join(f"#{ref.id}" for ref in found[:SHOWN])
            raise Unfit(
                say(zh="有 {n} 个{object}叫“{key}”（{shown}）", en="{n} of {object} are called “{key}” ({shown})",
                    n=len(found), key=key.text, object=label, shown=shown)
            )
        return found[0]


def convertible(old: Field, new: Field) -> bool:
    """Whether there is a way between the kinds: what a link cannot become are several values, files and the like."""
    other = new if isinstance(old, Link) else old
    one = isinstance(other, Link) or (len(other.column_names()) == 1 and other.type.name in WRITTEN)
    return one and other.kind not in ("autonumber", "lines")


WRITTEN = ("text", "number", "date", "datetime", "time", "boolean", "choice")


def examine(
    connection: Connection, table: str, linking: Linking, things: Mapping[int, str], title: str
) -> Relinked:
    """What becomes of the values of a table; `things`: the names of the objects by their numbers, `title`: the column
    that names a record, "" for its number."""
    found, by_value = Relinked(), dict[Any, list[tuple[int, str]]]()
    for id, who, value in _values(connection, table, linking.old, things, title):
        by_value.setdefault(value, []).append((id, who))
    if isinstance(linking.old, Link) and not isinstance(linking.new, Link):
        linking.names.load(ref for value in by_value for ref in (value if isinstance(value, tuple) else (value,)))
    for value, those in by_value.items():
        found.rows += len(those)
        try:
            found.made.append((linking.worth(value), [id for id, _ in those]))
        except Unfit as unfit:
            found.misfits += len(those)
            for _, who in those[: SHOWN - len(found.samples)]:
                found.samples.append(say(zh="{who}：{why}", en="{who}: {why}", who=who, why=unfit.message))
    return found


def _values(
    connection: Connection, table: str, old: Field, things: Mapping[int, str], title: str
) -> Iterator[tuple[int, str, Any]]:
    """The number of each record that has a value, what it is called, and the value."""
    columns = [column(one.name, one.type) for one in old.columns() if not one.name.endswith(SEVERAL)]
    several: list[Any] = [column(name) for name in old.column_names() if name.endswith(SEVERAL)]
    shown: list[Any] = [column(title)] if title and title != old.name else []
    here = named_table(table, column("id"), *columns, *several, *shown)
    query = select(here).where(here.c[columns[0].name].is_not(None)).order_by(here.c.id)
    for row in connection.execute(query).mappings():
        kept = {key: row[key] for key in (*(c.name for c in columns), *(c.name for c in several))}
        kept |= {c.name: things.get(kept[c.name], "") for c in several}
        who = row[title] if title else None
        yield row["id"], f"#{row['id']}" if who is None else str(who), old.from_row(kept)


def write(
    connection: Connection, table: Table, pairs: Table | None, operation: Operation, numbers: Mapping[str, int]
) -> None:
    """Write what `examine` has made."""
    assert operation.fields is not None
    new = operation.fields[1]
    if pairs is not None:                      # it is there already where the field held several links before
        connection.execute(delete(pairs))
    for value, ids in operation.value:
        row = {name: numbers[kept] if name.endswith(SEVERAL) and kept is not None else kept
               for name, kept in new.to_row(value).items()}
        for start in range(0, len(ids), CHUNK):
            part = ids[start : start + CHUNK]
            connection.execute(update(table).where(table.c.id.in_(part)).values(row))
            if pairs is not None and value:
                made = [{"owner": id, "target": ref.id, "of": numbers[ref.object]} for id in part for ref in value]
                connection.execute(insert(pairs), made)
