"""Links in mails by which a task is decided without signing in, where the flow allows that (`mail_decide`).

A link is for one person and one task as it is: it works once, for three days, and no longer when anything has happened
to the task. Its token exists in the mail only; looking at it decides nothing."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import NotFound, Refused
from engine.runtime.services import commands
from engine.runtime.services.approvals import tasks
from engine.runtime.services.approvals.tasks import TaskView
from engine.runtime.services.identity import people
from engine.runtime.services.identity.people import digest
from engine.runtime.services.site import Site
from engine.runtime.storage import mail_link_rows
from engine.runtime.storage.live import Tx
from engine.texts import say

VERBS = ("approve", "reject", "done")          # what may be done by mail
GONE = say(zh="链接已失效：已使用、已过期，或任务已变化。请登录后处理",
           en="This link no longer works: it was used, is too old, or the task has changed. Sign in to decide")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a link shows: a task of a person."""

    app: str
    user: int
    view: TaskView
    verbs: tuple[str, ...]


def letter(site: Site, args: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a mail with a link says; None where there is nothing to decide any more. Every attempt makes another token:
    only the last one works."""
    token = secrets.token_urlsafe(32)
    with site.database.write() as connection:
        row = mail_link_rows.sign(connection, int(args["link"]), digest(token))
    if row is None:
        return None
    return {"user": row["user"], "subject": args["subject"], "text": args["subject"], "path": f"/decide/{token}"}


def opened(site: Site, token: str) -> Offer:
    """What a token stands for; decides nothing and marks nothing. `NotFound` where it no longer works."""
    with site.database.read() as connection:
        row = mail_link_rows.one(connection, digest(token), site.now())
    person = people.by_id(site, row["user"]) if row is not None else None
    if row is None or person is None:
        raise NotFound(GONE)
    with site.read(row["app"], people.actor_for(site, person, row["app"])) as tx:
        view = tasks.get(tx, row["task"])
    return Offer(row["app"], person.id, view, tuple(verb for verb in view.verbs if verb in VERBS))


def decide(site: Site, token: str, verb: str, comment: str) -> Offer:
    """Decide by a link, as its person; it is used up with the decision. What refuses leaves it as it is."""
    offer = opened(site, token)
    if verb not in offer.verbs:
        raise Refused(say(zh="请登录后处理", en="Sign in to do that"), code="not_offered")
    person = people.by_id(site, offer.user)
    assert person is not None, "the link was opened for somebody"

    def act(tx: Tx) -> None:
        row = mail_link_rows.one(tx.connection, digest(token), tx.now)
        if row is None or not mail_link_rows.use(tx.connection, row["id"], tx.now):
            raise NotFound(GONE)
        commands.decide(tx, row["task"], verb, comment=comment, version=row["version"], key=f"mail:{row['id']}")

    site.run(offer.app, people.actor_for(site, person, offer.app), act)
    return offer
