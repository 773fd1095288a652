"""Forms and pages for people without an account. Whoever comes is nobody there, also who has signed in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from flask import Blueprint, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from engine.definitions.surfaces import Surface
from engine.errors import Failure, FieldError, Invalid, NotFound, Refused
from engine.runtime.services import inputs, previews
from engine.runtime.services import reading as records
from engine.runtime.services.identity import puzzles, strangers
from engine.runtime.services.rights import open_links
from engine.runtime.services.rights.open_links import Opened
from engine.runtime.services.sessions import Session
from engine.runtime.storage.actors import PUBLIC, Actor
from engine.runtime.storage.live import Tx
from engine.runtime.web import forms as posted_forms
from engine.runtime.web import limits, replies, uploads
from engine.runtime.web.forms import Posted
from engine.runtime.web.present import forms, menus, publics
from engine.runtime.web.replies import Reply
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import open_page
from engine.runtime.web.snapshots import end, reading, site
from engine.runtime.web.visits import language
from engine.texts import say

BLUEPRINT = Blueprint("publics", __name__)
FORM = "/open/<app>/form/<object>/<name>"
VIEW = "/open/<app>/view/<object>/<name>"
LINK = "/open/<app>/link/<token>"
TRAP, ANSWER, SEAL = "_homepage", "_answer", "_seal"    # a field that people do not see; the question's answer
TRIES = 5                                      # so often more may a form be tried than sent
EVERYWHERE = 50                                # so many addresses' worth may be sent in all
AGAIN = say(zh="请重新选择文件", en="Choose the file again")
WRONG = say(zh="请回答这个问题", en="Please answer the question")


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody came to a form or page: by its address, or by the token of a link."""

    app: str
    kind: str = ""
    object: str = ""
    name: str = ""
    token: str = ""

    def look(self, tx: Tx) -> tuple[Surface, Opened | None]:
        """What it leads to, and the link. `NotFound` where it leads nowhere."""
        if not self.token:
            return strangers.open_to_all(tx.app, self.kind, self.object, self.name), None
        link = open_links.opened(tx, self.token)
        return link.surface, link


@contextmanager
def opened(way: Way) -> Iterator[tuple[Tx, Surface, Opened | None]]:
    """A read transaction of nobody, at a form or page."""
    g.secret_address = bool(way.token)
    with reading() as connection:
        live = site().live(connection, way.app)
        found, link = way.look(site().seen(connection, live, PUBLIC))
        yield site().seen(connection, live, strangers.standing(found, language())), found, link


def demand(app: str, one: Surface, what: str, times: int) -> None:
    """Count a use by the address from which it comes, and by everybody."""
    base = f"{what}:{app}.{one.role}"
    buckets = limits.of(current_app)
    for key, most in ((limits.network(request.remote_addr or ""), times), ("*", times * EVERYWHERE)):
        digest = hashlib.sha256(f"{base}:{key}".encode()).hexdigest()[:40]
        buckets.demand_at_most(f"open:{digest}", most, one.limit.seconds)


# ---- by a link


@route(BLUEPRINT, LINK, Access.PUBLIC)
def follow(app: str, token: str) -> ResponseReturnValue:
    """What a link leads to. Programs that look at mails follow links too: a link for one time shows nothing yet."""
    way = Way(app, token=token)
    with opened(way) as (tx, found, link):
        if link is None or link.spent:
            raise NotFound(open_links.GONE)
        if found.kind == "form":
            return empty(tx, way, found, link)
        demand(app, found, "find", found.limit.times)
        return shut(tx, found) if found.once else told(tx, found, link)


@route(BLUEPRINT, f"{LINK}/preview", Access.PUBLIC, methods=("POST",))
def preview_of_link(app: str, token: str) -> ResponseReturnValue:
    """What the record of a form by link would be."""
    return previewed(Way(app, token=token))


@route(BLUEPRINT, LINK, Access.PUBLIC, methods=("POST",), files=True)
def answer(app: str, token: str) -> ResponseReturnValue:
    """Send the form of a link; show the page of one that is for one time."""
    way = Way(app, token=token)
    with opened(way) as (tx, found, link):
        if found.kind == "form":
            return sent(way)
        if link is None or link.spent:
            raise NotFound(open_links.GONE)
        demand(app, found, "find", found.limit.times)
        acting, number, once = tx.actor, link.number, found.once
    end()
    address = limits.network(request.remote_addr or "")
    if once:
        site().run(app, acting, lambda tx: open_links.use(tx, number, address))
    with opened(way) as (tx, found, link):
        assert link is not None, "it was there a moment ago"
        return told(tx, found, link)


def told(tx: Tx, view: Surface, link: Opened) -> ResponseReturnValue:
    """The page of one record; `NotFound` where it is no longer one that the page shows."""
    record = records.get(tx, view.object, link.about.id)
    return page_of(tx, view, found=[publics.told(record, view)])


