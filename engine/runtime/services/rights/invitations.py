"""Which forms and pages are opened by links, and entering such a link for one record. Judges no right: a letter of the
app enters them too."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence

from sqlalchemy import Connection

from engine.definitions.objects import Object
from engine.definitions.surfaces import Surface, surfaces
from engine.expressions import moments
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.values import Duration
from engine.runtime.services.conditions import computed
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage import open_link_rows
from engine.runtime.storage.live import Tx


def offered(tx: Tx, obj: Object) -> list[Surface]:
    """The forms and pages to which links about an object's records lead."""
    return [one for one in surfaces(tx.app) if one.by_link is not None and one.about == obj.name]


def called(one: Surface) -> str:
    """The name of a form or page, as a mail gives it."""
    return f"{one.object}.{one.name}"


def enter(record: Record, one: Surface, whom: str, by: int | None) -> int:
    """Enter a link that has no token yet."""
    assert one.by_link is not None and record.id is not None, "links are of kept records, to what is by link"
    return open_link_rows.add(record.session.tx, record.object, record.id, {
        "kind": one.kind, "surface": called(one), "whom": whom[:320], "by": by, "once": one.once,
        "expires_at": _end(record.session, one.by_link),
    })


def sign(connection: Connection, number: int, now: dt.datetime) -> str | None:
    """A token for a link, in place of an earlier one; None where the link works no more."""
    token = secrets.token_urlsafe(32)
    return token if open_link_rows.sign(connection, number, digest(token), now) else None


def _end(session: Session, way: Expression) -> dt.datetime:
    length = computed(way, Frame(session))
    found = moments.shift(session.now, length, 1, session) if isinstance(length, Duration) else None
    return found if isinstance(found, dt.datetime) else session.now


def digest(token: str) -> str:
    """What of a token is kept: it is random, so that no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def labels(found: Sequence[Surface], language: str) -> list[tuple[str, str]]:
    """Forms and pages to choose from: the name, the label."""
    return [(called(one), one.label.to(language)) for one in found]
