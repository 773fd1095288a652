"""Alerts: conditions watched over register rows and records; evaluated after commit on what is then true."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.definitions.app import App
from engine.definitions.questions import Alert, Receiver
from engine.errors import FieldError, Invalid, NotFound, Refused
from engine.expressions.compiled import Expression
from engine.expressions.moments import shift
from engine.expressions.templates import Template
from engine.expressions.values import Duration, ErrorValue, Ref
from engine.runtime.services import access, doubts, muting, notices, origins, outbox, resolving, watching
from engine.runtime.services.sessions import Session
from engine.runtime.services.watching import Labels
from engine.runtime.storage import alert_rows
from engine.runtime.storage.live import Tx
from engine.runtime.storage.register_keys import Keys
from engine.texts import Text, plain, say

MOST_KEYS = 500                                # of one job; more are several jobs
SEVERITIES = ("info", "warning", "critical")
LONGEST_SILENCE = dt.timedelta(days=30)
PENDING = 0                                    # `told` of an episode whose condition must hold for longer first


@dataclass(frozen=True, slots=True)
class AlertView:
    """One episode of an alert. `about` the record that it is about, if any; `labels` what tells it apart."""

    id: int
    rule: str
    label: Text
    text: Text
    severity: str
    labels: Mapping[str, Any]
    about: Ref | None
    fired_at: dt.datetime
    resolved_at: dt.datetime | None
    acknowledged_by: int | None
    acknowledged_at: dt.datetime | None
    silenced_until: dt.datetime | None = None


# ---- what changed


def touch(tx: Tx, register: str, keys: Iterable[Keys]) -> None:
    """Rows of a register moved: let the alerts over it look at them after the commit."""
    rules = [alert for alert in tx.app.alerts.values() if alert.over.object == register]
    if not rules:
        return
    names = tuple(tx.app.registers[register].keys)
    moved = [dict(zip(names, row, strict=True)) for row in keys]
    for alert in rules:
        grain = [{name: row[name] for name in alert.per or names} for row in moved]
        _enter(tx, alert, list({watching.key_text(labels): labels for labels in grain}.values()))


def touch_records(tx: Tx, object: str, ids: Iterable[int]) -> None:
    """Records changed: let the alerts over them look, and those over registers whose condition reads them."""
    refs = [Ref(object, id) for id in sorted(ids)]
    for alert in tx.app.alerts.values():
        if alert.over.object == object:
            _enter(tx, alert, [{"record": ref} for ref in refs])
            continue
        for name in _reading_keys(tx.app, alert, object):
            _enter(tx, alert, [{name: ref} for ref in refs], part=True)


def _reading_keys(app: App, alert: Alert, object: str) -> list[str]:
    """Keys of the alert's register through which its condition reads records of this object."""
    register = app.registers.get(alert.over.object)
    if register is None:
        return []
    heads = {path[0] for path in alert.when.reads if len(path) > 1}
    per = alert.per or tuple(register.keys)
    return [name for name in per if name in heads and object in getattr(register.keys[name], "to", ())]


def _enter(tx: Tx, alert: Alert, wanted: Sequence[Labels], *, part: bool = False) -> None:
    """Enter jobs for these keys; `part`: only some keys are given, every row that has them is meant."""
    for start in range(0, len(wanted), MOST_KEYS):
        some = [watching.coded(labels) for labels in wanted[start:start + MOST_KEYS]]
        outbox.enqueue(tx, "alerts", {"rule": alert.name, "keys": some, "part": part, **tx.led})


# ---- evaluation (a job)


def run(tx: Tx, args: Mapping[str, Any]) -> None:
    """Look at some keys of one rule (`keys`), or at all of it; on what is committed now.

    An error neither starts nor ends an alert; administrators are told."""
    alert = tx.app.alerts.get(args["rule"])
    if alert is None:
        _end_rule(tx, args["rule"])
        return
    if args.get("ended") is not None:
        _tell_end(tx, args["ended"], Text(args["text"]))
        return
    tx.led = {name: args[name] for name in ("causes", "runs") if args.get(name) is not None}
    alert_rows.hold(tx, alert.name)
    session = Session(tx)
    labels = None if args.get("keys") is None else [watching.decoded(key) for key in args["keys"]]
    seen: set[str] = set()
    unclear = doubts.Doubts(session, alert)
    for watched in watching.look(session, alert, alert.over.object, labels, part=bool(args.get("part"))):
        seen.add(watched.key)
        unclear.note(watched)
        if not isinstance(watched.holds, ErrorValue):
            _judge(session, alert, watched, watched.holds)
    if labels is None and not unclear.whole:
        unclear.end(seen)
        for row in alert_rows.firing(tx, alert.name):
            if row["key"] not in seen and not doubts.is_doubt(row):
                _resolve(tx, row, "gone")


