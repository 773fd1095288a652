"""Which handler runs which kind of job: the one visible table."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any

from engine.errors import Forbidden, Invalid, Locked, NotFound, Refused
from engine.runtime.jobs import calling, letters, mailing, outbound
from engine.runtime.jobs.calling import Caller
from engine.runtime.jobs.kinds import Chunked, External, Handler, InTransaction
from engine.runtime.jobs.letters import Letters, Press
from engine.runtime.jobs.mailing import Mailer
from engine.runtime.services import attachments, calendars, commands, drafts, keeping, notices, quiet
from engine.runtime.services.approvals import flow_calls, flows, incidents, mail_links
from engine.runtime.services.automation import (
    alerting,
    automatic,
    automations,
    dated,
    deriving,
    origins,
    sweeping,
    telling,
    tidying,
)
from engine.runtime.services.identity import resets
from engine.runtime.services.imports import background
from engine.runtime.services.registers import revaluing, valuation
from engine.runtime.services.site import Site
from engine.runtime.storage import job_rows, people_rows
from engine.runtime.storage.live import Tx

LOG = logging.getLogger(__name__)


def handlers(
    site: Site, mailer: Mailer | None = None, call: Caller = outbound.post, *, rehearsing: bool = False,
    press: Press | None = None,
) -> Mapping[str, Handler]:
    """The handlers of a site; `mailer` instead of the configured mail server, `call` instead of the network.
    `rehearsing`: nothing leaves. `press` fills the print forms that go with letters: it is known further up."""

    def address_of(user: int) -> tuple[str, str]:
        with site.database.read() as connection:
            found = people_rows.user(connection, user)
        return (found["email"] or "", found["language"]) if found is not None and found["active"] else ("", "")

    def mail(args: Mapping[str, Any], key: str) -> None:
        found: Mapping[str, Any] | None = args
        if "letter" in args:
            letters.deliver(site, int(args["letter"]), mailer or mailing.configured(), press)
            return
        if "link" in args:
            found = mail_links.letter(site, args)
        elif "notice" in args:
            with site.database.read() as connection:
                found = notices.letter(connection, int(args["notice"]))
        if found is not None:
            wanted = not {"notice", "link", "digest"} & {*args}
            mailing.send(address_of, mailer or mailing.configured(), found, key, base=site.public_url, wanted=wanted)

    return {
        "alerts": InTransaction(alerting.run),
        automations.JOB: InTransaction(
            automatic.run, (Refused, Invalid, Forbidden, NotFound), (Locked,), origins.given_up
        ),
        origins.FAILURES: InTransaction(origins.failed),
        dated.JOB: InTransaction(dated.begin),
        flows.TIMER: InTransaction(commands.fire, end=incidents.given_up),
        incidents.JOB: InTransaction(commands.look_after, (NotFound,)),
        calendars.CLOCKS: InTransaction(commands.reckon, (NotFound,)),
        flow_calls.JOB: InTransaction(commands.call, (flow_calls.TooDeep,), (Locked,), incidents.given_up),
        "sweep": InTransaction(sweeping.run),
        deriving.JOB: InTransaction(deriving.run),
        keeping.JOB: InTransaction(lambda tx, args: keeping.run(tx, args, site.bin_days)),
        valuation.JOB: InTransaction(revaluing.run),
        drafts.JOB: InTransaction(_forgotten),
        background.JOB: Chunked(lambda app, args: background.opened(site, app, args), background.given_up),
        attachments.JOB: External(lambda args, key: _swept(site)),
        quiet.JOB: InTransaction(quiet.run),
        telling.JOB: External(lambda args, key: None if rehearsing else calling.send(args, call)),
        resets.JOB: External(lambda args, key: mailing.reset(
            address_of, mailer or mailing.configured(), lambda user, base: resets.link(site, user, base),
            site.public_url, args, key,
        )),
        "mail": Letters(mail),
    }


def _forgotten(tx: Tx, args: Mapping[str, object]) -> None:
    """At night: what is kept for a time only, drafts, answers under keys and jobs that are done."""
    drafts.run(tx, args)
    tidying.run(tx, args)


def _swept(site: Site) -> None:
    """Files that no record has, removed."""
    with site.database.read() as connection:
        now = job_rows.clock(connection) or dt.datetime.now(dt.UTC)
    forgotten, dropped = attachments.sweep(site.database, site.files, now)
    if forgotten or dropped:
        LOG.info("removed %d uploads and %d contents that no record has", forgotten, dropped)
