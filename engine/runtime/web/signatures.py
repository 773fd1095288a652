"""Signatures that come with decisions: out of a form or a body, and back as a picture. Knows no flow."""

from __future__ import annotations

import base64
import binascii

from flask import Response
from werkzeug.datastructures import FileStorage

from engine.errors import FieldError, Invalid
from engine.runtime.services.approvals import autographs, tasks
from engine.runtime.storage.live import Tx
from engine.texts import say


def given(text: str, file: FileStorage | None = None) -> bytes:
    """What was drawn (a data URL) or uploaded; blank where nothing was."""
    if not text:
        return file.stream.read(autographs.MOST + 1) if file is not None and file.filename else b""
    head, _, body = text.partition(",")
    try:
        return base64.b64decode(body or head, validate=True)
    except (binascii.Error, ValueError):
        wrong = say(zh="签名应为 data:image/png;base64,… 形式", en="Give the signature as data:image/png;base64,…")
        raise Invalid(wrong, errors=[FieldError("signature", wrong, "type")]) from None


def shown(tx: Tx, task: int) -> Response:
    """The signature of a decision, which never changes."""
    content = tasks.signature(tx, task)
    made = Response(content, mimetype=autographs.kind_of(content) or "application/octet-stream")
    made.headers["Cache-Control"] = "private, max-age=86400"
    return made
