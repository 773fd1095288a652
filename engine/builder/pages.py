"""The builder's pages: the editor, checks as one types, the plan, publishing, versions. Knows the site."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue

from engine.builder import handbook, replaying
from engine.definitions.app import App
from engine.definitions.compile import load
from engine.definitions.reference import faults_zh
from engine.definitions.schema import json_schema
from engine.errors import BadDefinition, Conflict, Problem, Refused, Unreadable
from engine.runtime.services import wording
from engine.runtime.services.approvals import replays
from engine.runtime.services.releases import differing
from engine.runtime.services.rights import reaching
from engine.runtime.services.site import compiled
from engine.runtime.storage import people_rows
from engine.runtime.web import bodies, queries
from engine.runtime.web.present import values
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment, go, page
from engine.runtime.web.snapshots import site
from engine.runtime.web.visits import language, me, opened
from engine.texts import Text, say

MOST_FILES = 200


def blueprint() -> Blueprint:
    """The builder's routes, for `create_app`."""
    made = Blueprint("builder", __name__, url_prefix="/builder")
    route(made, "/<app>", Access.BUILDER)(editor)
    route(made, "/<app>/schema", Access.BUILDER)(schema)
    route(made, "/<app>/reference", Access.BUILDER)(handbook.reference)
    route(made, "/<app>/reference/<page_name>", Access.BUILDER)(handbook.page_of)
    route(made, "/<app>/check", Access.BUILDER, methods=("POST",), large=True)(check)
    route(made, "/<app>/plan", Access.BUILDER, methods=("POST",), large=True)(plan)
    route(made, "/<app>/replay", Access.BUILDER, methods=("POST",), large=True)(replay)
    route(made, "/<app>/publish", Access.BUILDER, methods=("POST",), large=True)(publish)
    route(made, "/<app>/versions", Access.BUILDER)(versions)
    route(made, "/<app>/versions/<int:number>", Access.BUILDER)(version)
    route(made, "/<app>/versions/<int:number>/restore", Access.BUILDER, methods=("POST",))(restore)
    return made


def editor(app: str) -> ResponseReturnValue:
    """The live definition in the editor; `version` starts from an older one."""
    number = queries.whole("version", 0, 1, 2**31) or None
    g.style_nonce = secrets.token_urlsafe(16)
    return draw(app, site().texts(app, number))


def draw(app: str, texts: Mapping[str, str], *, message: str = "") -> ResponseReturnValue:
    """The editor with these files in it."""
    g.style_nonce = g.get("style_nonce") or secrets.token_urlsafe(16)
    files = [{"path": path, "text": text} for path, text in texts.items()]
    with opened(app) as tx:
        return page(
            tx,
            "builder/editor.html",
            files=json.dumps(files),
            base=f"/builder/{app}",
            message=message,
            live=tx.live.version,
        )


def schema(app: str) -> ResponseReturnValue:
    """The JSON Schema of the language, for completion."""
    return jsonify(json_schema(pages=f"{handbook.base_of(app)}/{{page}}"))


def check(app: str) -> ResponseReturnValue:
    """The problems of files that are being written."""
    body = bodies.read_json(most=bodies.LARGE)
    bodies.only(body, "files")
    explained = f"{handbook.base_of(app)}/problems"
    return jsonify(problems=[told(p, explained) for p in load(files_in(body.get("files"))).problems])


def told(problem: Problem, explained: str) -> dict[str, str | int]:
    """A problem for the editor: to readers of Chinese in Chinese, with its repair and the exact words beside."""
    document = problem.document(explained)
    zh = faults_zh.told(problem) if language() == "zh" else ""
    if zh:
        document |= {"message": zh, "detail": problem.message if zh != problem.message else "",
                     "repair": faults_zh.repair(problem.code)}
    return document


def plan(app: str) -> ResponseReturnValue:
    """What publishing the files would change; with problems, or where somebody has published since the editor was
    opened, the editor comes back."""
    texts, seen = posted_texts(), request.form.get("seen", type=int)
    try:
        made = compiled(texts)
        demand_same(app, made.name)
        found = site().plan(texts)
    except BadDefinition as bad:
        return draw(app, texts, message=first_of(bad))
    live = max((one.number for one in site().versions(app)), default=0)
    if seen is not None and seen != live:
        return draw(app, texts, message=overtaken(live).to(language()))
    before = site().texts(app)
    changed = [path for path in {**before, **texts} if before.get(path) != texts.get(path)]
    with opened(app) as tx:
        return page(
            tx,
            "builder/plan.html",
            operations=[_shown(one) for one in wording.in_short(wording.told(found, made, tx.app))],
            behaviour=[one.to(language()) for one in (*differing.told(made, tx.app), *reaching.told(tx, made))],
            behaviour_title=OTHERWISE.to(language()),
            blocked=bool(found.blocked),
            changed=changed,
            texts=json.dumps(texts),
            seen=live,
            base=f"/builder/{app}",
        )


