"""The story of a record: what was done and what was said, in one line of time. Knows services, no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.kinds.fields.attached import Attached, shown_size
from engine.runtime.services import discussions, notices
from engine.runtime.services.approvals.flow_views import InstanceView
from engine.runtime.services.discussions import TOLD, Comment
from engine.runtime.services.records import Record
from engine.runtime.storage import follower_rows
from engine.runtime.web.present import addresses, mails, markdown, timelines, uploads
from engine.runtime.web.present.timelines import NOBODY, Entry
from engine.runtime.web.present.uploads import FileItem
from engine.texts import Text, say

SAID = say(zh="说", en="said")
TAKEN_BACK = say(zh="删除了自己的评论", en="took a comment back")
REMOVED = say(zh="的评论已由 {who} 删除", en="said something that {who} has removed")


@dataclass(frozen=True, slots=True)
class Story:
    """The card with the timeline. `url`: where comments are sent, blank where the record has no discussion (or none
    that the reader may take part in); `unseen` asks that the discussion be marked as seen."""

    entries: Sequence[Entry]
    url: str = ""
    people_url: str = ""
    follow_url: str = ""
    follows: bool = False
    unseen: bool = False
    most: int = discussions.LONGEST
    text: str = ""
    error: str = ""


def of(record: Record, instances: Sequence[InstanceView], *, text: str = "", error: str = "") -> Story:
    """Everything that happened to the record and was said about it, newest first."""
    dated = timelines.dated(record, instances) + mails.dated(record)
    tx = record.session.tx
    if not discussions.is_open(tx, record.definition):
        return Story(timelines.newest_first(dated))
    seen = follower_rows.seen(tx, record.object, record.id or 0, tx.actor.id)
    found = discussions.listing(record)
    dated += [(one.at, remark(record, one, seen)) for one in found]
    base = addresses.record(tx.app.name, record.object, record.id or 0)
    return Story(
        entries=timelines.newest_first(dated),
        url=f"{base}/comments",
        people_url=f"{base}/comments/people",
        follow_url=f"{base}/follow",
        follows=discussions.follows(record),
        unseen=seen is not None and any(one.id > seen for one in found) or notices.waits(tx, record.ref, TOLD),
        text=text,
        error=error,
    )


def remark(record: Record, one: Comment, seen: int | None) -> Entry:
    """A comment as an entry of the timeline."""
    tx = record.session.tx
    language = tx.actor.language
    base = addresses.record(tx.app.name, record.object, record.id or 0, "comments", str(one.id))
    system = NOBODY.get(one.author_name) if one.author is None else None
    gone = "" if one.deleted_at is None else taken_back(one).to(language)
    return Entry(
        who=system.to(language) if system is not None else one.author_name,
        text=gone or SAID.to(language),
        when=timelines.when(record, one.at),
        when_iso=one.at.isoformat(),
        icon="message" if not gone else "message-off",
        color="gray" if gone else "azure",
        said=None if gone else markdown.html(one.text.to(language), one.names),
        id=f"comment-{one.id}",
        files=uploads.together([item(base, file) for file in one.files]),
        edited=timelines.when(record, one.edited_at) if one.edited_at is not None else "",
        fresh=seen is not None and one.id > seen and (one.author is None or one.author.id != tx.actor.id),
        edit_url=f"{base}/edit" if one.changeable else "",
        remove_url=f"{base}/remove" if one.removable else "",
    )


def taken_back(one: Comment) -> Text:
    """What stands where a comment was: who took it away, the author or somebody else."""
    return TAKEN_BACK if one.deleted_by == one.author_name else REMOVED.filled(who=one.deleted_by)


def item(base: str, one: Attached) -> FileItem:
    """A file of a comment."""
    url = f"{base}/files/{one.token}"
    return FileItem(one.token, one.name, shown_size(one.size), url, uploads.small(url, one))
