"""Letters of the step `mail`: written with the rights of whoever reads them, entered to leave after the commit, told on
the record's page. Sends nothing."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from engine.errors import Forbidden, NotFound, Refused, TooMany
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.templates import Template
from engine.expressions.values import ErrorValue, Ref, Row, Rows, Value
from engine.kinds.actions.mail import Message
from engine.kinds.fields.attached import Attached
from engine.kinds.fields.email import ADDRESS
from engine.locales import day_text
from engine.runtime.services import attachments, discussions, outbox
from engine.runtime.services.approvals import resolving
from engine.runtime.services.conditions import computed
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access, invitations, sight
from engine.runtime.services.sessions import Session
from engine.runtime.storage import letter_rows, people_rows
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

JOB = "mail"
MOST = 50                                      # recipients of one step
HOUR, PER_HOUR, PER_HOUR_OF_APP = dt.timedelta(hours=1), 200, 2000
BOUNCES = dt.timedelta(days=30)                # so long an address that refused a letter is not written to
SUBJECT, TEXT, FILES = 400, 20_000, 10
NOBODY = say(zh="没有收件人：{who} 为空", en="There is nobody to send the mail to: {who} is blank", who="{who}")
PLAIN = say(zh="请查收附件。", en="Please find the document attached.")
UNSEEN = say(zh="邮件内容含有您无权查看的数据，无法发送", en="The mail tells what you may not see: you cannot send it")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a letter: an address, and the person of the site whose it is (None: somebody else's)."""

    address: str
    user: int | None = None
    language: str = ""


def enter(session: Session, record: Record | None, row: Row | None, letter: Message, frame: Frame) -> None:
    """Write the letter at the end of the command, when numbers are known. `row` is what bare names are of."""
    session.at_end.append(lambda: Desk(session, record, row, letter, frame).write())