def _end_rule(tx: Tx, rule: str) -> None:
    for row in alert_rows.firing(tx, rule):
        _resolve(tx, row, "rule_changed")


def _judge(session: Session, alert: Alert, watched: watching.Watched, holds: bool) -> None:
    """One key: wait, fire, repeat, resolve or leave as it is."""
    tx = session.tx
    episode = next(iter(alert_rows.firing(tx, alert.name, watched.key)), None)
    if not holds:
        if episode is not None and not _recovering(session, alert, watched, episode):
            _resolve(tx, episode, "deleted" if watched.gone else "", _ended(session, alert, watched))
    elif episode is None:
        _fire(session, alert, watched)
    elif episode["told"] == PENDING:
        if tx.now >= (after(session, watched, alert.lasting, episode["fired_at"]) or tx.now):
            alert_rows.change(tx, episode["id"], {"fired_at": tx.now})
            _tell(session, alert, watched, episode["id"], 1)
    else:
        _go_on(session, alert, watched, episode)


def _go_on(session: Session, alert: Alert, watched: watching.Watched, episode: Mapping[str, Any]) -> None:
    """It fires already: it is not about to end any more, further people are told, those who were are reminded."""
    if episode["quiet_since"] is not None:
        alert_rows.change(session.tx, episode["id"], {"quiet_since": None})
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
            text = _rendered(tx, alert.say, watched)
            _send(tx, ("inbox",), users, text, watched.about, f"alert:{episode['id']}:level:{level}")


def _silent(tx: Tx, alert: Alert, watched: watching.Watched) -> bool:
    """Whether nobody is to be told now: it is silenced, or another alert about the same fires."""
    until = alert_rows.silenced(tx, alert.name, watched.key)
    return (until is not None and until > tx.now) or muting.inhibited(tx, alert.name, watching.coded(watched.labels))


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
    text = _rendered(tx, alert.say, watched)
    everyone: list[int] = []
    until = alert_rows.silenced(tx, alert.name, watched.key)
    silent = until is not None and until > tx.now
    muted = muting.inhibited(tx, alert.name, watching.coded(watched.labels))
    quiet = silent or muted or (told == 1 and _cooling(session, alert, watched, id))
    reached = alert.escalate[: (alert_rows.one(tx, id) or {"level": 0})["level"]]
    for receiver in (*alert.to, *(Receiver(one.who, ("inbox",)) for one in reached)):
        users = resolving.resolve(session, receiver.who, watched.frame).users
        everyone.extend(users)
        if not quiet:
            _send(tx, receiver.via, users, text, watched.about, f"alert:{id}:{told}")
    if told == 1:
        for number, level in enumerate(alert.escalate):
            moment = after(session, watched, level.after, tx.now)
            if moment is not None:
                _look_again(tx, alert, watched, moment, f"alert:{id}:escalate:{number}")
        origins.alerted(tx, alert.name, "fired", watching.coded(watched.labels))
    alert_rows.change(tx, id, {
        "text": dict(text.forms), "receivers": sorted(set(everyone)), "told_at": tx.now, "told": told, "muted": muted,
        **({"silenced_until": until} if silent else {}),       # an episode that begins in a silence is silent too
    })
    again = after(session, watched, alert.repeat, tx.now)
    if again is not None:
        _look_again(tx, alert, watched, again, f"alert:{id}:repeat:{told}")


def _send(
    tx: Tx, via: Iterable[str], users: Sequence[int], text: Text, about: Ref | None, key: str
) -> None:
    if "inbox" in via:
        notices.send(tx, users, text, kind="alert", about=about)
    if "email" in via:
        for user in users:
            args = {"user": user, "subject": dict(text.forms), "text": dict(text.forms)}
            outbox.enqueue(tx, "mail", args, dedup_key=f"{key}:{user}")


def _rendered(tx: Tx, template: Template, watched: watching.Watched) -> Text:
    return Text({language: template.render(watched.frame, language) for language in tx.app.languages})


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
    return None if alert.resolved is None or watched.gone else _rendered(session.tx, alert.resolved, watched)


def _resolve(tx: Tx, episode: Mapping[str, Any], reason: str, text: Text | None = None) -> None:
    """End an episode; those who were told are told that too. One that never fired is forgotten."""
    if episode["told"] == PENDING:
        alert_rows.forget(tx, episode["id"])
        return
    alert_rows.change(tx, episode["id"], {"resolved_at": tx.now, "reason": reason})
    if not doubts.is_doubt(episode):
        source = tx.app.alerts.get(episode["rule"])
        if source is not None:
            muting.release(tx, source, episode["labels"])
        origins.alerted(tx, episode["rule"], "resolved", episode["labels"])
    until = episode["silenced_until"]
    if text is not None and until is not None and until > tx.now:
        args = {"rule": episode["rule"], "ended": episode["id"], "text": dict(text.forms)}
        outbox.enqueue(tx, "alerts", args, dedup_key=f"alert:{episode['id']}:ended", run_at=until)
    elif text is not None and not episode["muted"]:        # whoever was told of nothing is not told that it is over
        _tell_end(tx, episode["id"], text)


