"""Serves the browser's files: built ones for good, compressed where the browser can read it. Knows no page."""

from __future__ import annotations

import mimetypes

from flask import Blueprint, Response, request, send_from_directory

from engine.runtime.web.routes import Access, route
from engine.settings import STATIC

BLUEPRINT = Blueprint("files", __name__)
YEAR_SECONDS = 31_536_000
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
HASHED = "vendor/"
KEPT_FOR_GOOD = f"public, max-age={YEAR_SECONDS}, immutable"
KEPT_FOR_A_DAY = "public, max-age=86400"
ICON = "icon.svg"                              # of the tab: every page asks for it


@route(BLUEPRINT, "/static/<path:path>", Access.PUBLIC)
def static(path: str) -> Response:
    """One file; those of the build never change under their name, so browsers keep them for good."""
    encoding, suffix = packed(path)
    answer = send_from_directory(STATIC, path + suffix, mimetype=mimetypes.guess_type(path)[0])
    if encoding:
        answer.headers["Content-Encoding"] = encoding
    answer.vary.add("Accept-Encoding")
    kept = KEPT_FOR_GOOD if path.startswith(HASHED) else KEPT_FOR_A_DAY if path == ICON else "no-cache"
    answer.headers["Cache-Control"] = kept
    return answer


def packed(path: str) -> tuple[str, str]:
    """The encoding and suffix of the file's compressed twin that this browser can read; blank if there is none."""
    for encoding, suffix in ENCODINGS:
        if request.accept_encodings.quality(encoding) and (STATIC / (path + suffix)).is_file():
            return encoding, suffix
    return "", ""
