"""Records that may be the same one: fields with `similar: warn` compared with those of other records, whoever may see
them. Writes nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from engine.expressions.values import Ref
from engine.kinds.fields.base import Field
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import search_index, searching
from engine.texts import Text, say

ALIKE = 0.8                                    # of two names how much is the same, 1 = all
SHORT = 4                                      # letters of a name that must agree wholly
MOST = 200                                     # records looked at for one half of a value
TOLD = 3                                       # that are named in a warning
# What firms are besides their name, at its end or in brackets; folded.
FORMS = re.compile(
    r"(?:股份|集团)?(?:有限责任公司|有限公司|公司|集团)|\b(?:co|ltd|inc|corp|llc|gmbh|ag|company|limited|corporation)\b"
)


@dataclass(frozen=True, slots=True)
class Similar:
    """What is like a record: `seen` those that the actor may see, by the field; how many others there are."""

    field: Field
    seen: tuple[Record, ...]
    unseen: int

    @property
    def called(self) -> str:
        """The name by which the warning is accepted."""
        return f"similar:{self.field.name}"

    @property
    def message(self) -> Text:
        """The warning for people."""
        titles = ", ".join(record.title for record in self.seen[:TOLD])
        if len(self.seen) > TOLD:
            titles += " …"
        if not self.seen:
            return say(
                zh="“{field}”与 {n} 条您无权查看的记录相似", en="{field} is like that of {n} records out of your sight",
                field=self.field.label, n=self.unseen,
            )
        return say(zh="“{field}”相似的已有：{titles}", en="There are records with a similar {field}: {titles}",
                   field=self.field.label, titles=titles)


def judge(session: Session, accepted: Collection[str]) -> list[tuple[str, Text]]:
    """The warnings that are not accepted, over all new records and new values of a command of a person, or of an
    import whoever runs it."""
    if access.unbound(session.tx.actor) and not session.tx.asking:
        return []
    found: dict[str, Text] = {}
    for record in session.touched.values():
        for one in of(record) if not record.deleted and record.parent is None else ():
            if one.called not in accepted:
                found[one.called] = one.message
    return list(found.items())


def of(record: Record) -> Iterator[Similar]:
    """What is like a record, by its fields that are new and that the actor may see."""
    fields = [field for field in record.definition.fields.values() if field.similar and _is_new(record, field)]
    shown = access.visible_fields(record.session.tx, record.definition, record) if fields else frozenset()
    for field in fields:
        if field.name in shown:
            found = _alike(record, field)
            seen = tuple(one for one in found if _seen(one, field))
            if found:
                yield Similar(field, seen, len(found) - len(seen))


def _seen(record: Record, field: Field) -> bool:
    return access.granted(record, "see") and field.name in access.visible_fields(
        record.session.tx, record.definition, record
    )


def _is_new(record: Record, field: Field) -> bool:
    before = None if record.before is None or record.returned else record.before.get(field.name)
    return bool(record.values.get(field.name)) and record.values.get(field.name) != before


def _alike(record: Record, field: Field) -> list[Record]:
    """The other records, newest first, whose value of a field is like that of a record."""
    session, text = record.session, str(record.values.get(field.name))
    number = session.tx.live.numbers[record.object]
    ids: set[int] = set()
    for asked in _questions(text):
        ids.update(search_index.find(session.tx.connection, number, asked, MOST) or ())
    ids.discard(record.id or 0)
    refs = [Ref(record.object, id) for id in sorted(ids, reverse=True)]
    session.prefetch(refs)
    records = [session.record(ref) for ref in refs]
    kept = (one for one in records if one is not None and one.system.get("deleted_at") is None)
    return [one for one in kept if alike(text, str(one.values.get(field.name) or ""))]


def _questions(text: str) -> Iterator[tuple[tuple[str, bool], ...]]:
    """What the index is asked: the value as a whole, then each half of its core. Of two that differ in one place one
    half is the same."""
    whole = "".join(run.group() for run in searching.RUN.finditer(searching.fold(text)))
    if whole:
        yield (("_" + whole[: searching.LONGEST_HEAD], False),)
    core = " ".join(FORMS.sub(" ", searching.fold(text)).split())
    if whole.isdigit() or len(core) < SHORT - 1:
        return
    middle = len(core) // 2
    for half in (core[:middle], core[middle:]):
        asked = searching.sought(half).terms
        if asked:
            yield asked


def normal(text: str) -> str:
    """A value without what does not tell records apart: signs, spaces, wide letters, the form of a firm."""
    core = FORMS.sub(" ", searching.fold(text))
    found = "".join(run.group() for run in searching.RUN.finditer(core))
    return found or "".join(run.group() for run in searching.RUN.finditer(searching.fold(text)))


def alike(one: str, other: str) -> bool:
    """Whether two values may mean the same: numbers and short ones must agree, of longer ones most must."""
    left, right = normal(one), normal(other)
    if not left or not right:
        return False
    if left == right:
        return True
    numbers = sum(letter.isdigit() for letter in left) * 2 > len(left)
    if numbers or min(len(left), len(right)) < SHORT:
        return False
    return SequenceMatcher(None, left, right, autojunk=False).ratio() >= ALIKE
