"""The request's own read transaction: a request that changes nothing sees one state of the database, its visitor and
their rights included. Knows the site, no visitor and no page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from flask import Flask, current_app, g, request
from sqlalchemy import Connection

from engine.runtime.services.site import Site
from engine.runtime.storage.patience import PATIENT, QUICK
from engine.runtime.web.routes import is_patient

SAFE = ("GET", "HEAD", "OPTIONS")


def install(app: Flask) -> None:
    """Give the connection back when the request ends."""
    app.teardown_request(lambda error: end())


def site() -> Site:
    """The site that this process serves."""
    found: Site = current_app.extensions["formwork.site"]
    return found


@contextmanager
def reading() -> Iterator[Connection]:
    """A connection that reads. Of a request that changes nothing it is the same one to the end; of another one it is
    for this block (and blocks within it) only, since what comes after a command must see what it did.

    After a failure nothing of it is used again: the failure may be the database's own, which ends the transaction."""
    if request.method not in SAFE:
        if "reading" in g:
            yield g.reading
            return
        with site().database.read(_seconds()) as connection:
            g.reading = connection
            try:
                yield connection
            finally:
                g.pop("reading", None)
        return
    try:
        yield _held()
    except BaseException:
        _close(sys.exc_info())
        raise


def in_hand() -> bool:
    """Whether this request holds a connection."""
    return "reading" in g or "snapshot" in g


def end() -> None:
    """Let go of what this request has seen: a command begins, or the request ends."""
    g.pop("reading", None)
    _close((None, None, None))


def _seconds() -> int:
    """What one statement of this request may take before the person is told."""
    patient = request.endpoint is not None and is_patient(current_app, request.endpoint)
    return PATIENT if patient else QUICK


def _held() -> Connection:
    known: tuple[ExitStack, Connection] | None = g.get("snapshot")
    if known is None:
        stack = ExitStack()
        known = g.snapshot = stack, stack.enter_context(site().database.read(_seconds()))
    return known[1]


def _close(failure: tuple[object, object, object]) -> None:
    known: tuple[ExitStack, Connection] | None = g.pop("snapshot", None)
    if known is not None:
        known[0].__exit__(*failure)  # type: ignore[arg-type]
