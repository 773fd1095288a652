"""The texts that the browser's modules show, as a file per language that browsers keep: its name bears the hash of
what is in it. Knows no page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import flask_babel
from flask import Blueprint, Flask, Response, abort
from flask_babel import gettext

from engine.runtime.web import visits
from engine.runtime.web.files import KEPT_FOR_GOOD
from engine.runtime.web.languages import LANGUAGES, LOCALES
from engine.runtime.web.routes import Access, route

BLUEPRINT = Blueprint("words", __name__)
PREFIX = "/static/words/"


@dataclass(frozen=True, slots=True)
class Words:
    """The file of a language: its address, and the script that hands the texts to `static/js/texts.js`."""

    url: str
    script: str


def install(app: Flask) -> None:
    """Give templates `words_url()`, the address of the file in the visitor's language."""
    app.jinja_env.globals["words_url"] = lambda: of(visits.language()).url


@route(BLUEPRINT, f"{PREFIX}<language>-<digest>.js", Access.PUBLIC)
def show(language: str, digest: str) -> Response:
    """The texts of a language. Under another hash (a page of an earlier build) they are those of now, and not kept."""
    if language not in LANGUAGES:
        abort(404)
    found = of(language)
    answer = Response(found.script, mimetype="text/javascript")
    if found.url == f"{PREFIX}{language}-{digest}.js":
        answer.headers["Cache-Control"] = KEPT_FOR_GOOD
    return answer


@cache
def of(language: str) -> Words:
    """The file of a language; asks the catalogue once per process."""
    with flask_babel.force_locale(LOCALES[language]):
        known = texts()
    script = f"globalThis.words = {json.dumps(known, ensure_ascii=False, separators=(',', ':'))};\n"
    digest = hashlib.sha256(script.encode()).hexdigest()[:8]
    return Words(f"{PREFIX}{language}-{digest}.js", script)


def texts() -> Mapping[str, str]:
    """Name → text in the language that is in force; holes are in braces."""
    return {
        "edit": gettext("Edit"),
        "confirm": gettext("Please confirm"),
        "ok": gettext("OK"),
        "cancel": gettext("Cancel"),
        "close": gettext("Close"),
        "leave": gettext("What you changed is not saved."),
        "failed": gettext("That did not work. Please try again."),
        "session_ended": gettext("Your session has ended. Sign in to go on: what you typed is still here."),
        "sign_in": gettext("Sign in"),
        "login": gettext("Login"),
        "password": gettext("Password"),
        "other_person": gettext("{name} has signed in here meanwhile. Copy what you need, then load the page anew."),
        "offline": gettext("The server cannot be reached. Nothing was lost: please try again."),
        "copied": gettext("Copied"),
        "selected": gettext("{count} selected"),
        "no_results": gettext("Nothing found"),
        "loading": gettext("Loading …"),
        "uploading": gettext("Sending {name} …"),
        "drafted": gettext("Draft kept at {time}"),
        "remove": gettext("Remove"),
        "add": gettext("Add {text}"),
        "fresh": gettext("New {text} …"),
        "here": gettext("On this page"),
        "rows_pasted": gettext("{count} rows pasted"),
        "rows_pulled": gettext("{count} rows brought in"),
        "rows_full": gettext("No more rows are allowed here."),
        "not_found": gettext("“{text}” is not on the list"),
        "no_camera": gettext("The camera cannot be used here. Type the code, or use a hand scanner."),
        "line": gettext("Line {line}, column {column}"),
        "problem": gettext("1 problem"),
        "problems": gettext("{count} problems"),
        "no_problems": gettext("No problems"),
        **keys(),
    }


def keys() -> Mapping[str, str]:
    """What the list of keys says."""
    return {
        "key_step": gettext("Next and previous record"),
        "key_open": gettext("Open it beside the list"),
        "key_tick": gettext("Tick it"),
        "key_cell": gettext("Edit a cell"),
        "key_approve": gettext("Approve, or done"),
        "key_reject": gettext("Reject"),
        "key_opinion": gettext("Write a comment on the decision"),
        "key_place": gettext("Move it"),
        "key_search": gettext("Search"),
        "key_palette": gettext("Search, go anywhere, do anything"),
        "key_close": gettext("Close what is open"),
        "key_keys": gettext("These keys"),
        "key_save": gettext("Save the form"),
        "key_down": gettext("Next row, at the end a new one"),
        "key_add_row": gettext("Next cell, at the end a new row"),
        "key_beside": gettext("Same column, row above or below"),
        "key_fill": gettext("Take the value of the row above"),
        "key_move": gettext("Move the row"),
        "key_mention": gettext("Name a person in a comment"),
        "key_say": gettext("Send the comment"),
        "key_tab": gettext("Next and previous tab"),
    }
