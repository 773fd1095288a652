"""Files of records: taken in, judged by name and content, given to records, found with the reader's rights, swept."""

from __future__ import annotations

import datetime as dt
import io
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import IO, Any

from engine.definitions.objects import Object
from engine.errors import FieldError, Invalid, NotFound, Refused, Unreadable
from engine.kinds.fields import media
from engine.kinds.fields.attached import LARGEST, MEGABYTE, Attached, Attachment, Inline, Upload, clean_name, shown_size
from engine.kinds.fields.base import Field
from engine.runtime.services import changes
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import file_rows
from engine.runtime.storage.database import Database
from engine.runtime.storage.file_stores import Content, Missing, Store, TooLarge
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

JOB = "files"
PENDING = 500 * MEGABYTE                       # what one person may have uploaded that no record has taken
IDLE = dt.timedelta(days=1)                    # so long an upload waits for its record
GONE = say(zh="没有这个文件", en="There is no such file")
NO_PLACE = say(
    zh="本站未设置文件存放位置（FORMWORK_FILES）", en="This site has no place for files (FORMWORK_FILES is not set)"
)


@dataclass(frozen=True, slots=True)
class Received:
    """A content that has been put away, with the name that it came under."""

    name: str
    content: Content


# ---- taking in


def receive(store: Store | None, name: str, stream: IO[bytes], most: int = LARGEST) -> Received:
    """Put a file away, outside of any transaction; `Invalid` for one that is too large or is not what its name says."""
    if store is None:
        raise Refused(NO_PLACE, code="no_place")
    named = clean_name(name)
    if media.extension(named) not in media.SORTS:
        raise Invalid(_unknown_sort(named))
    try:
        content = store.put(stream, most)
    except TooLarge:
        raise Invalid(_too_large(named, most)) from None
    if content.size == 0:
        raise Invalid(_blank(named))
    if not media.agrees(named, _form(store, content)):
        raise Invalid(_unlike(named))
    return Received(named, content)


def _form(store: Store, content: Content) -> str:
    """The form of a content; archives are looked into."""
    form = media.form_of(content.head)
    if form != "zip":
        return form
    with store.open(content.digest) as stream:
        return media.form_of(content.head, stream.read())


def demand_fit(field: Attachment, raw: str, stream: IO[bytes]) -> None:
    """Raise `Invalid` for a file that a field does not take, by its name, size and bytes, before anything is stored."""
    name, size = clean_name(raw), stream.seek(0, io.SEEK_END)
    wrong = misfit(field, name, size)
    if wrong is None and not size:
        wrong = _blank(name)
    if wrong is None:
        stream.seek(0)
        head = stream.read(media.HEAD)
        form = media.form_of(head)
        if form == "zip":
            stream.seek(0)
            form = media.form_of(head, stream.read())
        wrong = None if media.agrees(name, form) else _unlike(name)
    stream.seek(0)
    if wrong is not None:
        raise Invalid(wrong)


def keep(tx: Tx, received: Received, held: bool = False) -> Attached:
    """Note an upload of the actor, to be given to a record; `Refused` where too much of theirs is waiting."""
    user = tx.actor.id or None                 # all strangers together are nobody
    if not access.unbound(tx.actor) and file_rows.pending(tx, user) + received.content.size > PENDING:
        raise Refused(
            say(
                zh="未保存的上传过多（上限 {most}），请先保存或稍后再试",
                en="Too many uploads are waiting to be saved ({most} at most); save them or try again tomorrow",
                most=shown_size(PENDING),
            ),
            code="quota",
        )
    name, content, token = received.name, received.content, secrets.token_urlsafe(24)
    made = Attached(name, token, content.digest, content.size, media.media_of(name))
    file_rows.add(tx, {
        "token": token, "digest": made.digest, "name": name, "size": made.size, "type": made.type, "user": user,
        "app": tx.app.name, "at": tx.now, "held_at": tx.now if held else None,
    })
    return made