class Desk:
    """Writes one letter to everybody who gets it."""

    def __init__(self, session: Session, record: Record | None, row: Row | None, letter: Message, frame: Frame) -> None:
        self.session, self.tx = session, session.tx
        self.record = None if record is None else record.root
        self.thing = getattr(row, "object", "") or ""
        self.letter, self.frame = letter, frame
        self.asked = session.tx.actor.kind == "user"           # somebody is there who is told what is wrong

    def write(self) -> None:
        """Everybody's letter, each a row and a job; refused where somebody sends what cannot be sent."""
        found = list({one.address.lower(): one for one in self.recipients()}.values())
        if not found:
            if self.asked:
                raise Refused(NOBODY.filled(who=getattr(self.letter.to, "text", "") or "to"), code="mail")
            return
        self.judge(found)
        printed, files, later = self.printed(), self.files(), self.later(len(found))
        for one in found:
            way = {"files__file": files, "open_link": self.link(one)}
            id = letter_rows.add(self.tx, {**self.row(one, printed), **self.head(), **way})
            came_back = None if self.asked else self.bounce(one)
            if came_back is not None:
                letter_rows.note(self.tx.connection, id, "failed", self.tx.now, came_back.to("en"))
            else:
                outbox.enqueue(self.tx, JOB, {"letter": id}, dedup_key=f"letter:{id}", run_at=later)

    # ---- who gets it

    def recipients(self) -> Iterator[Recipient]:
        """People with their addresses, and addresses that stand in texts."""
        to = self.letter.to
        texts = [one for one in to.people if _is_text(one)]
        people = replace(to, people=tuple(one for one in to.people if one not in texts))  # type: ignore[type-var]
        for expression in texts:
            for address in _texts(computed(expression, self.frame)):
                if address and not (ADDRESS.fullmatch(address) and address.isascii()):
                    wrong = say(zh="“{it}”不是邮箱地址", en="“{it}” is no e-mail address", it=address)
                    raise Refused(wrong, code="mail")
                if address:
                    yield Recipient(address)
        for user in resolving.resolve(self.session, people, self.frame).users:
            row = people_rows.user(self.tx.connection, user)
            if row is not None and row["email"]:
                yield Recipient(row["email"], user, row["language"])

    def judge(self, found: list[Recipient]) -> None:
        """Refuse too many at once, and what somebody sends to an address that does not take mail."""
        if len(found) > MOST:
            many = say(zh="一次最多发给 {most} 个收件人", en="{most} recipients at a time at most", most=MOST)
            raise Refused(many, code="mail")
        for one in found if self.asked else ():
            came_back = self.bounce(one)
            if came_back is not None:
                raise Refused(came_back, code="bounced")

    def bounce(self, one: Recipient) -> Text | None:
        """Why an address is not written to; None if it is."""
        row = letter_rows.bounced(self.tx.connection, one.address, self.tx.now - BOUNCES)
        if row is None:
            return None
        return say(
            zh="{day} 发往 {address} 的邮件被退回（{why}）：请先更正地址，或在那封邮件旁点击重试",
            en="A mail to {address} came back on {day} ({why}): correct the address, or try again beside that mail",
            day=day_text(row["ended_at"].astimezone(self.tx.zone).date()), address=one.address, why=row["error"],
        )

    def later(self, count: int) -> dt.datetime | None:
        """When it may leave: now, or where the app has written very many, in an hour. People are refused."""
        sender = self.tx.actor.id if self.asked else None
        before = letter_rows.written(self.tx, sender, self.tx.now - HOUR)
        if before + count <= (PER_HOUR if self.asked else PER_HOUR_OF_APP):
            return None
        if self.asked:
            often = say(zh="一小时内最多发送 {most} 封邮件", en="{most} mails an hour at most", most=PER_HOUR)
            raise TooMany(often, seconds=600)
        return self.tx.now + HOUR

    # ---- what is in it

    def printed(self) -> Record | None:
        """The record whose print form goes with it; `Forbidden` for whoever may not print it."""
        if not self.letter.document:
            return None
        given = self.record if self.letter.of is None else computed(self.letter.of, self.frame)
        found = self.session.record(given) if isinstance(given, Ref) else given
        document = self.tx.app.documents[self.letter.document]
        if not isinstance(found, Record) or found.object != document.object:
            raise Refused(say(zh="没有可打印的“{document}”", en="There is nothing to print as {document}",
                              document=document.label), code="mail")
        if self.asked:
            access.demand(found, "print")
        return found

    def files(self) -> str | None:
        """The files of a field that go with it, as JSON."""
        if not self.letter.attach or self.record is None:
            return None
        if self.asked and self.letter.attach not in access.visible_fields(self.tx, self.record.definition, self.record):
            raise Forbidden(UNSEEN)
        found = list(attachments.each(self.record.get(self.letter.attach)))[:FILES]
        return json.dumps([[one.name, *one.stored()] for one in found]) if found else None

    def link(self, one: Recipient) -> int | None:
        """A link for its reader to a form or page about the record; without a token until the letter leaves."""
        if not self.letter.link or self.record is None or self.record.id is None:
            return None
        found = invitations.offered(self.tx, self.record.definition)
        to = next((two for two in found if invitations.called(two) == self.letter.link), None)
        return None if to is None else invitations.enter(self.record, to, one.address, None)

    def head(self) -> dict[str, Any]:
        """Whose timeline it stands on, who sends it, and what it belongs to."""
        actor, about = self.tx.actor, self.record
        numbers = self.tx.live.numbers
        return {
            "object": None if about is None or about.id is None else numbers[about.object],
            "record": None if about is None else about.id,
            "sender": actor.id if self.asked else None,
            "sender_name": actor.name or actor.login or actor.kind,
            "thread": self.thread(),
        }

    def thread(self) -> str:
        """What the conversation is about, as a word for the headers of mails."""
        given = None if self.letter.thread is None else computed(self.letter.thread, self.frame)
        if isinstance(given, (Ref, Record)):
            return f"{self.tx.app.name}.{given.object}.{given.id}"
        return "" if given is None else f"{self.tx.app.name}.{given}"[:200]

    def row(self, one: Recipient, printed: Record | None) -> dict[str, Any]:
        """A letter to somebody, in the language and with the rights of whoever reads it."""
        language = one.language or self.language(printed)
        subject = self.rendered(self.letter.subject, one, language, self.frame, self.thing)
        if not subject and printed is not None:
            document = self.tx.app.documents[self.letter.document]
            own = self.rendered(document.subject, one, language, printed.frame(), printed.object)
            subject = own or f"{document.label.to(language)} {printed.title}"
        text = self.rendered(self.letter.text, one, language, self.frame, self.thing)
        return {
            "user": one.user, "address": one.address, "language": language,
            "subject": " ".join((subject or self.tx.app.label.to(language)).split())[:SUBJECT],
            "text": (text or (PLAIN.to(language) if printed is not None else ""))[:TEXT],
            "document": "" if printed is None else self.letter.document,
            "of_object": None if printed is None else self.tx.live.numbers[printed.object],
            "of_record": None if printed is None else printed.id,
            "pdf": self.letter.pdf,
        }

    def language(self, printed: Record | None) -> str:
        """The language of the document, else the sender's, of the app itself its first."""
        languages = self.tx.app.languages
        wanted = None if printed is None else self.tx.app.documents[self.letter.document].language
        found = None if wanted is None or printed is None else wanted.value(printed.frame())
        if isinstance(found, str) and found in languages:
            return found
        return self.tx.actor.language if self.asked and self.tx.actor.language in languages else languages[0]

    def rendered(self, template: Template | None, one: Recipient, language: str, frame: Frame, thing: str) -> str:
        """A text as its reader may read it: somebody of the site with their own rights (what they may not see is left
        out), anybody else with those of the sender, who is refused what they may not tell."""
        if template is None:
            return ""
        reader = self.tx
        if one.user is not None:
            actor = discussions.actor_of(self.tx, one.user)
            reader = self.tx if actor is None else replace(self.tx, actor=actor)
        may = sight.may_read(reader, thing, template.reads) and sight.may_evaluate(reader, thing, template.nodes)
        if not may and one.user is None:
            raise Forbidden(UNSEEN)
        return template.render(frame, language) if may else ""


