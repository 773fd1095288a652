"""Alerts that cannot be told: an entry among the alerts for each thing, and one notice to the administrators."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from engine.definitions.questions import Alert
from engine.expressions.values import ErrorValue
from engine.runtime.services import notices
from engine.runtime.services.automation import watching
from engine.runtime.services.reporting import reasons
from engine.runtime.services.sessions import Session
from engine.runtime.storage import alert_rows, people_rows
from engine.runtime.storage.live import Tx
from engine.texts import say

MARK = "?"                                     # in front of the key of what cannot be told


def is_doubt(row: Mapping[str, Any]) -> bool:
    """Whether an entry says that an alert cannot be told."""
    return str(row["key"]).startswith(MARK)


def administrators(tx: Tx) -> list[int]:
    """Who sees to what nobody else does."""
    return [row["id"] for row in people_rows.users(tx.connection) if row["admin"] and row["active"]]


class Doubts:
    """The open entries of one alert. `whole`: of which records the alert is about cannot be told."""

    def __init__(self, session: Session, alert: Alert) -> None:
        self.session = session
        self.alert = alert
        self.open = {row["key"]: row for row in alert_rows.firing(session.tx, alert.name, beginning=MARK)}
        self.whole = False

    def note(self, watched: watching.Watched) -> None:
        """Open the entry of a thing that cannot be told, end that of one that can."""
        key = _key(watched.key)
        if not isinstance(watched.holds, ErrorValue):
            self._close(key)
            return
        self.whole |= watched.key == watching.WHOLE
        if key not in self.open:
            self._start(key, watched, watched.holds)

    def end(self, seen: Collection[str]) -> None:
        """After a look at everything: what is no longer there is over."""
        kept = {_key(key) for key in seen}
        for key in [key for key in self.open if key not in kept]:
            self._close(key)

    def _close(self, key: str) -> None:
        row = self.open.pop(key, None)
        if row is not None and row["id"] is not None:
            alert_rows.change(self.session.tx, row["id"], {"resolved_at": self.session.tx.now, "reason": "told"})

    def _start(self, key: str, watched: watching.Watched, error: ErrorValue) -> None:
        tx = self.session.tx
        people = administrators(tx)
        text = say(
            zh="预警“{alert}”无法判断（{why}）：请更正数据，或在条件中用 iferror 处理",
            en="The alert {alert} cannot be told ({why}): correct the data, or catch it with iferror",
            alert=self.alert.label, why=reasons.reason(self.session, error),
        )
        forms = {language: text.to(language) for language in (*tx.app.languages, *text.forms)}
        values = {
            "rule": self.alert.name, "key": key, "labels": watching.coded(watched.labels), "severity": "warning",
            "told": 1, "object": watched.about.object if watched.about else "",
            "record": watched.about.id if watched.about else None, "text": forms, "receivers": sorted(people),
        }
        id = alert_rows.fire(tx, values)
        if id is not None and not self.open:   # once, however many things it is about
            notices.send(tx, people, text, kind="alert", about=watched.about)
        self.open[key] = {"id": id, **values}


def _key(key: str) -> str:
    """The key of the entry, as long as any."""
    return MARK + (key if len(key) < watching.LONGEST else hashlib.sha256(key.encode()).hexdigest())