def demand_upload(tx: Tx, obj: Object, path: str) -> Attachment:
    """The field of files at a path (`papers`, `lines.proof`) into which the actor may upload; `Unreadable` for what is
    none, `Forbidden` for who may neither create nor edit."""
    head, _, tail = path.partition(".")
    owner = tx.app.objects.get(f"{obj.name}.{head}") if tail else obj
    field = None if owner is None else owner.fields.get(tail or head)
    asked = next((f for a in obj.actions.values() for f in a.ask if f.name == path), None) if field is None else None
    if isinstance(asked, Attachment) and access.may(tx, obj.name, "see"):
        return asked                           # an input of an action: whoever takes the action is judged then
    if not isinstance(field, Attachment) or path not in access.visible_fields(tx, obj):
        raise Unreadable(say(zh="没有文件字段 {name}", en="There is no field of files called {name}", name=path))
    if not access.may(tx, obj.name, "edit"):
        access.demand_create(tx, obj)
    return field


def misfit(field: Attachment, name: str, size: int) -> Text | None:
    """Why a field does not take a file of this name and size; None if it does."""
    if media.extension(name) not in field.extensions:
        return say(
            zh="“{field}”不接受 {name}；可用：{known}", en="{field} does not take {name}; it takes {known}",
            field=field.label, name=name, known=", ".join(field.extensions),
        )
    return _too_large(name, field.largest) if size > field.largest else None


def _too_large(name: str, most: int) -> Text:
    return say(zh="文件 {name} 过大，最多 {most}", en="{name} is too large: {most} at most", name=name,
               most=shown_size(most))


def _blank(name: str) -> Text:
    return say(zh="文件 {name} 是空的", en="The file {name} is empty", name=name)


def _unlike(name: str) -> Text:
    return say(zh="文件 {name} 的内容与扩展名不符", en="The content of {name} is not what its name says", name=name)


def _unknown_sort(name: str) -> Text:
    return say(zh="不接受 {name} 这类文件", en="Files like {name} are not taken", name=name)


# ---- giving to records


def taken(
    session: Session, record: Record, given: Mapping[str, Any], errors: list[FieldError]
) -> Mapping[str, Any]:
    """Given values with their uploads looked up: one's own uploads, and what the record holds already. Fields with an
    upload that is not there, or that they do not take, are left out and are among the errors."""
    if not any(_files_in(session, record.definition, given)):
        return given
    taking = _Taking(session, {one.token: one for _, one in of_record(record)}, errors)
    return taking.row(record.definition, given, "")


def asked(session: Session, field: Field, value: Any) -> Any:
    """A value given for an input of an action, looked up like those of a record."""
    if not isinstance(field, Attachment):
        return value
    errors: list[FieldError] = []
    found = _Taking(session, {}, errors).value(field, value, field.name)
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return found


def _files_in(session: Session, obj: Object, given: Mapping[str, Any]) -> Iterator[str]:
    for name, value in given.items():
        if isinstance(value, changes.LinesValue):
            inner = session.tx.app.objects[f"{obj.name}.{name}"]
            yield from (one for item in value.items for one in _files_in(session, inner, item.given))
        elif isinstance(obj.fields[name], Attachment):
            yield name


