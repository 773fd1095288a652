"""Quiet hours: when people want no mails, and the one mail that says afterwards what would have come. Notices in the
app come as ever; what is critical is never held back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from engine.runtime.services import outbox
from engine.runtime.storage import alert_rows, held_mail_rows, notice_rows, people_rows
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

JOB = "digest"
MOST = 50                                      # lines of one mail; of more it says how many
OVER = say(zh="（{time} 已解除）", en=" (over at {time})")
SUBJECT = say(zh="{app}：{count} 条提醒", en="{app}: {count} notices")
MORE = say(zh="另有 {more} 条，请登录查看", en="and {more} more: sign in to see them")


def ends(begin: str, end: str, moment: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
    """When quiet hours (`HH:MM` in a zone) are over in which a moment falls; None where it falls in none. The same time
    twice is a whole day: mails come once a day, at that time. `end` itself is no longer quiet."""
    here = moment.astimezone(zone)
    now, first, last = here.time(), dt.time.fromisoformat(begin), dt.time.fromisoformat(end)
    inside = first <= now < last if first < last else now >= first or now < last
    if not inside:
        return None
    day = here.date() if now < last else here.date() + dt.timedelta(days=1)
    return dt.datetime.combine(day, last, zone).astimezone(dt.UTC)


def until(tx: Tx, users: Iterable[int], moment: dt.datetime | None = None) -> dict[int, dt.datetime]:
    """Those of these people who want no mails at a moment (now) → when they do again."""
    found: dict[int, dt.datetime] = {}
    for user, (begin, end, timezone) in held_mail_rows.hours(tx, list(users)).items():
        due = ends(begin, end, moment or tx.now, ZoneInfo(timezone) if timezone else tx.live.zone)
        if due is not None:
            found[user] = due
    return found


def hold(tx: Tx, due: Mapping[int, dt.datetime], mails: Sequence[Mapping[str, Any]]) -> None:
    """Keep mails (`text`, and `notice` or `episode`) for each of these people until their quiet hours are over."""
    for user, end in due.items():
        held_mail_rows.add(tx, [{**mail, "user": user, "due_at": end} for mail in mails])
        outbox.enqueue(
            tx, JOB, {"user": user, "due": end.isoformat()}, run_at=end,
            dedup_key=f"digest:{tx.app.name}:{user}:{end.isoformat()}",
        )


def run(tx: Tx, args: Mapping[str, Any]) -> None:
    """Send a person one mail of what has waited; none where nothing is left to say. As a job: what it sends and what it
    takes out stand or fall together, so that nothing is said twice."""
    user = int(args["user"])
    reader = people_rows.user(tx.connection, user)
    zone = ZoneInfo(reader["timezone"]) if reader is not None and reader["timezone"] else tx.live.zone
    rows = held_mail_rows.take(tx, user, dt.datetime.fromisoformat(args["due"]))
    if reader is None or not reader["active"]:
        return
    lines = [line for row in _alike(rows) if (line := _line(tx, row, zone)) is not None]
    if not lines:
        return
    told = [*lines[:MOST], *([MORE.filled(more=len(lines) - MOST)] if len(lines) > MOST else [])]
    subject = SUBJECT.filled(app=tx.app.label, count=len(lines))
    languages = dict.fromkeys((*tx.app.languages, "zh", "en"))
    mail = {
        "user": user, "subject": {one: subject.to(one) for one in languages},
        "text": {one: "\n".join(line.to(one) for line in told) for one in languages},
    }
    if all(row["episode"] is None for row in rows):
        mail["digest"] = True                  # nobody has declared such mails: they are let go where none are sent
    outbox.enqueue(tx, "mail", mail)


def _alike(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One row of each alert: what was said last, when it was said first."""
    kept: dict[tuple[str, int], Mapping[str, Any]] = {}
    for row in rows:
        key = ("episode", row["episode"]) if row["episode"] is not None else ("row", row["id"])
        kept[key] = {**row, "at": kept[key]["at"]} if key in kept else row
    return list(kept.values())


def _line(tx: Tx, row: Mapping[str, Any], zone: ZoneInfo) -> Text | None:
    """What is said of one; None where its reader has read it meanwhile, or it is gone."""
    forms, after = row["text"], None
    if row["notice"] is not None:
        notice = notice_rows.one(tx.connection, row["notice"])
        if notice is None or notice["read_at"] is not None or notice_rows.taken_back(notice):
            return None
        forms = notice["text"]
    elif row["episode"] is not None:
        episode = alert_rows.one(tx, row["episode"])
        if episode is not None and episode["resolved_at"] is not None:
            after = OVER.filled(time=f"{episode['resolved_at'].astimezone(zone):%H:%M}")
    head, said = f"{row['at'].astimezone(zone):%H:%M}", Text(forms)
    languages = dict.fromkeys((*tx.app.languages, "zh", "en"))
    return Text({one: f"{head} {said.to(one)}{after.to(one) if after is not None else ''}" for one in languages})
