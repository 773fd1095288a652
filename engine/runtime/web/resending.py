"""A form that came when it could not be taken: what it held is offered to be sent again. Knows no page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from werkzeug.datastructures import MultiDict

from engine.digits import whole
from engine.runtime.web import tokens

FROM = "_resend_to"                            # beside the fields of another form: where that one was to go
FIELD = "_resend."
APPS = "/apps/"                                # only forms of apps: what else is posted may hold a password


@dataclass(frozen=True, slots=True)
class Resend:
    """A form as it was sent, without its token. `files`: there were files, which cannot be sent again by themselves.
    `person`: whose page it was, 0 where that is not known; nobody else is offered it."""

    url: str
    fields: Sequence[tuple[str, str]]
    files: bool = False
    person: int = 0


def of_request() -> Resend | None:
    """The form of this request, if it came from a page of ours and may be shown again."""
    sent_by_page = request.headers.get("Sec-Fetch-Site") == "same-origin" or request.origin == request.host_url[:-1]
    plain = request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data")
    if request.method != "POST" or not sent_by_page or not plain or not request.path.startswith(APPS):
        return None
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    files = any(file.filename for file in request.files.values())
    return Resend(request.full_path.rstrip("?"), fields, files, tokens.person_of(request.form.get("csrf_token", "")))


def beside(form: MultiDict[str, str]) -> Resend | None:
    """The form that another one (of signing in) carries along."""
    url = form.get(FROM, "")
    if not url:
        return None
    fields = [(name.removeprefix(FIELD), value) for name, value in form.items(multi=True) if name.startswith(FIELD)]
    return Resend(url, fields, bool(form.get(FROM + "_files")), whole(form.get(FROM + "_by", "")) or 0)
