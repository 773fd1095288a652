"""Installing the site as an app on a phone or desktop: manifest, service worker, the page without a connection.

None of them says anything about anybody: they are the same for every visitor of one language."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, make_response, render_template
from flask.typing import ResponseReturnValue

from engine.runtime.web import words
from engine.runtime.web.assets import Assets
from engine.runtime.web.languages import LANGUAGES
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import still
from engine.runtime.web.visits import apps, language
from engine.texts import say

BLUEPRINT = Blueprint("installing", __name__)
PRODUCT = "Formwork"
SPRITES = ("shell.svg", "subjects.svg")            # the icons of the page without a connection
SURFACE, ACCENT = "#f4f3ef", "#0b6655"        # as in tokens.css; a manifest cannot name its custom properties
ICONS = (("icon-192.png", 192, "any"), ("icon-512.png", 512, "any"), ("icon-512-maskable.png", 512, "maskable"))
ABOUT = say(zh="业务表单与流程", en="Forms and workflows of the company")


@route(BLUEPRINT, "/app.webmanifest", Access.PUBLIC)
def manifest() -> ResponseReturnValue:
    """What the installed app is called and looks like: a site with one app bears its name."""
    name = site_name()
    answer = jsonify(
        id="/",
        name=name,
        short_name=name[:12],
        description=ABOUT.to(language()),
        lang="zh-Hans" if language() == "zh" else "en",
        start_url="/",
        scope="/",
        display="standalone",
        background_color=SURFACE,
        theme_color=ACCENT,
        icons=[
            {"src": assets().url(file), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for file, size, purpose in ICONS
        ],
    )
    answer.mimetype = "application/manifest+json"
    return answer


@route(BLUEPRINT, "/worker.js", Access.PUBLIC)
def worker() -> ResponseReturnValue:
    """The service worker; it names the build's files, so that a new build brings a new worker."""
    kept = [assets().url(name) for name in ("core.css", "theme.js", "core.js", *SPRITES)]
    kept += [words.of(code).url for code in LANGUAGES]
    answer = make_response(render_template("installing/worker.js", kept=kept, mark=assets().mark))
    answer.mimetype = "text/javascript"
    return answer


@route(BLUEPRINT, "/offline", Access.PUBLIC)
def offline() -> Response:
    """What is shown when the server cannot be reached; kept by the service worker, in both languages."""
    return make_response(render_template("installing/offline.html", shell=still()))


def site_name() -> str:
    """The name of the only app, else the product's."""
    live = apps()
    return live[0].app.label.to(language()) if len(live) == 1 else PRODUCT


def assets() -> Assets:
    """The browser's files of this application."""
    found: Assets = current_app.extensions["formwork.assets"]
    return found