def shut(tx: Tx, view: Surface) -> ResponseReturnValue:
    """The page before the one that is shown one time."""
    return page_of(tx, view, once=True)


# ---- forms


@route(BLUEPRINT, FORM, Access.PUBLIC)
def ask(app: str, object: str, name: str) -> ResponseReturnValue:
    """The form; the address may fill what `prefill` names."""
    way = Way(app, "form", object, name)
    with opened(way) as (tx, form, link):
        return empty(tx, way, form, link)


@route(BLUEPRINT, f"{FORM}/preview", Access.PUBLIC, methods=("POST",))
def preview(app: str, object: str, name: str) -> ResponseReturnValue:
    """What the record would be, for the open form."""
    return previewed(Way(app, "form", object, name))


@route(BLUEPRINT, FORM, Access.PUBLIC, methods=("POST",), files=True)
def send(app: str, object: str, name: str) -> ResponseReturnValue:
    """Create the record, once; whatever goes wrong shows the form with what was typed."""
    return sent(Way(app, "form", object, name))


def empty(tx: Tx, way: Way, form: Surface, link: Opened | None) -> ResponseReturnValue:
    """The form as it is opened."""
    given = MultiDict([(key, request.args[key]) for key in form.prefill if key in request.args])
    return draw(tx, form, posted_forms.read(tx.app, tx.app.objects[form.object], given), link=link)


def previewed(way: Way) -> ResponseReturnValue:
    """What the record would be by what is typed."""
    with opened(way) as (tx, form, link):
        if form.kind != "form" or link is not None and link.spent:
            raise NotFound(open_links.GONE)
        obj, sent = tx.app.objects[form.object], own(request.form)
        posted = posted_forms.read(tx.app, obj, sent)
        refuse_others(form, posted)
        values, unread = posted_forms.readable(tx, form.object, posted_forms.refillable(tx.app, obj, posted))
        draft = previews.preview(tx, form.object, values)
        kept = {e.field: posted.typed[e.field] for e in unread if e.field in posted.typed}
        view = forms.of(draft.record, draft.allowed, typed=kept, errors=unread, layout=form.layout)
        return jsonify({**asdict(forms.changes(view, unread, language(), posted.moved)), "later": "", "likes": ""})


def sent(way: Way) -> ResponseReturnValue:
    """Create the record, once; whatever goes wrong shows the form with what was typed."""
    with opened(way) as (tx, form, _):
        obj = tx.app.objects[form.object]
        demand(way.app, form, "try", form.limit.times * TRIES)     # before anything of a large body is read
        posted = posted_forms.read(tx.app, obj, own(request.form))
        refuse_others(form, posted)
        if request.form.get(TRAP):             # nobody sees that field: a program has filled it
            return thanked(tx, form, "")
        posted = posted_forms.refillable(tx.app, obj, posted, blank_only=True)
        acting = tx.actor
    end()
    if form.captcha and not answered(form, posted.key):
        lost = [FieldError(path, AGAIN, "file") for path, _ in uploads.sent()]
        return again(way, posted, Invalid(WRONG, errors=[FieldError(ANSWER, WRONG, "answer"), *lost]))
    try:
        posted, unfit = with_files(way, form, posted, acting)
    except Refused as failure:                 # no place is left
        return again(way, posted, failure)
    if unfit:
        return again(way, posted, Invalid(unfit[0].message, errors=unfit))
    return entered(way, posted, acting)


def entered(way: Way, posted: Posted, acting: Actor) -> ResponseReturnValue:
    """Create the record of a form that was read. A link for one time is used up with it, or not at all."""
    address = limits.network(request.remote_addr or "")

    def command(tx: Tx) -> Reply:
        now_open, link = way.look(tx)
        if link is not None:
            open_links.use(tx, link.number, address)
        values = inputs.read(tx, now_open.object, posted.raw, form=True)
        about = None if link is None else link.about
        record, thanks = strangers.submit(tx, now_open, values, posted.accept, about)
        demand(way.app, now_open, "send", now_open.limit.times)
        return Reply(200, {"id": record.id, "thanks": thanks})

    try:
        reply = replies.once(way.app, posted.key, command, acting=acting)
    except (Invalid, Refused) as failure:
        return again(way, posted, failure)
    with opened(way) as (tx, form, _):
        return thanked(tx, form, str(reply.body["thanks"]))


def with_files(way: Way, form: Surface, posted: Posted, acting: Actor) -> tuple[Posted, list[FieldError]]:
    """The form with the files that came along, which have been put away, and what is wrong with the others."""
    chosen = uploads.sent()
    for path, _ in chosen:
        if path not in form.fields:
            posted_forms.refuse_unknown(path)
    if not chosen:
        return posted, []
    sent, unfit = uploads.merged(way.app, form.object, acting)
    with opened(way) as (tx, form, _):
        obj = tx.app.objects[form.object]
        read = posted_forms.read(tx.app, obj, own(sent))
        return posted_forms.refillable(tx.app, obj, read, blank_only=True), unfit


