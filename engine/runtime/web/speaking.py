"""The engine's own texts in templates: each is looked up once per language. The library asks the request and its
catalogues anew for every word, and a list has more than a hundred and fifty."""

from __future__ import annotations

from typing import Any

import flask_babel
from flask import Flask
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from engine.runtime.web import visits

_known: dict[tuple[str, str], tuple[str, str]] = {}  # (language, text): the text in it with and without marks of values


def install(app: Flask) -> None:
    """Give templates `_` and `gettext`; a text holds its values as `%(name)s`."""

    @pass_context
    def gettext(context: Context, text: str, /, **values: Any) -> str:
        key = visits.language(), text
        if key not in _known:
            form = flask_babel.get_translations().ugettext(text)
            _known[key] = form, form % {} if "%(" not in form else form
        form, plain = _known[key]
        if not values:
            return Markup(plain) if context.eval_ctx.autoescape else plain  # noqa: S704 - a text of our own
        return (Markup(form) if context.eval_ctx.autoescape else form) % values  # noqa: S704

    app.jinja_env.globals.update({"gettext": gettext, "_": gettext})