def _is_text(expression: Expression) -> bool:
    kind = expression.type
    return kind.name == "text" or kind.name == "list" and kind.of is not None and kind.of.name == "text"


def _texts(value: Value) -> Iterator[str]:
    """The addresses in a value: one, several separated by commas, or a list."""
    if isinstance(value, ErrorValue) or value is None:
        return
    if isinstance(value, (tuple, Rows)):
        for item in value if isinstance(value, tuple) else value.items:
            yield from _texts(item)
        return
    for part in str(value).replace(";", ",").split(","):
        yield part.strip()


# ---- what became of it


@dataclass(frozen=True, slots=True)
class Told:
    """A letter on the timeline: `address` is masked for others than its sender and administrators."""

    id: int
    at: dt.datetime
    sender_name: str
    system: bool
    address: str
    subject: str
    document: str
    files: int
    state: str
    error: str
    ended_at: dt.datetime | None
    may_retry: bool


def of_record(record: Record) -> list[Told]:
    """The letters that were written about a record, newest first; the reader sees the record."""
    tx = record.session.tx
    return [_told(tx, row) for row in letter_rows.of_record(tx, record.object, record.id or 0)]


def _told(tx: Tx, row: Mapping[str, Any]) -> Told:
    own = tx.actor.admin or row["sender"] is not None and row["sender"] == tx.actor.id
    document = tx.app.documents.get(row["document"])
    return Told(
        row["id"], row["at"], row["sender_name"], row["sender"] is None,
        row["address"] if own else masked(row["address"]), row["subject"] if own else "",
        "" if document is None else document.label.to(tx.actor.language), len(files_of(row)), row["state"],
        row["error"] if own else "", row["ended_at"], own and row["state"] in ("failed", "bounced"),
    )


def masked(address: str) -> str:
    """An address that others than its sender read: `l…@acme.com`."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"


def files_of(row: Mapping[str, Any]) -> list[Attached]:
    """The files that go with a letter."""
    return [Attached(*one) for one in json.loads(row["files__file"] or "[]")]


def address_of(connection: Connection, user: int) -> str:
    """The address of an account; blank where it has none."""
    row = people_rows.user(connection, user)
    return "" if row is None else str(row["email"] or "")


def retry(tx: Tx, record: Record, id: int) -> None:
    """Send a letter that failed once more: its sender and administrators may."""
    found = next((one for one in of_record(record) if one.id == id), None)
    if found is None:
        raise NotFound(access.GONE)
    if not found.may_retry:
        raise Refused(say(zh="这封邮件不能重试", en="This mail cannot be tried again"), code="mail")
    tries = letter_rows.again(tx.connection, id)
    if tries is not None:
        outbox.enqueue(tx, JOB, {"letter": id}, dedup_key=f"letter:{id}:{tries}")
