"""The web application: hooks, limits, languages, failures and routes put together. Knows every part of this floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, abort, current_app, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from werkzeug.middleware.proxy_fix import ProxyFix

from engine import json_texts
from engine.runtime.services.identity.identities import Provider
from engine.runtime.services.site import Site
from engine.runtime.web import (
    api,
    compressing,
    failures,
    figures,
    files,
    headers,
    health,
    installing,
    limits,
    pages,
    providers,
    routes,
    shells,
    snapshots,
    speaking,
    templates,
    visits,
    words,
)
from engine.runtime.web.assets import Assets
from engine.runtime.web.languages import LOCALES
from engine.settings import STATIC

MEGABYTE = 1_048_576
BODY_BYTES = MEGABYTE
UPLOAD_BYTES = 25 * MEGABYTE
FORM_BYTES = 500_000
FORM_PARTS = 1_000
UPLOAD_PARTS = 20_000                          # a form with files sends every control as a part
ADDRESS_BYTES = 8_192
HEADER_BYTES = 16_384
HEADERS = ("HTTP_", "CONTENT_")              # begin the environment's names of headers
LARGEST = (1 << 63) - 1


def known_numbers(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A number that no database holds is not found, by whatever method (a route that did not match it would answer
    that the method is not allowed)."""
    if any(isinstance(value, int) and value > LARGEST for value in (values or {}).values()):
        abort(404)


class ExactJson(DefaultJSONProvider):
    """Answers keep the order of their keys and the digits of their numbers."""

    sort_keys = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        options = {"ensure_ascii": self.ensure_ascii, "sort_keys": self.sort_keys, "default": self.default, **kwargs}
        return json_texts.dumps(obj, **options)


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the site is reached: its public address, the host names that it answers to, the proxies in front of it."""

    public_url: str = ""
    trusted_hosts: tuple[str, ...] = ()
    proxy_hops: int = 0
    rate: float = 0.0                          # requests a second of a person or token; 0 = no limit
    rate_strangers: float = 0.0                # … of an address of which nobody has signed in
    provider: Provider | None = None           # of identities: people may sign in there
    hand_over: float = 0.0                     # seconds after which figures are handed to the database; 0 = when asked

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")


def create_app(site: Site, settings: WebSettings | None = None, *blueprints: Blueprint) -> Flask:
    """The application over a site; `blueprints` are those of floors above (the builder).

    Raises RuntimeError for a route that does not say who may come to it."""
    settings = settings or WebSettings()
    app = Flask("engine.runtime.web", static_folder=None)
    app.config.update(
        SECURE_COOKIES=settings.https,
        MAX_CONTENT_LENGTH=BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        MAX_FORM_PARTS=FORM_PARTS,
        TRUSTED_HOSTS=list(settings.trusted_hosts) or None,
        BABEL_DEFAULT_LOCALE="en",
        BABEL_TRANSLATION_DIRECTORIES="translations",
    )
    app.extensions["formwork.site"] = site
    app.json = ExactJson(app)
    templates.install(app)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.url_value_preprocessor(known_numbers)
    app.before_request(limit)
    compressing.install(app)
    Babel(app, locale_selector=lambda: LOCALES[visits.language()])
    speaking.install(app)
    words.install(app)
    limits.install(app, limits.Limits(site.database, settings.rate, settings.rate_strangers))
    figures.install(app, site, settings.hand_over)
    providers.install(app, settings.provider)
    snapshots.install(app)
    visits.install(app)
    shells.install(app)
    headers.install(app, https=settings.https)
    failures.install(app)
    Assets(STATIC).install(app)
    own = (files.BLUEPRINT, words.BLUEPRINT, health.BLUEPRINT, figures.BLUEPRINT, installing.BLUEPRINT)
    for blueprint in (*own, *pages.BLUEPRINTS, *api.BLUEPRINTS, *blueprints):
        app.register_blueprint(blueprint)
    if missing := routes.without_rule(app):
        raise RuntimeError(f"routes without an access rule: {', '.join(missing)}")
    return app


def limit() -> ResponseReturnValue | None:
    """Refuse addresses and headers of unreasonable size before anything reads them; some routes take larger bodies."""
    if len(request.full_path) > ADDRESS_BYTES:
        abort(414)
    if sum(len(k) + len(v) for k, v in request.environ.items() if k.startswith(HEADERS)) > HEADER_BYTES:
        abort(431)
    if "\0" in request.path or any("\0" in text for pair in request.args.items(multi=True) for text in pair):
        abort(400)  # PostgreSQL keeps no NUL, not even in a question
    if request.endpoint is not None and routes.takes_large(current_app, request.endpoint):
        request.max_content_length = request.max_form_memory_size = UPLOAD_BYTES
    elif request.endpoint is not None and routes.takes_files(current_app, request.endpoint):
        request.max_content_length, request.max_form_parts = UPLOAD_BYTES, UPLOAD_PARTS
    return None
