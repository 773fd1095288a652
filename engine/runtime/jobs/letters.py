"""Letters of the step `mail` on their way out: put together as their readers see them, sent once, noted. Writes no
texts."""

from __future__ import annotations

import datetime as dt
import os
import smtplib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any, Protocol

from sqlalchemy import Connection

from engine.errors import Failure
from engine.kinds.fields.attached import Attached
from engine.runtime.jobs import mailing
from engine.runtime.jobs.kinds import External, Hopeless
from engine.runtime.jobs.mailing import Mailer, one_line
from engine.runtime.services import attachments, discussions, reading
from engine.runtime.services.papers import letters
from engine.runtime.services.records import Record
from engine.runtime.services.rights import invitations
from engine.runtime.services.site import Site
from engine.runtime.storage import letter_rows
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.job_rows import Job
from engine.runtime.storage.live import Tx
from engine.texts import say

LARGEST = 20_000_000                           # bytes of everything that goes with one letter
PERMANENT = 500                                # codes of a mail server from here on: trying again does not help
LINK = say(zh="打开：{url}", en="Open: {url}")
GONE = "whoever sent it has left"


class Made(Protocol):
    """A print form that is ready to be set: its name as a file, and itself as PDF."""

    @property
    def name(self) -> str: ...

    def pdf(self) -> bytes: ...


Press = Callable[[Record, str], Made]          # the print form of a record by its name, see `present/prints.py`


@dataclass(frozen=True, slots=True)
class Parts:
    """A letter as it goes out: what stands in it, and what goes with it (name, media type, content)."""

    row: Mapping[str, Any]
    text: str
    reply_to: str
    paper: Made | None
    files: tuple[tuple[str, str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Letters(External):
    """Mail: what of it is a letter of an app tells its end where it was written."""

    def given_up(self, connection: Connection, job: Job, now: dt.datetime, reason: str) -> None:
        if "letter" in job.args:
            letter_rows.note(connection, int(job.args["letter"]), "failed", now, reason)


def deliver(site: Site, id: int, mailer: Mailer | None, press: Press | None) -> None:
    """Send a letter, unless it has gone out already; raises `Hopeless` where it never can."""
    found = gathered(site, id, press)
    if found is None:
        return
    if mailer is None:
        raise Hopeless(f"mail is not configured: set {mailing.SETTING}")
    try:
        message = composed(found, id)
    except Failure as failure:
        raise Hopeless(failure.message.to("en")) from failure
    try:
        mailer(message)
    except smtplib.SMTPRecipientsRefused as refusal:
        code, said = next(iter(refusal.recipients.values()), (0, b""))
        if code < PERMANENT:
            raise
        reason = f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}".strip()
        with site.database.write() as connection:
            letter_rows.note(connection, id, "bounced", site.now(), reason)
        raise Hopeless(reason) from refusal
    with site.database.write() as connection:
        letter_rows.note(connection, id, "sent", site.now())


def gathered(site: Site, id: int, press: Press | None) -> Parts | None:
    """Everything that a letter takes, read as its reader: somebody of the site, else whoever sends it."""
    with site.database.read() as connection:
        row = letter_rows.one(connection, id)
        if row is None or row["state"] != "waiting" or not row["address"]:
            return None
        tx = site.seen(connection, site.live(connection, row["app"]), SERVICE)
        sender = None if row["sender"] is None else discussions.actor_of(tx, row["sender"])
        reader = sender if row["user"] is None else discussions.actor_of(tx, row["user"])
        if row["sender"] is not None and sender is None or row["user"] is not None and reader is None:
            raise Hopeless(GONE)
        if reader is not None:
            tx = site.seen(connection, tx.live, reader)
        try:
            paper, link = printed(tx, row, press, site.public_url)
            files = tuple((one.name, one.type, content(tx, one)) for one in letters.files_of(row))
        except Failure as failure:
            raise Hopeless(failure.message.to("en")) from failure
        reply_to = "" if row["sender"] is None else letters.address_of(connection, row["sender"])
    links = [one for one in (link, invited(site, row)) if one]
    text = "\n\n".join([row["text"], *(LINK.filled(url=one).to(row["language"]) for one in links)])
    return Parts(row, text, reply_to, paper, files)


def invited(site: Site, row: Mapping[str, Any]) -> str:
    """The address of the form or page to which a letter leads. Each attempt makes another token: the last one works.
    Blank where nobody has said under which address people find the site."""
    if row["open_link"] is None or not site.public_url:
        return ""
    with site.database.write() as connection:
        token = invitations.sign(connection, row["open_link"], site.now())
    if token is None:
        raise Hopeless("the link of this letter is over, was taken back, or was used")
    return f"{site.public_url}/open/{row['app']}/link/{token}"


def content(tx: Tx, one: Attached) -> bytes:
    """A file that goes with a letter."""
    with attachments.content(tx, one) as stream:
        return stream.read()


def printed(tx: Tx, row: Mapping[str, Any], press: Press | None, base: str) -> tuple[Made | None, str]:
    """The print form that goes with a letter, or the address under which it is found."""
    if not row["document"]:
        return None, ""
    thing = tx.live.names.get(row["of_object"], "")
    if thing not in tx.app.objects or row["document"] not in tx.app.documents:
        raise Hopeless(f"there is no print form {row['document']} any more")
    if not row["pdf"]:
        path = f"/apps/{tx.app.name}/records/{thing}/{row['of_record']}/print/{row['document']}"
        return None, f"{base}{path}" if base else ""
    if press is None:
        raise Hopeless("print forms are not made here")
    return press(reading.get(tx, thing, row["of_record"]), row["document"]), ""


def composed(parts: Parts, id: int) -> EmailMessage:
    """The letter as a message; headers are written by `email.policy`, which takes no line breaks."""
    row, message = parts.row, EmailMessage()
    name, address = parseaddr(os.environ.get(mailing.SENDER, "formwork@localhost"))
    message["From"] = Address(one_line(name or row["sender_name"]), addr_spec=address)
    message["To"] = row["address"]
    if parts.reply_to:
        message["Reply-To"] = parts.reply_to
    message["Subject"] = one_line(row["subject"])
    message["Message-ID"] = f"<letter-{id}@formwork>"
    if row["thread"]:
        message["References"] = f"<{''.join(letter if letter.isalnum() else '.' for letter in row['thread'])}@formwork>"
    message.set_content(parts.text)
    files = list(parts.files)
    if parts.paper is not None:
        files.insert(0, (parts.paper.name, "application/pdf", parts.paper.pdf()))
    if sum(len(content) for _, _, content in files) > LARGEST:
        raise Hopeless(f"what goes with it is larger than {LARGEST // 1_000_000} MB")
    for name, media, content in files:
        main, _, sub = media.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub or "octet-stream", filename=one_line(name))
    return message
