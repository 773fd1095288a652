"""Steps of declared tests that do something: each takes the verbs of the pipeline as the acting person."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from engine.builder import testdecisions
from engine.builder.staging import Failed, Trial, mapping_of, text, texts
from engine.builder.testdecisions import Command
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.objects import AMEND
from engine.definitions.surfaces import surfaces
from engine.errors import Failure, Refused
from engine.expressions.types import DATETIME
from engine.expressions.values import Ref
from engine.runtime.services import changes, commands, discussing, inputs, occasions, reading, shelving
from engine.runtime.services.approvals import absences
from engine.runtime.services.automation import hooking
from engine.runtime.services.identity import people, strangers
from engine.runtime.services.registers import periods
from engine.runtime.services.rights import sharing
from engine.runtime.services.sessions import Session
from engine.runtime.storage import job_errors, job_rows
from engine.runtime.storage.actors import SERVICE, Actor
from engine.runtime.storage.live import Tx
from engine.texts import plain

# ---- commands: what a step does in its transaction; each gives the records that it created


def create(trial: Trial, step: Map) -> Command:
    object, raw, accept = text(step.get("create")), trial.given(step.get("with")), texts(step.get("accept"))
    return lambda tx: [commands.create(tx, object, inputs.read(tx, object, raw), accept=accept).ref]


def ensure(trial: Trial, step: Map) -> Command:
    """The record with this key if there is one, else a new one."""
    object, accept = text(step.get("ensure")), texts(step.get("accept"))
    key, raw = trial.given(step.get("key")), trial.given(step.get("with"))

    def take(tx: Tx) -> list[Ref]:
        obj, session = tx.app.objects[object], Session(tx)
        wanted = inputs.read(tx, object, key)
        stored = {name: changes.resolve(session, obj.fields[name], one, name) for name, one in wanted.items()}
        found = session.matching(obj, stored)
        if found is not None:
            return [found.ref]
        return [commands.create(tx, object, {**inputs.read(tx, object, raw), **wanted}, accept=accept).ref]

    return take


def update(trial: Trial, step: Map) -> Command:
    ref, raw, accept = trial.record(step.get("update")), trial.given(step.get("with")), texts(step.get("accept"))

    def take(tx: Tx) -> list[Ref]:
        commands.update(tx, ref.object, ref.id, inputs.read(tx, ref.object, raw), accept=accept)
        return []

    return take


def delete(trial: Trial, step: Map) -> Command:
    ref = trial.record(step.get("delete"))

    def take(tx: Tx) -> list[Ref]:
        commands.delete(tx, ref.object, ref.id)
        return []

    return take


def restore(trial: Trial, step: Map) -> Command:
    ref, accept = trial.record(step.get("restore")), texts(step.get("accept"))
    raw = trial.given(step.get("with"))

    def take(tx: Tx) -> list[Ref]:
        shelving.restore(tx, ref.object, ref.id, values=inputs.read(tx, ref.object, raw), accept=accept)
        return []

    return take


def shelve(trial: Trial, step: Map) -> Command:
    """Into the archive, or out of it."""
    verb = "archive" if step.get("archive") is not None else "unarchive"
    ref = trial.record(step.get(verb))

    def take(tx: Tx) -> list[Ref]:
        (shelving.archive if verb == "archive" else shelving.unarchive)(tx, ref.object, ref.id)
        return []

    return take


def open(trial: Trial, step: Map) -> Command:
    """Reading a record as its page does."""
    ref = trial.record(step.get("open"))

    def take(tx: Tx) -> list[Ref]:
        reading.get(tx, ref.object, ref.id)
        return []

    return take


def act(trial: Trial, step: Map) -> Command:
    ref, name = trial.of(step), text(step.get("act"))
    raw = trial.given(step.get("with"))
    accept, override = texts(step.get("accept")), mapping_of(step.get("override"))

    def take(tx: Tx) -> list[Ref]:
        action = tx.app.objects[ref.object].actions.get(name)
        given = inputs.read_asked(tx, ref.object, action, raw) if action is not None else {}
        done = commands.act(tx, ref.object, ref.id, name, given=given, accept=accept, override=override)
        return [record.ref for record in done.created if record.parent is None]

    return take


def amend(trial: Trial, step: Map) -> Command:
    ref, raw = trial.record(step.get("amend")), trial.given(step.get("with"))

    def take(tx: Tx) -> list[Ref]:
        commands.act(tx, ref.object, ref.id, AMEND, given=inputs.read(tx, ref.object, raw))
        return []

    return take


def comment(trial: Trial, step: Map) -> Command:
    ref, said = trial.of(step), text(step.get("comment"))

    def take(tx: Tx) -> list[Ref]:
        discussing.comment(tx, ref.object, ref.id, said)
        return []

    return take


def share(trial: Trial, step: Map) -> Command:
    """Sharing a record with a person, to read or to edit."""
    ref, to, edit = trial.record(step.get("share")), trial.person(step.get("to")), text(step.get("edit")) == "true"
    trial.sharing = True

    def take(tx: Tx) -> list[Ref]:
        sharing.share(tx, ref.object, ref.id, "user", to.login, edit=edit)
        return []

    return take


def fill(trial: Trial, step: Map) -> None:
    """A form is filled in by the acting person; one for everybody by somebody without an account, who may also find a
    record by what they know of it."""
    app, raw = trial.app, trial.given(step.get("with"))
    head = text(step.get("fill"))
    one = next((s for s in surfaces(app) if head == f"{s.object}.{s.name}"), None)
    if one is None:
        object, _, name = head.rpartition(".")
        trial.remember(trial.run(lambda tx: _filled(tx, object, name, raw)), step)
        return
    nobody = strangers.standing(one, "en")
    about = None if step.get("of") is None else trial.of(step)

    def send(tx: Tx) -> Ref:
        if about is None and not one.is_listed:
            raise Refused(strangers.GONE)
        for name in raw:
            if name not in one.fields:
                raise Refused(plain(f"the form has no field {name}"))
        return strangers.submit(tx, one, inputs.read(tx, one.object, raw), (), about)[0].ref

    def look(tx: Tx) -> Ref:
        if about is not None:
            return reading.get(tx, one.object, about.id).ref
        found = strangers.found(tx, one, {name: str(value) for name, value in raw.items()})
        if not found:
            raise Refused(strangers.UNKNOWN)
        return found[0].ref

    trial.remember(trial.run(send if one.kind == "form" else look, nobody), step)


def _filled(tx: Tx, object: str, name: str, raw: Mapping[str, object]) -> Ref:
    """The record that a form for an occasion makes."""
    form = occasions.found(tx, object, name)
    return occasions.create(tx, form, inputs.read(tx, object, raw)).ref


COMMANDS: Mapping[str, Callable[[Trial, Map], Command]] = {
    "create": create,
    "ensure": ensure,
    "update": update,
    "delete": delete,
    "restore": restore,
    "archive": shelve,
    "unarchive": shelve,
    "open": open,
    "act": act,
    "amend": amend,
    "comment": comment,
    "share": share,
    **testdecisions.COMMANDS,
}

# ---- steps


def command(trial: Trial, step: Map) -> None:
    """Run the one command of a step; what it created may be called by a name."""
    verb = next(name for name in COMMANDS if step.get(name) is not None)
    created = trial.run(COMMANDS[verb](trial, step))
    if verb in ("create", "ensure"):
        trial.remember(created[0], step)
    elif step.get("called") is not None:
        if not created:
            raise Failed("the action created nothing to be called so", step.at)
        trial.remember(created[0], step)


def webhook_in(trial: Trial, step: Map) -> None:
    """Another system calls as if it had signed: what it starts is done before the next step."""
    name, body = text(step.get("webhook_in")), trial.given(step.get("body"))
    id = f"msg_{uuid.uuid4().hex}"
    reply = trial.run(lambda tx: hooking.receive(tx, name, id, id, body), SERVICE)
    trial.work_off()
    with trial.site.database.read() as connection:
        given_up = [job for job in job_rows.listing(connection, "failed") if job["id"] in reply["jobs"]]
    if given_up:
        raise Refused(job_errors.told(str(given_up[0]["error"])))


def wait(trial: Trial, step: Map) -> None:
    """Let time pass; working time by the app's calendar."""
    node = step.get("wait")
    assert isinstance(node, Scalar), "the checker requires it"
    found = trial.evaluate(Scalar(f"now() + ({node.text.removeprefix('=')})", node.at, node.body), DATETIME)
    if not isinstance(found, dt.datetime):
        raise Failed(f"it cannot be told when {node.text} are over", node.at)
    trial.work_off()                           # the timetable is known from here on: what falls into the time is due
    trial.move_to(found)
    trial.work_off()


