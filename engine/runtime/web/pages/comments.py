"""The discussion of a record on its page: said, changed, taken back, followed. Knows the discussion's services."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.errors import Failure, Invalid, TooMany
from engine.runtime.services import commands, discussing, discussions, reading
from engine.runtime.services.approvals import flow_views
from engine.runtime.services.papers import letters
from engine.runtime.web import queries, uploads
from engine.runtime.web.present import addresses, stories
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment, go, wants_fragment
from engine.runtime.web.visits import language, opened, run

BLUEPRINT = Blueprint("comments", __name__)
BASE = "/apps/<app>/records/<object>/<int:id>"


@route(BLUEPRINT, f"{BASE}/comments", Access.PERSON, methods=("POST",), files=True)
def add(app: str, object: str, id: int) -> ResponseReturnValue:
    """Say something; htmx gets the story with it, or with what is wrong."""
    text = request.form.get("text", "")
    try:
        files = uploads.received()
        run(app, lambda tx: discussing.comment(tx, object, id, text, files))
    except (Invalid, TooMany) as failure:
        if not wants_fragment():
            raise
        return story(app, object, id, text=text, failure=failure)
    return story(app, object, id)


def story(app: str, object: str, id: int, *, text: str = "", failure: Failure | None = None) -> ResponseReturnValue:
    """The story as it is now: for htmx the card, else the record's page."""
    if not wants_fragment():
        return go(addresses.record(app, object, id) + "#story")
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        wrong = failure.message.to(language()) if failure is not None else ""
        view = stories.of(record, flow_views.instances(tx, record), text=text, error=wrong)
        return fragment("records/_story.html", status=failure.status if failure else 200, story=view)


@route(BLUEPRINT, f"{BASE}/comments/<int:number>/edit", Access.PERSON)
def edit(app: str, object: str, id: int, number: int) -> ResponseReturnValue:
    """The form in which the author changes a comment."""
    with opened(app) as tx:
        found = discussing.one(tx, object, id, number)
        base = addresses.record(app, object, id)
        return fragment(
            "records/_comment.html", text=found.text.to(language()), url=f"{base}/comments/{number}/edit",
            people_url=f"{base}/comments/people", most=discussions.LONGEST, number=number,
        )


@route(BLUEPRINT, f"{BASE}/comments/<int:number>/edit", Access.PERSON, methods=("POST",))
def change(app: str, object: str, id: int, number: int) -> ResponseReturnValue:
    """Write a comment anew."""
    text = request.form.get("text", "")
    run(app, lambda tx: discussing.change(tx, object, id, number, text))
    return story(app, object, id)


@route(BLUEPRINT, f"{BASE}/comments/<int:number>/remove", Access.PERSON, methods=("POST",))
def remove(app: str, object: str, id: int, number: int) -> ResponseReturnValue:
    """Take a comment back."""
    run(app, lambda tx: discussing.take_back(tx, object, id, number))
    return story(app, object, id)


@route(BLUEPRINT, f"{BASE}/follow", Access.PERSON, methods=("POST",))
def follow(app: str, object: str, id: int) -> ResponseReturnValue:
    """Be told of what is said here, or no longer (`follow` yes or no)."""
    wanted = request.form.get("follow") == "yes"
    run(app, lambda tx: discussing.follow(tx, object, id, wanted))
    return story(app, object, id)


@route(BLUEPRINT, f"{BASE}/letters/<int:number>/retry", Access.PERSON, methods=("POST",))
def retry(app: str, object: str, id: int, number: int) -> ResponseReturnValue:
    """Send a letter that failed once more."""
    run(app, lambda tx: letters.retry(tx, reading.get(tx, commands.known(tx, object).name, id), number))
    return story(app, object, id)


@route(BLUEPRINT, f"{BASE}/comments/seen", Access.PERSON, methods=("POST",))
def seen(app: str, object: str, id: int) -> ResponseReturnValue:
    """The visitor has the discussion before them."""
    run(app, lambda tx: discussing.see(tx, object, id))
    return "", 204


@route(BLUEPRINT, f"{BASE}/comments/people", Access.PERSON)
def people(app: str, object: str, id: int) -> ResponseReturnValue:
    """People who can be mentioned, for the list that opens after an `@`."""
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        discussions.demand(record)
        found = discussions.suggested(tx, record.ref, request.args.get("q", "").strip()[:100])
        return jsonify(items=[{"login": login, "name": name} for login, name in found])


@route(BLUEPRINT, f"{BASE}/comments/<int:number>/files/<token>", Access.PERSON)
def download(app: str, object: str, id: int, number: int, token: str) -> ResponseReturnValue:
    """A file of a comment; with `?thumb` its small picture."""
    queries.known(("thumb",))
    with opened(app) as tx:
        return uploads.asked(tx, discussing.file_of(tx, object, id, number, token))
