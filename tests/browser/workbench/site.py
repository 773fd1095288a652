"""Serves the workbench: the real layout and macros over made-up view models, and what the modules ask for."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_babel import Babel
from jinja2 import ChoiceLoader, FileSystemLoader

from engine.runtime.web import headers, words
from engine.runtime.web.assets import Assets
from engine.settings import PACKAGE, STATIC
from tests.browser.workbench import views
from tests.faults.servers import running

WEB = PACKAGE / "runtime" / "web"
ITEMS = [
    {"id": 1, "title": "内六角扳手 5mm", "hint": "HW-0001"},
    {"id": 2, "title": "不锈钢螺丝 M6×20", "hint": "HW-0002"},
    {"id": 3, "title": "活动扳手 10寸", "hint": "HW-0003"},
]


def create() -> Flask:
    """The application. `app.config["SEEN"]` collects the forms that were posted."""
    app = Flask(__name__, static_folder=str(STATIC), static_url_path="/static")
    app.config["SEEN"] = []
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(Path(__file__).parent / "templates"), FileSystemLoader(WEB / "templates")]
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(WEB / "translations")
    language = lambda: request.args.get("language", "zh")  # noqa: E731 - two words that one hook wants
    Babel(app, locale_selector=lambda: "zh_Hans" if language() == "zh" else "en")
    Assets(STATIC).install(app)
    app.jinja_env.globals["words_url"] = lambda: words.of(language()).url
    app.register_blueprint(words.BLUEPRINT)
    headers.install(app, https=False)
    app.context_processor(
        lambda: {
            "shell": views.shell(request.args.get("theme", "light"), language(), g.get("style_nonce", "")),
            "views": views,
        }
    )
    _pages(app)
    _answers(app)
    return app


def _pages(app: Flask) -> None:
    @app.get("/<any(list, form, detail, board, editor, signin):name>")
    def page(name: str) -> str:
        if name == "editor":
            g.style_nonce = "nonce-of-this-page"
        return render_template(f"{name}.html", search=request.args.get("search", ""))

    @app.post("/save")
    def save() -> Response:
        app.config["SEEN"].append(request.form.to_dict(flat=False))
        return make_response(
            "<!doctype html><title>saved</title><p id=saved>saved</p>",
            422 if request.form.get("note") == "bad" else 200,
        )

    @app.post("/theme")
    def theme() -> tuple[str, int]:
        app.config["SEEN"].append({"theme": [request.form["theme"]], "token": [request.headers.get("X-CSRFToken", "")]})
        return "{}", 200


def _answers(app: Flask) -> None:
    @app.get("/worker.js")
    def worker() -> Response:
        return Response("", mimetype="text/javascript")

    @app.get("/lookup")
    def lookup() -> Response:
        wanted = request.args.get("q", "").lower()
        return jsonify(items=[item for item in ITEMS if wanted in (item["title"] + item["hint"]).lower()])

    @app.post("/lookup/named")
    def named() -> Response:
        app.config["SEEN"].append(request.form.to_dict(flat=False))
        meant = {word: [item for item in ITEMS if word in item.values()] for word in request.form.getlist("q")}
        return jsonify(found={word: (items or [None])[0] for word, items in meant.items()})

    @app.post("/preview")
    def preview() -> Response:
        app.config["SEEN"].append(request.form.to_dict(flat=False))
        return jsonify(previewed(request.form.to_dict()))

    @app.get("/fragment")
    def fragment() -> Response:
        answer = make_response(render_template("fragment.html"))
        answer.headers["HX-Trigger"] = json.dumps({"toast": {"text": "done", "kind": "success"}})
        return answer

    @app.post("/dialog-save")
    def dialog_save() -> Response:
        app.config["SEEN"].append({"token": [request.headers.get("X-CSRFToken", "")]})
        if not request.form.get("comment"):
            return make_response(render_template("fragment.html", error="必填"), 422)
        answer = make_response("", 204)
        answer.headers["HX-Trigger"] = json.dumps({"toast": {"text": "ok", "kind": "success"}, "dialog:close": {}})
        return answer

    @app.post("/check")
    def check() -> Response:
        text = "".join(request.get_json()["files"].values())
        found = [
            {
                "file": "app.yaml",
                "line": 2,
                "column": 3,
                "width": 5,
                "severity": "error",
                "code": "E-REF-001",
                "message": "unknown",
                "hint": "did you mean …",
            }
        ]
        return jsonify(problems=found if "wrong" in text else [])

    @app.get("/schema")
    def schema() -> Response:
        return jsonify(SCHEMA)


def previewed(form: dict[str, str]) -> dict[str, Any]:
    """What a server's preview might say: the product's price, the urgent order's reason, a mark."""
    row = form.get("_changed", "").rpartition(".")[0]
    values: dict[str, Any] = {"credit": {"value": "12000", "text": "¥12,000.00"}}
    if form.get("_changed", "").endswith(".product"):
        values[f"{row}.price"] = {"value": "9.90", "text": "9.90"}
    return {
        "values": values,
        "errors": [{"field": "freight", "message": "运费过高"}] if form.get("freight") == "999" else [],
        "shown": {"reason": form.get("freight") == "5"},
        "marks": {"lines.0.qty": "red" if form.get("lines.0.qty") == "1000" else ""},
    }


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "app": {"type": "string", "description": "the app's name"},
        "objects": {"type": "object", "additionalProperties": {"$ref": "#/$defs/object"}},
        "menu": {"type": "array", "items": {"type": "string", "x-ref": "objects"}},
    },
    "$defs": {
        "object": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "delete": {"enum": ["bin", "never", "now"]},
                "fields": {"type": "object", "additionalProperties": {"$ref": "#/$defs/field"}},
            },
        },
        "field": {
            "anyOf": [
                {"enum": ["text", "date"]},
                {
                    "type": "object",
                    "properties": {
                        "type": {"enum": ["text", "money", "link"]},
                        "required": {"type": "boolean"},
                        "to": {"type": "string", "x-ref": "objects"},
                    },
                },
            ]
        },
    },
}


class Workbench:
    """The site on a free port, for as long as the block runs."""

    def __init__(self) -> None:
        self.app = create()
        self.url = ""
        self._open = ExitStack()

    @property
    def seen(self) -> list[dict[str, list[str]]]:
        """The forms that were posted, oldest first."""
        posted: list[dict[str, list[str]]] = self.app.config["SEEN"]
        return posted

    def __enter__(self) -> Workbench:
        self.url = f"http://127.0.0.1:{self._open.enter_context(running(self.app))}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