def close(trial: Trial, step: Map) -> None:
    """Close a period up to a day, as the acting person."""
    until = day_of(step.get("until"))
    trial.work_off()
    trial.run(lambda tx: periods.close(tx, text(step.get("close")), until))


def reopen(trial: Trial, step: Map) -> None:
    """Open a period again, as the acting person."""
    node = step.get("until")
    until = None if node is None else day_of(node)
    trial.run(lambda tx: periods.reopen(tx, text(step.get("reopen")), until, text(step.get("reason"))))


def absent(trial: Trial, step: Map) -> None:
    """Somebody is away from now on, until the end of a day."""
    user = trial.person(step.get("absent"))
    to = None if step.get("to") is None else trial.person(step.get("to")).id
    now, zone, last = trial.clock.now, ZoneInfo(trial.app.timezone), step.get("until")
    until = now + dt.timedelta(days=365)
    if last is not None:
        until = dt.datetime.combine(day_of(last) + dt.timedelta(days=1), dt.time(), zone)
    person = people.by_id(trial.site, user.id)
    assert person is not None, "sample people are there"
    absences.declare(trial.site, person, user.id, to, now, until)


def day_of(node: Node | None) -> dt.date:
    """A day as a step writes it."""
    return dt.date.fromisoformat(text(node))


