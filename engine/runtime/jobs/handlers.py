"""Which handler runs which kind of job: the one visible table."""

from __future__ import annotations

from collections.abc import Mapping

from engine.runtime.jobs import mailing
from engine.runtime.jobs.kinds import External, Handler, InTransaction
from engine.runtime.jobs.mailing import Mailer
from engine.runtime.jobs.worker import Place
from engine.runtime.services import alerts, automatic, automations, sweeping
from engine.runtime.storage import people_rows


def handlers(site: Place, mailer: Mailer | None = None) -> Mapping[str, Handler]:
    """The handlers of a site; `mailer` instead of the configured mail server."""

    def address_of(user: int) -> tuple[str, str]:
        with site.database.read() as connection:
            found = people_rows.user(connection, user)
        return (found["email"] or "", found["language"]) if found is not None and found["active"] else ("", "")

    return {
        "alerts": InTransaction(alerts.run),
        automations.JOB: InTransaction(automatic.run),
        "sweep": InTransaction(sweeping.run),
        "mail": External(lambda args, key: mailing.send(address_of, mailer or mailing.configured(), args, key)),
    }
