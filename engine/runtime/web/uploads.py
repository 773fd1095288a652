"""Files that come in with a request and go out in an answer. Knows services, draws no page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import IO
from urllib.parse import quote

from flask import Response, request
from werkzeug.datastructures import FileStorage, MultiDict

from engine.errors import FieldError, Invalid, Unreadable
from engine.kinds.fields.attached import Attached
from engine.runtime.services import attachments, commands, thumbs
from engine.runtime.services.attachments import Received
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.live import Tx
from engine.runtime.web.snapshots import site
from engine.runtime.web.visits import opened, run
from engine.texts import say

ROW = re.compile(r"\.(?:\d{1,6}|__index__)(?=\.)")
CHUNK = 262_144
MOST = 10                                      # files in one request
SANDBOX = "sandbox; default-src 'none'"


def merged(app: str, object: str, acting: Actor | None = None) -> tuple[MultiDict[str, str], list[FieldError]]:
    """The form of this request with a token in place of every file that came along (a form without a script sends them
    so), and what is wrong with those that are not taken. They are the visitor's, or those of `acting`."""
    form: MultiDict[str, str] = MultiDict(request.form)
    errors: list[FieldError] = []
    for path, storage in sent():
        try:
            form.add(path, take(app, object, path, storage, acting).token)
        except Invalid as failure:
            errors.append(FieldError(path, failure.message, "file"))
    return form, errors


def sent() -> list[tuple[str, FileStorage]]:
    """The files in this request that were really chosen, each with the name of its control."""
    found = [(path, one) for path, one in request.files.items(multi=True) if one.filename]
    if len(found) > MOST:
        raise Unreadable(say(zh="一次最多上传 {most} 个文件", en="{most} files at a time at most", most=MOST))
    return found


def received() -> list[Received]:
    """The files in this request, put away for whatever is said with them."""
    return [attachments.receive(site().files, one.filename or "", one.stream) for _, one in sent()]


def take(app: str, object: str, path: str, storage: FileStorage, acting: Actor | None = None) -> Attached:
    """Put one file away for a field; `Invalid` where the field does not take it."""
    with opened(app, acting) as tx:
        field = attachments.demand_upload(tx, commands.known(tx, object), ROW.sub("", path))
    name = storage.filename or ""
    attachments.demand_fit(field, name, storage.stream)
    received = attachments.receive(site().files, name, storage.stream, field.largest)
    return run(app, lambda tx: attachments.keep(tx, received), acting)


def asked(tx: Tx, one: Attached) -> Response:
    """A file, or its small picture where the address asks for that (`?thumb`)."""
    if "thumb" not in request.args or not thumbs.possible():
        return answer(tx, one)
    made = Response(chunks(thumbs.content(tx, one)), mimetype=thumbs.MEDIA)
    made.headers["Content-Security-Policy"] = SANDBOX
    made.headers["Cache-Control"] = "private, max-age=3600"
    return made


def answer(tx: Tx, one: Attached) -> Response:
    """A file on its way to the reader: never opened in the page, nothing in it runs."""
    made = Response(chunks(attachments.content(tx, one)), mimetype=one.type)
    made.headers.set("Content-Disposition", "attachment", **named(one.name))
    made.headers["Content-Security-Policy"] = SANDBOX
    made.content_length = one.size
    return made


def made(name: str, media: str, content: bytes) -> Response:
    """A file that has just been made for the reader; it is kept nowhere."""
    found = Response(content, mimetype=media)
    found.headers.set("Content-Disposition", "attachment", **named(name))
    found.headers["Content-Security-Policy"] = SANDBOX
    found.headers["Cache-Control"] = "private, no-store"
    return found


def named(name: str) -> dict[str, str]:
    """A name for the header: as it is, or what of it is ASCII beside all of it as RFC 8187 writes it."""
    if name.isascii():
        return {"filename": name}
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return {"filename": plain, "filename*": "UTF-8''" + quote(name, safe="")}


def chunks(stream: IO[bytes]) -> Iterator[bytes]:
    try:
        while chunk := stream.read(CHUNK):
            yield chunk
    finally:
        stream.close()
