"""The page of one record: facts, actions, what belongs to it, what it booked, its story. Knows services, no request."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.definitions.layouts import Related, parts_of
from engine.definitions.objects import Object
from engine.definitions.registers import Register
from engine.errors import NotFound
from engine.expressions.types import DATE
from engine.expressions.values import Ref
from engine.runtime.services import reading
from engine.runtime.services.approvals import flow_marks, flow_views
from engine.runtime.services.reading import Query
from engine.runtime.services.records import Record
from engine.runtime.services.registers import ledgers
from engine.runtime.services.rights import access
from engine.runtime.services.scoping import ReaderSession
from engine.runtime.storage.live import Tx
from engine.runtime.storage.register_queries import Moved
from engine.runtime.web.present import (
    addresses,
    approvals,
    columns,
    courses,
    facts,
    flow_pictures,
    forms,
    key_figures,
    lists,
    revisions,
    sheets,
    shelves,
    stories,
    timelines,
    titles,
    values,
    verbs,
)
from engine.runtime.web.present.approvals import ApprovalView
from engine.runtime.web.present.facts import Fact, Part
from engine.runtime.web.present.flow_pictures import Picture
from engine.runtime.web.present.key_figures import Shown
from engine.runtime.web.present.places import Head, ListRow
from engine.runtime.web.present.revisions import Revision
from engine.runtime.web.present.stories import Story
from engine.runtime.web.present.values import Cell
from engine.runtime.web.present.verbs import Button
from engine.texts import say

FEW = 20
RELATED_COLUMNS = 6
ARCHIVED = say(
    zh="已归档：只能查看；列表和选项中不再出现", en="In the archive: it can be read, and is not in lists and choices"
)


@dataclass(frozen=True, slots=True)
class Relation:
    """Records of another object that link to this one by the back-link `id`; loaded when they are looked at, counted
    when the page stands. `open`: the tab that is seen first."""

    id: str
    title: str
    url: str
    new_url: str
    open: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Related records, the first few. `number`: how many there are, as it is told ("1000+" where nobody counts on)."""

    heads: Sequence[Head]
    rows: Sequence[ListRow]
    more_url: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class DetailView:
    """Everything on the page of one record. `key` begins the idempotency keys of its buttons."""

    app: str
    key: str
    object: str
    label: str
    id: int
    version: int
    title: str
    status: Cell | None
    figures: Sequence[Shown]
    parts: Sequence[Part]
    aside: Sequence[Fact]
    buttons: Sequence[Button]
    more: Sequence[dict[str, Any] | None]
    edit_url: str
    edit_reason: str
    relations: Sequence[Relation]
    posted: Sequence[Posted]
    story: Story
    approval: ApprovalView | None
    picture: Picture | None                    # of the newest approval
    help: str
    counts_url: str = ""
    course_url: str = ""                       # where the documents before and after it are
    notice: str = ""                           # said on top: that it is in the archive
    change: Revision | None = None             # what waits to be approved


@dataclass(frozen=True, slots=True)
class Posted:
    """What the record has booked in one register."""

    label: str
    url: str
    heads: Sequence[Head]
    rows: Sequence[ListRow]


def of(record: Record) -> DetailView:
    """The page of a record that the actor may see."""
    tx, obj = record.session.tx, record.definition
    language, app = tx.actor.language, tx.app.name
    rights = access.allowed(record)
    shown = frozenset(name for name, right in rights.fields.items() if right.see)
    id, key = record.id or 0, secrets.token_urlsafe(12)
    instances = flow_views.instances(tx, record)
    editable = any(right.edit for right in rights.fields.values())
    reason = next((r.reason for r in rights.fields.values() if r.reason is not None), None)
    status = values.status_of(record, "", language) if obj.states else None
    possible, placed = verbs.parted(record, rights.actions)
    edit_url = addresses.record(app, obj.name, id, "edit") if editable else ""
    edit_reason = reason.to(language) if reason is not None and not editable else ""
    return DetailView(
        app=app,
        key=key,
        object=obj.name,
        label=obj.label.to(language),
        id=id,
        version=record.version,
        title=record.title,
        status=status,
        figures=key_figures.of(record, shown),
        parts=facts.parts(record, shown, placed),
        aside=facts.aside(record, shown),
        buttons=[b for b in possible if b.ok],
        more=[*verbs.narrow(record, possible, key, edit_url, edit_reason), *verbs.prints(record),
              *verbs.more(record, [b for b in possible if not b.ok], deletable=rights.delete)],
        edit_url=edit_url,
        edit_reason=edit_reason,
        relations=relations(record),
        counts_url=addresses.record(app, obj.name, id, "related"),
        posted=posted(record),
        story=stories.of(record, instances),
        approval=approvals.of(tx, instances[0] if instances else None),
        picture=pictured(record, instances[0].id) if instances else None,
        help=obj.help.to(language) if obj.help else "",
        course_url=addresses.record(app, obj.name, id, "course") if courses.may_have(tx, obj) else "",
        notice="" if record.system.get("archived_at") is None else ARCHIVED.to(language),
        change=revisions.asked(record),
    )


def pictured(record: Record, instance: int) -> Picture | None:
    """The picture of an approval over the record."""
    course = flow_marks.of(record.session, record, instance)
    return None if course is None else flow_pictures.of(record.session.tx, course, record)


