"""Steps of declared tests that look: what holds, who may do what, what is fired and told, how a refusal reads."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from email.message import EmailMessage
from typing import Any

from engine.builder.rehearsals import words_of
from engine.builder.staging import Failed, Trial, text, texts
from engine.builder.testdecisions import DECISIONS
from engine.definitions.checks.flows import by_flow
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.errors import Failure
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue
from engine.runtime.services import notices, reading
from engine.runtime.services.approvals import tasks
from engine.runtime.services.automation import alerts, telling
from engine.runtime.services.registers.holdings import RegisterRow
from engine.runtime.services.rights import access
from engine.runtime.services.scoping import ReaderSession
from engine.runtime.storage import job_rows
from engine.runtime.storage.actors import SERVICE, Actor
from engine.runtime.storage.live import Tx

LISTED = ("export", "import", "print")


def expect(trial: Trial, step: Map) -> None:
    """Every condition holds, once the background jobs that are due have run; those that do not are told together."""
    trial.work_off()
    node = step.get("expect")
    wrong: list[Failed] = []
    for item in node if isinstance(node, List) else ():
        found, why = trial.explain(item)
        if found is True:
            continue
        reason = f"it cannot be computed: {found.reason.to('en')}" if isinstance(found, ErrorValue) else why.got
        said, at = text(item), item.body if isinstance(item, Scalar) else item.at
        wrong.append(Failed(f"expected {said}", at, expected=why.expected or said, got=reason, width=len(said)))
    if wrong:
        expected = "; ".join(one.expected for one in wrong)
        got = ", ".join(dict.fromkeys(one.got for one in wrong if one.got)) or "it is not so"
        raise Failed(str(wrong[0]), wrong[0].at, expected=expected, got=got, width=wrong[0].width)


def _may(trial: Trial, step: Map, verb: str) -> bool:
    """Whether the acting person may do this with a record (or create one of an object)."""
    if verb == "create":
        return bool(trial.run(lambda tx: access.may(tx, text(step.get("of")), "create")))
    row = trial.register_row(step.get("of"))
    if row is not None:
        return verb == "see" and _sees_row(trial, row)
    ref, fields = trial.of(step), texts(step.get("fields"))

    def ask(tx: Tx) -> bool:
        try:
            record = reading.get(tx, ref.object, ref.id)
        except Failure:
            return False
        if fields and verb in ("see", "edit"):
            rights = access.allowed(record).fields
            return all(getattr(rights[name], verb) for name in fields)
        if verb in LISTED:
            return access.may(tx, ref.object, verb)
        action = record.definition.actions.get(verb)
        if verb in DECISIONS and (action is None or by_flow(action)):
            mine = [one.id for one in tasks.inbox(tx, "todo") if one.record == ref and one.id is not None]
            return any(verb in tasks.get(tx, id).verbs for id in mine)
        if action is not None:
            return access.action_right(record, action).ok
        return access.granted(record, verb)

    return bool(trial.run(ask))


def _sees_row(trial: Trial, row: RegisterRow) -> bool:
    """Whether the acting person sees a row of a register in its list."""

    def ask(tx: Tx) -> bool:
        session = ReaderSession(tx)
        return session.sees(RegisterRow(session, row.register, row.keys, row.measures))

    return bool(trial.run(ask))


def can(trial: Trial, step: Map) -> None:
    for verb in texts(step.get("can")):
        if not _may(trial, step, verb):
            raise Failed("a right is missing", step.at, expected=f"{_who(trial)} can {verb}", got="no")


def cannot(trial: Trial, step: Map) -> None:
    for verb in texts(step.get("cannot")):
        if _may(trial, step, verb):
            raise Failed("a right too much", step.at, expected=f"{_who(trial)} cannot {verb}", got="yes")


def _who(trial: Trial) -> str:
    return trial.actor.login or "the app"


def fires(trial: Trial, step: Map) -> None:
    trial.work_off()
    name, about = text(step.get("fires")), step.get("of")
    ref = None if about is None else trial.record(about)
    firing = trial.run(alerts.open, SERVICE)
    found = [a for a in firing if a.rule == name and (ref is None or ref in (a.about, *a.labels.values()))]
    if not found:
        others = "; ".join(f"{a.rule}: {a.text.to('zh')}" for a in firing[:3]) or "no alert fires"
        raise Failed("an alert is silent", step.at, expected=f"the alert {name} fires", got=others)


def told(trial: Trial, step: Map) -> None:
    """Somebody was told something, in the app or by mail; `not_told` the contrary."""
    negative = step.get("told") is None
    who = trial.person(step.get("not_told") if negative else step.get("told"))
    about = text(step.get("about")) or "*"
    trial.work_off()
    said = list(_mails(trial, who) if text(step.get("via")) == "email" else _notices(trial, who))
    if any(fnmatch.fnmatchcase(form, about) for forms in said for form in forms) == negative:
        got = "; ".join(forms[0] for forms in said[:3]) or "nothing"
        wanted = f"{who.login} is {'not ' if negative else ''}told {about}"
        raise Failed("somebody was told" if negative else "nobody was told", step.at, expected=wanted, got=got)


def _notices(trial: Trial, who: Actor) -> Iterable[tuple[str, ...]]:
    messages = trial.run(notices.inbox, who)
    return (tuple(message.text.to(language) for language in message.text.forms) for message in messages)


def _mails(trial: Trial, who: Actor) -> Iterable[tuple[str, ...]]:
    address = trial.stage.address(who.login)
    mails = (mail for mail in trial.mails if mail["To"] == address)
    return ((str(mail["Subject"]), body_of(mail)) for mail in mails)


def body_of(mail: EmailMessage) -> str:
    """The text of a letter."""
    part = mail.get_body(("plain",))
    return "" if part is None else str(part.get_content()).strip()


def mailed(trial: Trial, step: Map) -> None:
    """A letter went to an address, with a subject or text and files like the patterns; `not_mailed` the contrary."""
    negative = step.get("mailed") is None
    to = text(step.get("not_mailed") if negative else step.get("mailed"))
    about, files = text(step.get("about")) or "*", texts(step.get("attached"))
    trial.work_off()
    found = [mail for mail in trial.mails if fnmatch.fnmatchcase(str(mail["To"]), to)]
    fitting = [mail for mail in found if _fits(mail, about, files)]
    if bool(fitting) == negative:
        some = (found or trial.mails)[-3:]
        got = "; ".join(f"{one['To']}: {one['Subject']} {names_of(one)}" for one in some) or "nothing"
        wanted = f"{'no' if negative else 'a'} letter to {to}, {about} {files or ''}".strip()
        raise Failed("a letter too much" if negative else "no such letter", step.at, expected=wanted, got=got)


def names_of(mail: EmailMessage) -> list[str]:
    """The files that go with a letter."""
    return [str(part.get_filename()) for part in mail.iter_attachments()]


def _fits(mail: EmailMessage, about: str, files: Iterable[str]) -> bool:
    said = (str(mail["Subject"]), body_of(mail))
    names = names_of(mail)
    return any(fnmatch.fnmatchcase(one, about) for one in said) and all(fnmatch.filter(names, one) for one in files)


def sends(trial: Trial, step: Map) -> None:
    """A webhook left, with these values; texts are patterns."""
    name, wanted = text(step.get("sends")), json_of(trial.given(step.get("with")))
    trial.work_off()
    with trial.site.database.read() as connection:
        jobs = job_rows.of_kind(connection, telling.JOB)
    told = [job["args"]["body"]["data"] for job in jobs if job["args"]["hook"] == name]
    if not any(_like(data, wanted) for data in told):
        got, expected = "; ".join(map(str, told[-3:])) or "nothing was sent", f"{name} is told {wanted or 'something'}"
        raise Failed("another system was not told", step.at, expected=expected, got=got)


def json_of(value: Any) -> Any:
    """A value of a test as a webhook tells it."""
    return telling.told(value, Frame(None))  # type: ignore[arg-type]


def _like(data: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(data, dict) and all(name in data and _like(data[name], one) for name, one in wanted.items())
    if isinstance(wanted, str):
        return isinstance(data, (str, int)) and fnmatch.fnmatchcase(str(data), wanted)
    return bool(data == wanted)


def check_refusal(failure: Failure, wanted: Node) -> None:
    """A refusal reads like the pattern; `true` takes any."""
    if isinstance(wanted, Scalar) and wanted.plain and wanted.text == "true":
        return
    pattern = text(wanted)
    said = [failure.message, *(one.message for one in failure.errors)]
    forms = {one.to(language) for one in said for language in (*one.forms, "zh", "en")}
    if not any(fnmatch.fnmatchcase(form, pattern) for form in forms):
        raise Failed("it is refused otherwise", wanted.at, expected=f"a refusal like {pattern}", got=words_of(failure))