def at_once(trial: Trial, step: Map) -> None:
    """Take commands at the same moment, each in a transaction and thread of its own; `succeed` says how many get
    through."""
    node = step.get("at_once")
    prepared: list[tuple[Actor, Command]] = []
    last = trial.last
    for inner in node if isinstance(node, List) else ():
        assert isinstance(inner, Map), "the checker requires it"
        trial.last = last
        who = inner.get("as")
        verb = next(name for name in COMMANDS if inner.get(name) is not None)
        prepared.append((trial.actor if who is None else trial.person(who), COMMANDS[verb](trial, inner)))
    results = _together(trial, prepared)
    for result in results:
        if result is not None and not isinstance(result, (Failure, Failed)):
            raise result
    done = sum(result is None for result in results)
    wanted = int(text(step.get("succeed")))
    if done != wanted:
        reasons = "; ".join(r.message.to("en") if isinstance(r, Failure) else str(r) for r in results if r is not None)
        got = f"{done}{f' ({reasons})' if reasons else ''}"
        raise Failed("at once", step.at, expected=f"{wanted} of {len(prepared)} succeed", got=got)


def _together(trial: Trial, prepared: list[tuple[Actor, Command]]) -> list[Exception | None]:
    """The failure of each command, None where it got through."""
    results: list[Exception | None] = [None] * len(prepared)
    begun = threading.Barrier(max(1, len(prepared)))

    def one(index: int) -> None:
        begun.wait()
        try:
            trial.run(prepared[index][1], prepared[index][0])
        except Exception as failure:  # told by the thread that waits for this one
            results[index] = failure

    threads = [threading.Thread(target=one, args=(index,)) for index in range(len(prepared))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