def replay(app: str) -> ResponseReturnValue:
    """What the files would mean for the approvals of documents that are there; a piece of the plan's page."""
    made = compiled(posted_texts())
    demand_same(app, made.name)
    with opened(app) as tx:
        found = [replaying.shown(one, language()) for one in replays.replays(tx, made)]
        return fragment("builder/_replay.html", replays=found)


OTHERWISE = say(zh="行为与权限的变化", en="What it does otherwise, and who may do what")


def _shown(told: wording.Told) -> dict[str, Any]:
    """One change in the reader's language."""
    return {
        "text": told.sentence.to(language()),
        "mark": told.mark,
        "reasons": [one.to(language()) for one in told.reasons],
        "samples": () if told.reasons else told.samples,
        "hint": "" if told.hint is None else told.hint.to(language()),
    }


def publish(app: str) -> ResponseReturnValue:
    """Make the files the live version."""
    texts = posted_texts()
    try:
        made = compiled(texts)
        demand_same(app, made.name)
        demand_administrator(app, made)
        comment = request.form.get("comment", "").strip()[:1000]
        done = site().publish(texts, by=me().login, comment=comment, seen=request.form.get("seen", type=int))
    except BadDefinition as bad:
        return draw(app, texts, message=first_of(bad))
    except (Refused, Conflict) as refusal:
        return draw(app, texts, message=refusal.message.to(language()))
    message = (
        say(zh="版本 {n} 已发布", en="Version {n} is live", n=done.number)
        if done.changed
        else say(zh="没有变化，仍是版本 {n}", en="Nothing changed; version {n} stays live", n=done.number)
    )
    return go(f"/builder/{app}/versions", message.to(language()))


def demand_administrator(app: str, made: App) -> None:
    """What people without an account reach is opened, or changed, by administrators only; and so are further rights of
    roles that people have."""
    with opened(app) as tx:
        held = people_rows.held_roles(tx.connection, app)
        news = [*differing.opened(made, tx.app), *differing.gained(made, tx.app, held)]
    if news and not me().admin:
        raise Refused(say(
            zh="只有管理员可以发布：{what}", en="Only an administrator may publish this: {what}", what=news[0],
        ), code="administrator")


def versions(app: str) -> ResponseReturnValue:
    """Every published version, newest first."""
    with opened(app) as tx:
        rows = [
            {
                "number": v.number,
                "when": values.moment(v.published_at, tx.zone, language()),
                "who": v.published_by,
                "comment": v.comment,
                "plan": v.plan,
                "live": v.number == tx.live.version,
            }
            for v in site().versions(app)
        ]
        return page(tx, "builder/versions.html", versions=rows, base=f"/builder/{app}")


def version(app: str, number: int) -> ResponseReturnValue:
    """The files of one version to read."""
    known = {v.number for v in site().versions(app)}
    if number not in known:
        raise Unreadable(say(zh="没有版本 {n}", en="There is no version {n}", n=number))
    with opened(app) as tx:
        return page(tx, "builder/version.html", number=number, texts=site().texts(app, number), base=f"/builder/{app}")


def restore(app: str, number: int) -> ResponseReturnValue:
    """Publish an old version's files as a new version."""
    demand_administrator(app, compiled(site().texts(app, number)))
    done = site().roll_back(app, number, by=me().login)
    message = say(
        zh="版本 {old} 已作为版本 {n} 重新发布",
        en="Version {old} is live again as version {n}",
        old=number,
        n=done.number,
    )
    return go(f"/builder/{app}/versions", message.to(language()))


def posted_texts() -> dict[str, str]:
    """The files that the editor's form carries."""
    return files_in(bodies.parse_json(request.form.get("texts", "").encode(), most=bodies.LARGE))


def files_in(raw: Any) -> dict[str, str]:
    """Files by path; raises `Unreadable` for anything else."""
    good = isinstance(raw, dict) and len(raw) <= MOST_FILES and all(isinstance(text, str) for text in raw.values())
    if not good or any(path.startswith("/") or ".." in path.split("/") for path in raw):
        raise Unreadable(say(zh="文件无法读取", en="The files cannot be read"))
    return dict(raw)


def demand_same(app: str, name: str) -> None:
    """The files must be of the app at hand: publishing another one from here is a slip."""
    if name != app:
        raise Unreadable(
            say(
                zh="这些文件属于应用 {name}，不是 {app}",
                en="These files are of the app {name}, not of {app}",
                name=name,
                app=app,
            )
        )


def overtaken(live: int) -> Text:
    """Told where these files stem from a version that is live no more: publishing them undoes what came between."""
    return say(
        zh="版本 {n} 已由他人发布；这些文件基于更早的版本，再次提交会撤销其间的修改",
        en="Version {n} was published meanwhile; these files stem from an earlier one: sent again, they undo it",
        n=live,
    )


def first_of(bad: BadDefinition) -> str:
    """The first error of a definition that does not check."""
    errors = [p for p in bad.problems if p.severity == "error"]
    zh = faults_zh.told(errors[0]) if errors and language() == "zh" else ""
    return (f"{zh} · " if zh else "") + str(errors[0]) if errors else str(bad)