def relations(record: Record) -> list[Relation]:
    """The back-links of the record to objects of which the actor sees in every row where it leads."""
    tx, obj = record.session.tx, record.definition
    found: list[Relation] = []
    placed = {part.source.text.strip() for part in parts_of(obj.form) if isinstance(part, Related)}
    for back, (target, link) in obj.backs.items():
        if back in placed:
            continue
        other = tx.app.objects[target]
        owner = tx.app.objects[other.owner] if other.owner else other
        path = f"{other.owner_field}.{link}" if other.owner else link
        if path not in access.sure_fields(tx, owner):      # which rows link here would tell what some of them hide
            continue
        label = other.plural if not other.owner else owner.plural
        url = addresses.record(tx.app.name, obj.name, record.id or 0, "related", back)
        new = addresses.extended(addresses.new_record(tx.app.name, target), **{link: str(record.id)})
        offer = (
            not other.owner
            and access.may(tx, target, "create")
            and link in access.editable_fields(tx, other, None, "create")
        )
        found.append(Relation(back, label.to(tx.actor.language), url, new if offer else "", not found))
    return found


def counts(record: Record) -> Mapping[str, str]:
    """How many records each of the relations has, as it is told."""
    return {one.id: counted(record.session.tx, *linking(record, one.id)) for one in relations(record)}


def linking(record: Record, back: str) -> tuple[Object, str]:
    """The object whose records a back-link leads to, of lines the one that they belong to, and which of them it are."""
    target, link = record.definition.backs[back]
    other = record.session.tx.app.objects[target]
    if not other.owner:
        return other, f"{link}.id = {record.id}"
    return record.session.tx.app.objects[other.owner], f"any({other.owner_field}, {link}.id = {record.id})"


def related(record: Record, back: str) -> Table:
    """The records that link to this one by a back-link; of lines, the records that they belong to."""
    tx = record.session.tx
    placed = [part for part in parts_of(record.definition.form) if isinstance(part, Related)]
    if back.isdecimal() and int(back) < len(placed):
        return belonging(record, placed[int(back)])
    if back not in record.definition.backs:
        raise NotFound(access.GONE)
    _, link = record.definition.backs[back]
    language = tx.actor.language
    owner, condition = linking(record, back)
    page = reading.page(tx, owner.name, Query(filter=condition, sort=("-id",), limit=FEW))
    shown = access.visible_fields(tx, owner)
    view = shelves.first_list(owner)
    picked = [c for c in columns.of_view(tx, owner, view, shown, language) if c.path != link][:RELATED_COLUMNS]
    heads = [Head(c.path, c.label, c.kind, "", "") for c in picked]
    more = addresses.records(tx.app.name, owner.name, filter=condition) if page.next else ""
    number = str(len(page.items)) if not page.next else counted(tx, owner, condition)
    return Table(heads, lists.rows(tx, owner, page, picked, language), more, number)


def counted(tx: Tx, obj: Object, condition: str) -> str:
    """How many records fit, counted up to a thousand."""
    count = reading.page(tx, obj.name, Query(filter=condition, limit=1, count="capped")).count or 0
    return f"{lists.COUNTED}+" if count > lists.COUNTED else str(count)


def belonging(record: Record, part: Related) -> Table:
    """The rows of a part of the layout that the actor may see; lines lead to the record that they belong to."""
    tx = record.session.tx
    language = tx.actor.language
    found = ReaderSession(tx).listed(part.source.node, record.frame())
    every = [row for row in found if isinstance(row, Record)]
    rows = every[:FEW]
    target = tx.app.objects[part.source.candidate.objects[0]]
    owner = tx.app.objects[target.owner] if target.owner else target
    prefix = f"{target.owner_field}." if target.owner else ""
    visible = access.visible_fields(tx, owner)
    paths = part.columns or columns.by_itself(target)
    made = [columns.column(tx, target, path, language) for path in paths if _seen(target, path, prefix, visible)]
    picked = [column for column in made if column is not None][:RELATED_COLUMNS]
    heads = [Head(c.path, c.label, c.kind, "", "") for c in picked]
    listed = []
    for row in rows:
        here = access.visible_fields(tx, owner, row)
        shown = frozenset(name.removeprefix(prefix) for name in here if name.startswith(prefix))
        url = addresses.record(tx.app.name, owner.name, row.root.id or 0)
        listed.append(ListRow(url, row.id or 0, columns.cells(tx, row, picked, shown, language)))
    return Table(heads, listed, number=str(len(every)))


def _seen(target: Object, path: str, prefix: str, visible: frozenset[str]) -> bool:
    head = path.partition(".")[0]
    return head not in target.fields or prefix + head in visible


def posted(record: Record) -> list[Posted]:
    """What the record stands for in each register that it posts to and that the actor may see."""
    return [booked(record, register, moves) for register, moves in ledgers.bookings(record.session, record.ref)]


def booked(record: Record, register: Register, moves: Sequence[Moved]) -> Posted:
    """The movements in one register as a table; measures that none of them moves are left out."""
    session, tx = record.session, record.session.tx
    language = tx.actor.language
    session.prefetch(v for move in moves for v in move.keys.values() if isinstance(v, Ref))
    used = [m for m in register.measures.values() if any(move.amounts.get(m.name) for move in moves)]
    fields = [field.seen_from(tx.timezone) for field in (*register.keys.values(), *used)]
    heads = [Head("day", timelines.DAY.to(language), "date", "", "")] if register.dated else []
    heads += [Head(f.name, f.label.to(language), forms.kind_of(f), "", "") for f in fields]
    rows = []
    for move in moves:
        shown = {**move.keys, **move.amounts}
        cells = [
            Cell(f.name, "", f.format(titles.titled(session, shown.get(f.name) or None), language)) for f in fields
        ]
        days = [Cell("day", "", sheets.shown(tx, DATE, move.for_day))] if register.dated else []
        rows.append(ListRow("", move.id, [*days, *cells]))
    return Posted(register.label.to(language), addresses.register(tx.app.name, register.name), heads, rows)
