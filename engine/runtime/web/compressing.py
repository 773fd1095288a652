"""Answers leave compressed where the one who asks can read it. Knows no page.

What is secret must not be guessed from the length of an answer that also repeats what somebody sent (BREACH): the
token of forms is another text in each answer (`tokens`), the length varies by chance, and what another site made the
browser ask for is never compressed."""

from __future__ import annotations

import gzip
import io
import secrets

from flask import Flask, Response, request

LEAST_BYTES = 1_000                            # below, the saving is less than a packet
LEVEL = 6                                      # a form of 64 kB takes 0.7 ms, and is 6 of 100 smaller than with 4
CHANCE_BYTES = 100
TYPES = frozenset((
    "application/geo+json",
    "application/json",
    "application/manifest+json",
    "application/problem+json",
    "image/svg+xml",
    "text/calendar",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/plain",
    "text/xml",
))
OWN = ("same-origin", "none")                  # "none": the person typed the address


def install(app: Flask) -> None:
    """Compress answers after everything else is done with them: called before the others, whose hooks run earlier."""
    app.after_request(compress)


def compress(response: Response) -> Response:
    """The answer, with gzip where that is worth it and may be; streams and files leave as they are."""
    if response.mimetype not in TYPES or response.is_streamed or response.direct_passthrough:
        return response
    if "Content-Encoding" in response.headers or "Content-Range" in response.headers:
        return response
    body = response.get_data()
    if len(body) < LEAST_BYTES:
        return response
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings.quality("gzip") or request.headers.get("Sec-Fetch-Site", "none") not in OWN:
        return response
    response.set_data(packed(body))
    response.headers["Content-Encoding"] = "gzip"
    etag, weak = response.get_etag()
    if etag is not None and not weak:
        response.set_etag(etag, weak=True)     # other bytes than those that the strong one stands for
    return response


def packed(body: bytes) -> bytes:
    """The bytes as gzip, with a file name of a length by chance in its head, which nobody reads."""
    target = io.BytesIO()
    name = "f" * (1 + secrets.randbelow(CHANCE_BYTES))
    with gzip.GzipFile(name, "wb", LEVEL, target, mtime=0) as file:
        file.write(body)
    return target.getvalue()
