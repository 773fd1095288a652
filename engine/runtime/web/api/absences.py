"""Absences and hand-overs over REST: who is away, who stands in, who takes over from people who leave."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from engine.runtime.services.approvals import absences, leavers
from engine.runtime.services.approvals.absences import Absence
from engine.runtime.services.identity import people
from engine.runtime.services.identity.people import Person
from engine.runtime.web import bodies, queries
from engine.runtime.web.present import documents
from engine.runtime.web.present.sheets import json_value
from engine.runtime.web.routes import Access, route
from engine.runtime.web.snapshots import end, site
from engine.runtime.web.visits import language, me_wholly
from engine.texts import say

BLUEPRINT = Blueprint("api_absences", __name__)
JSON = dict[str, Any]


@route(BLUEPRINT, "/api/absences", Access.PERSON)
def index() -> ResponseReturnValue:
    """What is or will be: the caller's, those in which the caller stands in, with `all` everybody's."""
    queries.known(("all",))
    found = absences.listing(site(), me_wholly(), everybody=request.args.get("all") == "true")
    return jsonify(documents.listing([document(one) for one in found], None, None))


@route(BLUEPRINT, "/api/absences", Access.PERSON, methods=("POST",))
def declare() -> ResponseReturnValue:
    """The caller is away (an administrator may name another `user`) from `since` to `until`; `to` stands in."""
    body = asked("user", "to", "since", "until", "flows")
    flows = bodies.names_in(body, "flows")
    by = me_wholly()
    end()
    user = by.id if body.get("user") is None else known(body["user"]).id
    to = None if body.get("to") is None else known(body["to"]).id
    id = absences.declare(site(), by, user, to, moment(body, "since"), moment(body, "until"), flows)
    return jsonify(next(document(one) for one in absences.listing(site(), by, everybody=True) if one.id == id)), 201


@route(BLUEPRINT, "/api/absences/<int:id>/end", Access.PERSON, methods=("POST",))
def finish(id: int) -> ResponseReturnValue:
    """The person is back, or does not go."""
    by = me_wholly()
    end()
    absences.end(site(), by, id)
    return jsonify({"id": id})


@route(BLUEPRINT, "/api/people/<login>/estate", Access.ADMIN)
def estate(login: str) -> ResponseReturnValue:
    """What would be handed over if a person left."""
    me_wholly()
    found = leavers.estate(site(), somebody(login).id)
    return jsonify({
        "tasks": [{"app": app, "instance": id} for app, id in found.tasks], "drafts": found.drafts,
        "records": [
            {"field": one.path, "label": one.label.to(language()), "count": one.count} for one in found.owned
        ],
        "departments": list(found.departments), "stands_in": found.stands_in, "named_in": list(found.named),
    })


@route(BLUEPRINT, "/api/people/<login>/hand-over", Access.ADMIN, methods=("POST",))
def hand_over(login: str) -> ResponseReturnValue:
    """Give what a person has to another one, and disable the account unless `disable` is false."""
    body = asked("to", "reason", "fields", "disable")
    fields = bodies.names_in(body, "fields")
    by = me_wholly()
    end()
    report = leavers.hand_over(
        site(), by, somebody(login).id, known(body.get("to")).id, reason=str(body.get("reason") or ""), fields=fields,
        disable=body.get("disable") is not False,
    )
    return jsonify({
        "tasks": report.tasks, "records": report.records, "drafts": report.drafts, "named_in": list(report.named),
        "refused": [{"what": what, "why": why.to(language())} for what, why in report.refused],
    })


def asked(*names: str) -> JSON:
    """The body, with these parameters only."""
    body = bodies.read_json(optional=True)
    bodies.only(body, *names)
    return body


def moment(body: JSON, name: str) -> dt.datetime:
    """A moment of the body, with its zone."""
    try:
        found = dt.datetime.fromisoformat(str(body.get(name)))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        bodies.refuse(say(
            zh="{name} 请写作 2026-03-02T09:00:00+08:00", en="Write {name} as 2026-03-02T09:00:00+08:00", name=name
        ))
    return found


def known(name: object) -> Person:
    """The person of a login or number that a body names."""
    found = None
    if bodies.is_id(name) and isinstance(name, int):
        found = people.by_id(site(), name)
    elif isinstance(name, str):
        found = people.find(site(), name)
    if found is None:
        bodies.refuse(say(zh="没有人员“{name}”", en="There is no person “{name}”", name=str(name)))
    return found


def somebody(login: str) -> Person:
    """The person of a login in the address."""
    found = people.find(site(), login)
    if found is None:
        raise NotFound(say(zh="没有用户 {login}", en="There is no user {login}", login=login))
    return found


def document(one: Absence) -> JSON:
    """An absence as JSON."""
    return {
        "id": one.id, "user": {"id": one.user.id, "name": one.user.title},
        "to": None if one.to is None else {"id": one.to.id, "name": one.to.title},
        "since": json_value(one.since), "until": json_value(one.until), "flows": list(one.flows), "may_end": one.mine,
    }
