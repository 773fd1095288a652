"""What people are told of alerts: at once, or together with others of their group (`group`), whose words wait in the
database until a job says them. Judges nothing."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.definitions.questions import Alert
from engine.expressions.compiled import Expression, Template
from engine.expressions.moments import shift
from engine.expressions.scope import Frame
from engine.expressions.values import Duration, ErrorValue, Ref
from engine.runtime.services import changes, notices, outbox, quiet
from engine.runtime.services.automation import muting, watching
from engine.runtime.services.automation.watching import Watched
from engine.runtime.services.sessions import Session
from engine.runtime.storage import alert_rows
from engine.runtime.storage.live import Tx
from engine.texts import Text, plain, say

MOST = 10                                      # texts in one message; of more it says how many
GROUP_WAIT = Duration(seconds=Decimal(30))
GROUP_INTERVAL = Duration(seconds=Decimal(300))


@dataclass(frozen=True, slots=True)
class Word:
    """What some people are to be told of one episode, through these channels. `kind`: that it fired, fires still
    (`again`, `level`), or is over."""

    episode: int
    kind: str                                  # fired | again | level | over
    users: Sequence[int]
    text: Text
    about: Ref | None
    via: Sequence[str] = ("inbox",)

    def coded(self) -> dict[str, Any]:
        """The word as JSON."""
        about = [self.about.object, self.about.id] if self.about is not None else None
        return {
            "episode": self.episode, "kind": self.kind, "users": list(self.users), "text": dict(self.text.forms),
            "about": about, "via": list(self.via),
        }


def word(kept: Mapping[str, Any]) -> Word:
    """A word out of its JSON."""
    about = Ref(*kept["about"]) if kept["about"] is not None else None
    return Word(kept["episode"], kept["kind"], kept["users"], Text(kept["text"]), about, kept["via"])


# ---- groups


def join(session: Session, alert: Alert, watched: Watched) -> dict[str, Any]:
    """The columns of an episode that say to which group it belongs; none where it is told alone."""
    if not alert.group or not watched.labels:
        return {}
    values = [changes.as_link(one.value(watched.frame)) for one in alert.group]
    labels = {str(place): None if isinstance(one, ErrorValue) else one for place, one in enumerate(values)}
    title = rendered(session.tx, alert.group_title, watched) if alert.group_title is not None else plain("")
    return {"bundle": watching.key_text(labels), "bundle_title": dict(title.forms)}


def tell(session: Session, alert: Alert, bundle: str, said: Word, key: str) -> None:
    """Say it now, or with what else is said of its group. `key` tells mails apart."""
    if not said.users:
        return
    if not bundle:
        _send(session.tx, said.via, said.users, said.text, said.text, said.about, key, [said])
        return
    tx = session.tx
    group = alert_rows.group(tx, alert.name, bundle) or {"waiting": [], "due_at": None, "free_at": None}
    due = group["due_at"]
    if due is None:
        due = max(_after(session, alert.group_wait, GROUP_WAIT), group["free_at"] or tx.now)
        outbox.enqueue(tx, "alerts", {"rule": alert.name, "group": bundle}, run_at=due)
    alert_rows.put_group(tx, alert.name, bundle, {"waiting": [*group["waiting"], said.coded()], "due_at": due})


def unsay(tx: Tx, episode: Mapping[str, Any]) -> bool:
    """An episode is over: nothing that waits is said of it. Whether people were still to be told that it fired."""
    group = alert_rows.group(tx, episode["rule"], episode["bundle"]) if episode["bundle"] else None
    mine = [one for one in group["waiting"] if one["episode"] == episode["id"]] if group is not None else []
    if group is not None and mine:
        rest = [one for one in group["waiting"] if one["episode"] != episode["id"]]
        alert_rows.put_group(tx, episode["rule"], episode["bundle"], {"waiting": rest})
    return any(one["kind"] == "fired" for one in mine)


def flush(session: Session, alert: Alert, group: Mapping[str, Any]) -> None:
    """Say what waits in a group, if it is time: to each person one message through each channel."""
    tx = session.tx
    if group["due_at"] is None or group["due_at"] > tx.now:
        return
    words = [one for one in map(word, group["waiting"]) if _still(tx, alert.name, one)]
    if not words:
        alert_rows.put_group(tx, alert.name, group["key"], {"waiting": [], "due_at": None})
        return
    for (via, places), users in _alike(words).items():
        _together(tx, alert, via, users, [words[place] for place in places])
    free = _after(session, alert.group_interval, GROUP_INTERVAL)
    alert_rows.put_group(tx, alert.name, group["key"], {"waiting": [], "due_at": None, "free_at": free})


def _alike(words: Sequence[Word]) -> dict[tuple[str, tuple[int, ...]], list[int]]:
    """Channel, places of the words in one message → the people who get it."""
    of: dict[tuple[str, int], list[int]] = defaultdict(list)
    for place, one in enumerate(words):
        for via in one.via:
            for user in one.users:
                of[via, user].append(place)
    found: dict[tuple[str, tuple[int, ...]], list[int]] = defaultdict(list)
    for (via, user), places in of.items():
        found[via, tuple(places)].append(user)
    return found


def _still(tx: Tx, rule: str, said: Word) -> bool:
    """Whether a word that has waited is still to be said."""
    episode = alert_rows.one(tx, said.episode)
    if episode is None or said.kind == "over":
        return episode is not None
    if episode["resolved_at"] is not None or (said.kind != "fired" and episode["acknowledged_at"] is not None):
        return False
    if muting.inhibited(tx, rule, episode["labels"]):
        alert_rows.change(tx, episode["id"], {"muted": True})      # told as soon as nothing keeps it quiet any more
        return False
    return not silenced(tx, rule, episode["key"])


def _together(tx: Tx, alert: Alert, via: str, users: Sequence[int], words: Sequence[Word]) -> None:
    """One message of all of these."""
    first = words[0]
    if len(words) == 1:
        _send(tx, (via,), users, first.text, first.text, first.about, "", words)
        return
    episode = alert_rows.one(tx, first.episode) or {}
    title = Text(episode.get("bundle_title") or {})
    head = say(zh="{alert} {count} 项", en="{alert}: {count}", alert=alert.label, count=len(words))
    if any(title.forms.values()):
        head = say(
            zh="{alert}（{group}）{count} 项", en="{alert} ({group}): {count}",
            alert=alert.label, count=len(words), group=title,
        )
    languages = dict.fromkeys((*tx.app.languages, "zh", "en"))
    lines = [one.text for one in words[:MOST]]
    if len(words) > MOST:
        lines.append(say(zh="另有 {more} 项", en="and {more} more", more=len(words) - MOST))
    inline = Text({one: ("；" if one == "zh" else "; ").join(line.to(one) for line in lines) for one in languages})
    whole = say(zh="{head}：{texts}", en="{head} – {texts}", head=head, texts=inline)
    below = Text({one: "\n".join(line.to(one) for line in lines) for one in languages})
    about = first.about if all(one.about == first.about for one in words) else None
    if via == "email":
        _send(tx, (via,), users, Text({one: head.to(one) for one in languages}), below, about, "", words)
    else:
        _send(tx, (via,), users, whole, whole, about, "", words)


def waiting(tx: Tx) -> dict[int, dt.datetime]:
    """Episodes of which people are still to be told → when they will be."""
    return {one["episode"]: group["due_at"] for group in alert_rows.waiting_groups(tx) for one in group["waiting"]}


# ---- saying


def _send(
    tx: Tx, via: Iterable[str], users: Sequence[int], subject: Text, text: Text, about: Ref | None, key: str,
    words: Sequence[Word],
) -> None:
    """Send one message of these words; mails wait for the end of their reader's quiet hours, unless one of the alerts
    is critical."""
    known = about if about is not None and about.object in tx.app.objects else None
    if "inbox" in via:
        notices.send(tx, users, text, kind="alert", about=known)
    if "email" in via:
        grave = any((alert_rows.one(tx, one.episode) or {}).get("severity") == "critical" for one in words)
        later = {} if grave else quiet.until(tx, users)
        quiet.hold(tx, later, [{"text": dict(one.text.forms), "episode": one.episode} for one in words])
        for user in (one for one in users if one not in later):
            args = {"user": user, "subject": dict(subject.forms), "text": dict(text.forms)}
            outbox.enqueue(tx, "mail", args, dedup_key=f"{key}:{user}" if key else None)


def silenced(tx: Tx, rule: str, key: str) -> dt.datetime | None:
    """Until when nobody is to be told of a key; None where it is not silent."""
    until = alert_rows.silenced(tx, rule, key)
    return until if until is not None and until > tx.now else None


def rendered(tx: Tx, template: Template, watched: Watched) -> Text:
    """A text of an alert, in every language of the app."""
    return Text({language: template.render(watched.frame, language) for language in tx.app.languages})


def after(session: Session, frame: Frame, span: Expression | None, start: dt.datetime) -> dt.datetime | None:
    """The moment so long after another one; None without a span, or where it cannot be computed."""
    length = None if span is None else span.value(frame)
    found = shift(start, length, 1, session) if isinstance(length, Duration) else None
    return found if isinstance(found, dt.datetime) else None


def _after(session: Session, span: Expression | None, otherwise: Duration) -> dt.datetime:
    """So long from now: a span of groups, which reads no row."""
    found = after(session, Frame(session), span, session.now) or shift(session.now, otherwise, 1, session)
    assert isinstance(found, dt.datetime), "seconds can be added to any moment"
    return found
