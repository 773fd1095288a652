"""Letters on the timeline of a record: to whom, with what, and what became of them. Knows no request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from engine.runtime.services.papers import letters
from engine.runtime.services.papers.letters import Told
from engine.runtime.services.records import Record
from engine.runtime.web.present import addresses, timelines
from engine.runtime.web.present.timelines import NOBODY, Entry
from engine.texts import Text, say

SENT = say(zh="发送邮件给 {to}", en="sent a mail to {to}")
WITH = say(zh="，附 {what}", en=", with {what}")
FILES = say(zh="{n} 个附件", en="{n} files")
STATES: Mapping[str, tuple[Text, str]] = {
    "waiting": (say(zh="等待发出", en="It waits to leave"), "amber"),
    "sent": (say(zh="已于 {at} 发出", en="It left {at}"), "green"),
    "failed": (say(zh="未能发出", en="It did not leave"), "red"),
    "bounced": (say(zh="被对方服务器退回", en="It came back"), "red"),
}


def dated(record: Record) -> list[tuple[dt.datetime, Entry]]:
    """The letters of a record, each with its moment."""
    return [(one.at, entry(record, one)) for one in letters.of_record(record)]


def entry(record: Record, one: Told) -> Entry:
    """A letter as an entry of the timeline."""
    tx = record.session.tx
    language = tx.actor.language
    state, color = STATES[one.state]
    files = [FILES.filled(n=one.files).to(language)] if one.files else []
    parts = [*([one.document] if one.document else []), *files]
    with_ = WITH.filled(what=", ".join(parts)).to(language) if parts else ""
    ended = "" if one.ended_at is None else timelines.when(record, one.ended_at)
    told = state.filled(at=ended).to(language)
    base = addresses.record(tx.app.name, record.object, record.id or 0, "letters", str(one.id), "retry")
    said = [*([one.subject] if one.subject else []), f"{told}: {one.error}" if one.error else told]
    return Entry(
        who=NOBODY["app"].to(language) if one.system else one.sender_name,
        text=SENT.filled(to=one.address).to(language) + with_,
        when=timelines.when(record, one.at),
        when_iso=one.at.isoformat(),
        icon="mail",
        color=color,
        detail=" · ".join(said),
        retry_url=base if one.may_retry else "",
    )