@dataclass(frozen=True, slots=True)
class _Taking:
    """Looks uploads up for one record. `held`: what it holds already, by token."""

    session: Session
    held: Mapping[str, Attached]
    errors: list[FieldError]

    def row(self, obj: Object, given: Mapping[str, Any], prefix: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in given.items():
            field, before = obj.fields[name], len(self.errors)
            if isinstance(value, changes.LinesValue):
                inner = self.session.tx.app.objects[f"{obj.name}.{name}"]
                rows = (self.row(inner, one.given, f"{name}.{n}.") for n, one in enumerate(value.items))
                items = tuple(replace(item, given=row) for item, row in zip(value.items, rows, strict=True))
                found[name] = replace(value, items=items)
                continue
            kept = self.value(field, value, prefix + name) if isinstance(field, Attachment) else value
            if len(self.errors) == before:
                found[name] = kept
        return found

    def value(self, field: Attachment, value: Any, path: str) -> Any:
        if isinstance(value, tuple):
            return tuple(one for item in value if (one := self.one(field, item, path)) is not None) or None
        return self.one(field, value, path)

    def one(self, field: Attachment, value: Any, path: str) -> Attached | None:
        try:
            found = self._looked_up(value)
        except (Invalid, Refused) as failure:
            self.errors.append(FieldError(path, failure.message, "file"))
            return None
        if value is not None and found is None:
            self.errors.append(FieldError(path, GONE, "not_found"))
        if found is None or found.token in self.held:
            return found
        wrong = misfit(field, found.name, found.size)
        if wrong is not None:
            self.errors.append(FieldError(path, wrong, "file"))
            return None
        if self.session.tx.write and found.token:
            file_rows.hold(self.session.tx, found.token)
        return found

    def _looked_up(self, value: Any) -> Attached | None:
        tx = self.session.tx
        if isinstance(value, Inline):
            if not tx.write:                   # a preview keeps nothing
                return Attached(value.name, "", "", len(value.content), media.media_of(value.name))
            return keep(tx, receive(tx.files, value.name, io.BytesIO(value.content)), held=True)
        if not isinstance(value, Upload):
            return value if isinstance(value, Attached) else None
        if value.token in self.held:
            return self.held[value.token]
        row = file_rows.of_token(tx, value.token)
        if row is None or row["user"] != (tx.actor.id or None) and not access.unbound(tx.actor):
            return None
        if tx.actor.kind == "public" and row["held_at"] is not None:
            return None                        # strangers have no account that tells whose it is: it is given once
        return Attached(row["name"], row["token"], row["digest"], row["size"], row["type"])


# ---- finding


def of_record(record: Record, shown: frozenset[str] | None = None) -> Iterator[tuple[str, Attached]]:
    """The files of a record and its lines with the path of their field, of those fields that are shown (None = all)."""
    for field in record.definition.fields.values():
        if field.kind == "lines":
            inner = record.session.tx.app.objects[f"{record.object}.{field.name}"]
            wanted = [f for f in inner.fields.values() if isinstance(f, Attachment)]
            for line in record.lines(field.name) if wanted else ():
                for one in wanted:
                    if shown is None or f"{field.name}.{one.name}" in shown:
                        yield from ((f"{field.name}.{one.name}", file) for file in each(line.get(one.name)))
        elif isinstance(field, Attachment) and (shown is None or field.name in shown):
            yield from ((field.name, file) for file in each(record.get(field.name)))


def each(value: Any) -> Iterator[Attached]:
    """The files of a value: none, one or several."""
    yield from (one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, Attached))


def visible(record: Record) -> list[tuple[str, Attached]]:
    """The files of a record that the reader may see, with the paths of their fields."""
    return list(of_record(record, access.visible_fields(record.session.tx, record.definition, record)))


def found(record: Record, token: str) -> Attached:
    """One file of a record; `NotFound` where it has none of this token in a field that the reader may see."""
    for _, one in visible(record):
        if one.token == token and token:
            return one
    raise NotFound(GONE)


def content(tx: Tx, one: Attached) -> IO[bytes]:
    """The bytes of a file; `NotFound` where its content is lost."""
    try:
        if tx.files is not None:
            return tx.files.open(one.digest)
    except Missing:
        pass
    raise NotFound(say(zh="文件 {name} 的内容已丢失", en="The content of {name} is lost", name=one.name))


def own(tx: Tx, token: str) -> Attached | None:
    """An upload of the actor's that no record may have yet; None if there is none."""
    row = file_rows.of_token(tx, token)
    if row is None or row["user"] != (tx.actor.id or None):
        return None
    return Attached(row["name"], row["token"], row["digest"], row["size"], row["type"])


# ---- sweeping


def sweep(database: Database, store: Store | None, now: dt.datetime) -> tuple[int, int]:
    """Remove uploads that no record of any app has, also in the bin and in fields that left, and contents without an
    upload, once they are a day old. How many of each."""
    before = now - IDLE
    with database.write() as connection:
        forgotten = file_rows.forget(connection, before)
    if store is None:
        return forgotten, 0
    idle = [digest for digest, at in store.digests() if at < before]
    with database.read() as connection:
        kept = file_rows.digests(connection)
    return forgotten, sum(store.drop(digest, before) for digest in idle if digest not in kept)