def _tell_end(tx: Tx, id: int, text: Text) -> None:
    """Those who were told of an episode are told that it is over."""
    episode = alert_rows.one(tx, id)
    if episode is not None:
        about = Ref(episode["object"], episode["record"]) if episode["record"] is not None else None
        notices.send(tx, episode["receivers"], text, kind="alert", about=about)


def after(
    session: Session, watched: watching.Watched, span: Expression | None, start: dt.datetime
) -> dt.datetime | None:
    """The moment so long after another one; None without a span, or where it cannot be computed."""
    length = None if span is None else span.value(watched.frame)
    found = shift(start, length, 1, session) if isinstance(length, Duration) else None
    return found if isinstance(found, dt.datetime) else None


# ---- what people see


def open(tx: Tx, *, resolved: bool = False, before: int | None = None, limit: int = 100) -> list[AlertView]:
    """Alerts that fire now and concern the actor (told, a receiver's role, administrators); newest first."""
    rows = alert_rows.listing(tx, open_only=not resolved, before=before, limit=limit)
    return [_view(tx, row) for row in rows if _concerns(tx, row)]


def acknowledge(tx: Tx, id: int) -> AlertView:
    """Say that somebody sees to it: no reminders any more. `NotFound` for those whom it does not concern."""
    row = _mine(tx, id)
    if row["acknowledged_at"] is None:
        values = {"acknowledged_by": tx.actor.id or None, "acknowledged_at": tx.now}
        alert_rows.change(tx, id, values)
        row = {**row, **values}
    return _view(tx, row)


def silence(tx: Tx, id: int, until: dt.datetime | None) -> AlertView:
    """Tell nobody of what this alert is about until a moment, at most 30 days ahead; None ends the silence. What is
    true goes on being watched: if it still fires then, people are told at once, and of an end that fell into it."""
    row = _mine(tx, id)
    if row["resolved_at"] is not None:
        raise Refused(say(zh="该预警已解除", en="This alert is over"), code="resolved")
    if until is not None and not tx.now < until <= tx.now + LONGEST_SILENCE:
        text = say(zh="请选择今后 30 天内的时间", en="Choose a moment within the next 30 days")
        raise Invalid(text, errors=[FieldError("until", text, "range")])
    values = {"silenced_until": until or tx.now, "silenced_by": tx.actor.id or None}
    if until is None and row["silenced_until"] is None:
        return _view(tx, row)
    alert_rows.change(tx, id, values)
    args = {"rule": row["rule"], "keys": [row["labels"]]}
    outbox.enqueue(tx, "alerts", args, run_at=until or tx.now)
    return _view(tx, {**row, **values})


def _mine(tx: Tx, id: int) -> Mapping[str, Any]:
    """An episode that the actor may see to."""
    row = alert_rows.one(tx, id)
    if row is None or not _concerns(tx, row):
        raise NotFound(say(zh="没有这条预警", en="There is no such alert"))
    access.demand_scope(tx, _over(tx, row), "acknowledge")
    return row


def _over(tx: Tx, row: Mapping[str, Any]) -> str:
    """What the rule of an episode watches; blank if the rule is gone."""
    alert = tx.app.alerts.get(row["rule"])
    return "" if alert is None else alert.over.object


def _concerns(tx: Tx, row: Mapping[str, Any]) -> bool:
    alert = tx.app.alerts.get(row["rule"])
    if alert is not None and not access.reaches(tx, alert.over.object, "see"):
        return False
    told = alert.to if alert is not None and not doubts.is_doubt(row) else ()
    roles = {role for receiver in told for role in receiver.who.roles}
    actor = tx.actor
    return actor.admin or actor.kind == "service" or actor.id in row["receivers"] or bool(roles & actor.roles)


def _view(tx: Tx, row: Mapping[str, Any]) -> AlertView:
    alert = tx.app.alerts.get(row["rule"])
    about = Ref(row["object"], row["record"]) if row["record"] is not None else None
    return AlertView(
        row["id"], row["rule"], alert.label if alert else plain(row["rule"]), Text(row["text"]), row["severity"],
        watching.decoded(row["labels"]), about, row["fired_at"], row["resolved_at"], row["acknowledged_by"],
        row["acknowledged_at"],
        row["silenced_until"] if row["silenced_until"] is not None and row["silenced_until"] > tx.now else None,
    )