def own(sent: MultiDict[str, str]) -> MultiDict[str, str]:
    """The form without what belongs to the page."""
    return MultiDict([(k, v) for k, v in sent.items(multi=True) if k not in (TRAP, ANSWER, SEAL)])


def refuse_others(form: Surface, posted: Posted) -> None:
    """A control that the form has not is refused in the words of one that the object has not."""
    for name in posted.raw:
        if name not in form.fields:
            posted_forms.refuse_unknown(name)


def answered(form: Surface, key: str) -> bool:
    """Whether the question is answered that was asked for this sending."""
    now = site().now()
    seal, answer = request.form.get(SEAL, ""), request.form.get(ANSWER, "")
    return puzzles.solved(puzzles.key_of(site().database, now), form.role, key, seal, answer, now)


def again(way: Way, posted: Posted, failure: Failure) -> ResponseReturnValue:
    """The form as it was typed, with what is wrong. A sending that was refused has a new key, and a new question."""
    with opened(way) as (tx, form, link):
        if link is not None and link.spent:
            raise NotFound(open_links.GONE)
        errors = failure.errors or (() if isinstance(failure, Refused) else (FieldError("", failure.message),))
        return draw(tx, form, posted, errors=errors, failure=failure, status=failure.status, link=link)


def draw(
    tx: Tx, form: Surface, posted: Posted, *, errors: Sequence[FieldError] = (), failure: Failure | None = None,
    status: int = 200, link: Opened | None = None,
) -> ResponseReturnValue:
    """The page of a form."""
    values, unread = posted_forms.readable(tx, form.object, posted)
    draft = previews.preview(tx, form.object, values)
    view = forms.of(
        draft.record, draft.allowed, typed=posted.typed, errors=errors or unread, touched=posted.touched,
        layout=form.layout,
    )
    key, puzzle = secrets.token_urlsafe(16), None
    if form.captcha:
        now = site().now()
        puzzle = puzzles.ask(puzzles.key_of(site().database, now), form.role, key, now)
    return open_page(
        "open/form.html",
        app=menus.app_entry(tx.app, language()),
        status=status,
        title=form.label.to(language()),
        view=replace(view, problems=[one for one in view.problems if one["field"] != ANSWER]),
        key=key,
        question="" if puzzle is None else puzzle.question.to(language()),
        seal="" if puzzle is None else puzzle.seal,
        wrong=any(error.field == ANSWER for error in errors),
        message=failure.message if failure is not None else None,
        warnings=failure.warnings if isinstance(failure, Refused) else (),
        about=title_of(tx, link),
        preview_url=f"{request.path.removesuffix('/preview')}/preview",
    )


def thanked(tx: Tx, form: Surface, thanks: str) -> ResponseReturnValue:
    """The last page."""
    title = form.label.to(language())
    return open_page("open/thanks.html", app=menus.app_entry(tx.app, language()), title=title, thanks=thanks,
                     again_url="" if form.by_link is not None and form.once else request.path)


def title_of(tx: Tx, link: Opened | None) -> str:
    """What the link is about, as whoever made it has it before them."""
    record = None if link is None else Session(tx).record(link.about)
    return "" if record is None else record.title


# ---- pages of a record


@route(BLUEPRINT, VIEW, Access.PUBLIC)
def look(app: str, object: str, name: str) -> ResponseReturnValue:
    """What must be known of a record to see it."""
    with opened(Way(app, "view", object, name)) as (tx, view, _):
        return show(tx, view, {}, None)


@route(BLUEPRINT, VIEW, Access.PUBLIC, methods=("POST",))
def find(app: str, object: str, name: str) -> ResponseReturnValue:
    """The records that agree with all of it. What does not is answered alike, whatever of it is wrong."""
    with opened(Way(app, "view", object, name)) as (tx, view, _):
        demand(app, view, "find", view.limit.times)
        typed = {one.path: request.form.get(one.path, "")[: strangers.LONGEST + 1] for one in view.find}
        return show(tx, view, typed, [publics.told(one, view) for one in strangers.found(tx, view, typed)])


def show(
    tx: Tx, view: Surface, typed: dict[str, str], found: Sequence[publics.Told] | None
) -> ResponseReturnValue:
    """The page, with what was found."""
    message = strangers.UNKNOWN.to(language()) if found is not None and not found else ""
    return page_of(tx, view, wanted=publics.wanted(tx, view, typed), found=found or (), message=message)


def page_of(tx: Tx, view: Surface, **shown: Any) -> ResponseReturnValue:
    """The page of records for strangers."""
    entry = menus.app_entry(tx.app, language())
    given: dict[str, Any] = {"wanted": (), "found": (), "message": "", "once": False, **shown}
    return open_page("open/view.html", app=entry, title=view.label.to(language()), **given)
