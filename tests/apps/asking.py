"""Asks a site a question in the expression language, as the engine sees everything."""

from __future__ import annotations

from typing import Any

from engine.definitions.filters import Reader, everything, value
from engine.expressions.scope import Frame
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE


def ask(site: Site, app: str, question: str) -> Any:
    """The value of an expression over the stored data (`sum(sales_order, net)`)."""
    with site.read(app, SERVICE) as tx:
        compiled = value(Reader(tx.app, everything(tx.app), decisions=True), "", question)
        return compiled.value(Frame(Session(tx)))
