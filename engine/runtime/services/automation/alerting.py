"""Evaluating alerts, as a job: which fire, are told, go on, are over. Looks at what is committed then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from engine.definitions.questions import Alert, Receiver
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref
from engine.runtime.services import outbox
from engine.runtime.services.approvals import resolving
from engine.runtime.services.automation import alert_messages, doubts, muting, origins, watching
from engine.runtime.services.automation.alert_messages import Word
from engine.runtime.services.sessions import Session
from engine.runtime.storage import alert_rows, job_rows
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

SEVERITIES = ("info", "warning", "critical")
LED = ("causes", "runs")                       # of a job: what it follows from
PENDING = 0                                    # `told` of an episode whose condition must hold for longer first


def run(tx: Tx, args: Mapping[str, Any]) -> None:
    """Look at some keys of one rule (`keys`), or at all of it; on what is committed now. `group`: only say what
    waits in this group; `ended`: only say that this episode is over.

    An error neither starts nor ends an alert; administrators are told."""
    alert_rows.hold(tx, args["rule"])
    alert = tx.app.alerts.get(args["rule"])
    session = Session(tx)
    if alert is None:
        _end_rule(session, args["rule"])
    elif args.get("ended") is not None:
        _tell_end(session, alert, args["ended"], Text(args["text"]))
    elif args.get("group") is not None:
        group = alert_rows.group(tx, alert.name, args["group"])
        if group is not None:
            alert_messages.flush(session, alert, group)
    else:
        tx.led = {name: args[name] for name in LED if args.get(name) is not None}
        _look(session, alert, _along(tx, args), part=bool(args.get("part")))


def _along(tx: Tx, args: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | None:
    """The keys to be looked at, those of like jobs that wait included: after many changes a rule looks once at all
    of them, not once for each. It looks at what is committed now, whichever job asks."""
    keys: list[Mapping[str, Any]] | None = args.get("keys")
    if keys is None:
        return None
    found = _by_text(keys)

    def fits(other: Mapping[str, Any]) -> bool:
        """Keys that are looked at anyway take no room: what changed often is looked at once."""
        if _like(other) != _like(args) or other.get("keys") is None:
            return False
        wider = {**found, **_by_text(other["keys"])}
        if len(wider) > max(watching.MOST_KEYS, len(found)):
            return False
        found.update(wider)
        return True

    job_rows.take_along(tx.connection, tx.app.name, "alerts", tx.now, fits)
    return list(found.values())


def _by_text(keys: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {watching.key_text(watching.decoded(key)): key for key in keys}


def _like(args: Mapping[str, Any]) -> dict[str, Any]:
    """What jobs must have in common to be one look."""
    return {name: value for name, value in args.items() if name != "keys" and value}


def _look(session: Session, alert: Alert, keys: Sequence[Mapping[str, Any]] | None, *, part: bool) -> None:
    """Look at these keys, at everything without keys; one that is empty means everything too."""
    tx = session.tx
    labels = None if keys is None or {} in keys else [watching.decoded(key) for key in keys]
    found = {one.key: one for one in watching.look(session, alert, alert.over.object, labels, part=part)}
    meant = any(one.meant for one in found.values())
    unclear = doubts.Doubts(session, alert)
    firing = alert_rows.firing(tx, alert.name, None if labels is None else {*found, watching.WHOLE})
    episodes = {row["key"]: row for row in firing if not doubts.is_doubt(row)}
    for watched in found.values():
        unclear.note(watched)
        if not isinstance(watched.holds, ErrorValue):
            _judge(session, alert, watched, watched.holds, episodes.get(watched.key))
    if (labels is None and not unclear.whole) or (meant and alert.no_data == "fire"):
        lack = alert.no_data == "fire" and not meant
        whole = watching.Watched(watching.WHOLE, {}, Frame(session), lack, None)
        _judge(session, alert, whole, lack, episodes.get(watching.WHOLE))
    if labels is None and not unclear.whole:
        unclear.end(found)
        for key, row in episodes.items() if meant or alert.no_data != "keep" else ():
            if key not in found and key != watching.WHOLE:
                _resolve(session, row, "gone")
    if labels is None:
        for group in alert_rows.due_groups(tx, alert.name):    # of which no job is left
            alert_messages.flush(session, alert, group)
        alert_rows.forget_groups(tx, alert.name)


def _end_rule(session: Session, rule: str) -> None:
    for row in alert_rows.firing(session.tx, rule):
        _resolve(session, row, "rule_changed")
    alert_rows.forget_groups(session.tx, rule, whole=True)


def _judge(
    session: Session, alert: Alert, watched: watching.Watched, holds: bool, episode: alert_rows.Row | None
) -> None:
    """One key, of which an episode is open or not: wait, fire, repeat, resolve or leave as it is."""
    tx = session.tx
    if not holds:
        if episode is not None and not _recovering(session, alert, watched, episode):
            _resolve(session, episode, "deleted" if watched.gone else "", _ended(session, alert, watched))
    elif episode is None:
        _fire(session, alert, watched)
    elif episode["told"] == PENDING:
        if tx.now >= (after(session, watched, alert.lasting, episode["fired_at"]) or tx.now):
            alert_rows.change(tx, episode["id"], {"fired_at": tx.now})
            _tell(session, alert, watched, episode["id"], 1)
    else:
        _go_on(session, alert, watched, episode)


def _go_on(session: Session, alert: Alert, watched: watching.Watched, episode: Mapping[str, Any]) -> None:
    """It fires already: it is not about to end any more, further people are told, those who were are reminded. What has
    become graver is told at once, and was seen to by nobody yet."""
    if episode["quiet_since"] is not None:
        alert_rows.change(session.tx, episode["id"], {"quiet_since": None})
    graver = _severity(alert, watched)
    if SEVERITIES.index(graver) > SEVERITIES.index(episode["severity"]):
        worse = {"severity": graver, "acknowledged_at": None, "acknowledged_by": None}
        alert_rows.change(session.tx, episode["id"], worse)
        _escalate(session, alert, watched, {**episode, **worse})
        _tell(session, alert, watched, episode["id"], episode["told"] + 1)
        return
    _escalate(session, alert, watched, episode)
    if _due(session, alert, watched, episode):
        _tell(session, alert, watched, episode["id"], episode["told"] + 1)


def _due(session: Session, alert: Alert, watched: watching.Watched, episode: Mapping[str, Any]) -> bool:
    """Whether it is time to remind: not before the interval is over, not once somebody has acknowledged, not while it
    is silent; when a silence ends, at once."""
    fresh = episode["acknowledged_at"] is None
    if fresh and episode["muted"] and not muting.inhibited(session.tx, alert.name, watching.coded(watched.labels)):
        return True
    until = episode["silenced_until"]
    if until is not None and episode["told_at"] < until:
        return bool(session.now >= until) and episode["acknowledged_at"] is None
    when = after(session, watched, alert.repeat, episode["told_at"])
    return when is not None and episode["acknowledged_at"] is None and session.now >= when


def _recovering(
    session: Session, alert: Alert, watched: watching.Watched, episode: Mapping[str, Any]
) -> bool:
    """Whether an alert goes on although its condition does not hold: for `keep_firing`, counted from the first time."""
    if alert.keep_firing is None or watched.gone or episode["told"] == PENDING:
        return False
    since = episode["quiet_since"] or session.now
    ends = after(session, watched, alert.keep_firing, since)
    if ends is None or session.now >= ends:
        return False
    if episode["quiet_since"] is None:
        alert_rows.change(session.tx, episode["id"], {"quiet_since": since})
        _look_again(session.tx, alert, watched, ends, f"alert:{episode['id']}:quiet:{since.isoformat()}")
    return True


def _escalate(session: Session, alert: Alert, watched: watching.Watched, episode: Mapping[str, Any]) -> None:
    """Tell further people, once per level, of what nobody has acknowledged in time; administrators where nobody is
    found."""
    tx, level = session.tx, episode["level"]
    while level < len(alert.escalate) and episode["acknowledged_at"] is None:
        due = after(session, watched, alert.escalate[level].after, episode["fired_at"])
        if due is None or session.now < due:
            break
        users = resolving.resolve(session, alert.escalate[level].who, watched.frame).users or doubts.administrators(tx)
        level += 1
        told = sorted({*(alert_rows.one(tx, episode["id"]) or episode)["receivers"], *users})
        alert_rows.change(tx, episode["id"], {"level": level, "receivers": told})
        if not _silent(tx, alert, watched):
            said = Word(episode["id"], "level", users, _text(tx, alert, watched), watched.about)
            alert_messages.tell(session, alert, episode["bundle"], said, f"alert:{episode['id']}:level:{level}")


def _silent(tx: Tx, alert: Alert, watched: watching.Watched) -> bool:
    """Whether nobody is to be told now: it is silenced, or another alert about the same fires."""
    silent = alert_messages.silenced(tx, alert.name, watched.key) is not None
    return silent or muting.inhibited(tx, alert.name, watching.coded(watched.labels))


def _fire(session: Session, alert: Alert, watched: watching.Watched) -> None:
    """Open an episode: people are told at once, or when the condition has held for so long."""
    tx = session.tx
    id = alert_rows.fire(tx, {
        "rule": alert.name, "key": watched.key, "labels": watching.coded(watched.labels),
        "severity": _severity(alert, watched), "told": PENDING,
        "object": watched.about.object if watched.about else "", "record": watched.about.id if watched.about else None,
        "text": {}, "receivers": [],
    })
    if id is None:
        return
    lasting = after(session, watched, alert.lasting, tx.now)
    if lasting is not None and lasting > tx.now:
        _look_again(tx, alert, watched, lasting, f"alert:{id}:for")
    else:
        _tell(session, alert, watched, id, 1)


def _severity(alert: Alert, watched: watching.Watched) -> str:
    """How grave it is now; where that cannot be computed it is a warning."""
    if isinstance(alert.severity, str):
        return alert.severity
    found = alert.severity.value(watched.frame)
    return str(found) if found in SEVERITIES else "warning"


def _tell(session: Session, alert: Alert, watched: watching.Watched, id: int, told: int) -> None:
    tx = session.tx
    text = _text(tx, alert, watched)
    everyone: list[int] = []
    until = alert_messages.silenced(tx, alert.name, watched.key)
    muted = muting.inhibited(tx, alert.name, watching.coded(watched.labels))
    quiet = until is not None or muted or (told == 1 and _cooling(session, alert, watched, id))
    bundle = alert_messages.join(session, alert, watched)
    reached = alert.escalate[: (alert_rows.one(tx, id) or {"level": 0})["level"]]
    for receiver in (*alert.to, *(Receiver(one.who, ("inbox",)) for one in reached)):
        users = resolving.resolve(session, receiver.who, watched.frame).users
        everyone.extend(users)
        if not quiet:
            said = Word(id, "fired" if told == 1 else "again", users, text, watched.about, receiver.via)
            alert_messages.tell(session, alert, bundle.get("bundle", ""), said, f"alert:{id}:{told}")
    if told == 1:
        for number, level in enumerate(alert.escalate):
            moment = after(session, watched, level.after, tx.now)
            if moment is not None:
                _look_again(tx, alert, watched, moment, f"alert:{id}:escalate:{number}")
        origins.alerted(tx, alert.name, "fired", watching.coded(watched.labels))
    alert_rows.change(tx, id, {
        "text": dict(text.forms), "receivers": sorted(set(everyone)), "told_at": tx.now, "told": told, "muted": muted,
        **bundle, **({"silenced_until": until} if until is not None else {}),      # one that begins in a silence too
    })
    again = after(session, watched, alert.repeat, tx.now)
    if again is not None:
        _look_again(tx, alert, watched, again, f"alert:{id}:repeat:{told}")


def _text(tx: Tx, alert: Alert, watched: watching.Watched) -> Text:
    """What people are told: of rows their own text, that there are none a text of the engine."""
    if watched.key != watching.WHOLE:
        return alert_messages.rendered(tx, alert.say, watched)
    lack = say(zh="“{alert}”没有数据", en="{alert}: there is no data", alert=alert.label)
    return Text({language: lack.to(language) for language in tx.app.languages})


def _look_again(tx: Tx, alert: Alert, watched: watching.Watched, at: dt.datetime, key: str) -> None:
    args = {"rule": alert.name, "keys": [watching.coded(watched.labels)]}
    outbox.enqueue(tx, "alerts", args, dedup_key=key, run_at=at)


def _cooling(session: Session, alert: Alert, watched: watching.Watched, id: int) -> bool:
    """Whether it was over so recently that nobody is told again."""
    last = alert_rows.last_end(session.tx, alert.name, watched.key, id) if alert.cooldown is not None else None
    until = None if last is None else after(session, watched, alert.cooldown, last)
    return until is not None and session.now < until


def _ended(session: Session, alert: Alert, watched: watching.Watched) -> Text | None:
    """What is said when it is over; nothing of a record that is gone."""
    if alert.resolved is None or watched.gone or not watched.labels:
        return None
    return alert_messages.rendered(session.tx, alert.resolved, watched)


def _resolve(session: Session, episode: Mapping[str, Any], reason: str, text: Text | None = None) -> None:
    """End an episode; those who were told are told that too. One that never fired is forgotten."""
    tx, rule = session.tx, episode["rule"]
    if episode["told"] == PENDING:
        alert_rows.forget(tx, episode["id"])
        return
    alert_rows.change(tx, episode["id"], {"resolved_at": tx.now, "reason": reason})
    source = tx.app.alerts.get(rule)
    if not doubts.is_doubt(episode):
        if source is not None:
            muting.release(tx, source, episode["labels"])
        origins.alerted(tx, rule, "resolved", episode["labels"])
    until = episode["silenced_until"]
    if alert_messages.unsay(tx, episode) or text is None or source is None:
        return                                 # whoever was told of nothing is not told that it is over
    if until is not None and until > tx.now:
        args = {"rule": rule, "ended": episode["id"], "text": dict(text.forms)}
        outbox.enqueue(tx, "alerts", args, dedup_key=f"alert:{episode['id']}:ended", run_at=until)
    elif not episode["muted"]:
        _tell_end(session, source, episode["id"], text)


def _tell_end(session: Session, alert: Alert, id: int, text: Text) -> None:
    """Those who were told of an episode are told that it is over."""
    episode = alert_rows.one(session.tx, id)
    if episode is not None:
        about = Ref(episode["object"], episode["record"]) if episode["record"] is not None else None
        said = Word(id, "over", episode["receivers"], text, about)
        alert_messages.tell(session, alert, episode["bundle"], said, f"alert:{id}:over")


def after(
    session: Session, watched: watching.Watched, span: Expression | None, start: dt.datetime
) -> dt.datetime | None:
    """The moment so long after another one; None without a span, or where it cannot be computed."""
    return alert_messages.after(session, watched.frame, span, start)
