"""Alerts of which nobody is told while another one about the same thing fires. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.definitions.questions import Alert
from engine.runtime.services import outbox
from engine.runtime.services.automation import doubts
from engine.runtime.storage import alert_rows
from engine.runtime.storage.live import Tx


def inhibited(tx: Tx, rule: str, labels: Mapping[str, Any]) -> bool:
    """Whether an alert that inhibits this one fires about the same; `labels` as JSON, see `watching.coded`."""
    sources = [one.name for one in tx.app.alerts.values() if rule in one.inhibits and one.name != rule]
    return any(_agree(row["labels"], labels) for name in sources for row in _firing(tx, name))


def release(tx: Tx, source: Alert, labels: Mapping[str, Any]) -> None:
    """An alert is over: let those that it kept quiet be looked at again."""
    for name in source.inhibits:
        kept = [row["labels"] for row in _firing(tx, name) if row["muted"] and _agree(row["labels"], labels)]
        if kept and name in tx.app.alerts:
            outbox.enqueue(tx, "alerts", {"rule": name, "keys": kept})


def _firing(tx: Tx, rule: str) -> Iterator[Mapping[str, Any]]:
    return (row for row in alert_rows.firing(tx, rule) if row["told"] > 0 and not doubts.is_doubt(row))


def _agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether what both are about is the same, by the labels that both have."""
    shared = set(one) & set(other)
    return bool(shared) and all(one[name] == other[name] for name in shared)
