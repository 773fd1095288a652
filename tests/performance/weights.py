"""What a page weighs on the wire: alone, and with all that it draws in. Knows no page."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

COLD, WARM = 130_000, 10_000                   # compressed bytes: the first page, and each further one
DRAWN = re.compile(r'(?:src|href)="(/static/[^"#]+)')                  # of a sprite the file, whichever icon is drawn
KEPT = ("/vendor/", "/words/")                 # files that bear a digest in their names


def weights(client: FlaskClient, path: str) -> tuple[str, int, dict[str, int]]:
    """A page's text, its compressed bytes, and those of each file that it draws in, once."""
    page = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert page.status_code == 200, f"{path}: {page.status}"
    text = client.get(path).text
    return text, len(page.data), {name: weight(client, name) for name in set(DRAWN.findall(text))}


def weight(client: FlaskClient, name: str) -> int:
    """The compressed bytes of a file; one whose name bears a digest is kept for good."""
    with client.get(name, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.status_code == 200, name
        assert not any(part in name for part in KEPT) or "immutable" in answer.headers["Cache-Control"], name
        return len(answer.data)


def heavy(client: FlaskClient, path: str, warm: int = WARM) -> str:
    """What of a page is too heavy, or wrong with what it draws in; blank if nothing."""
    text, alone, files = weights(client, path)
    if not any(name.endswith(".js") and name.startswith("/static/words/") for name in files):
        return f"{path}: the texts of the modules are no file"
    if '<use href="/static/vendor/shell-' not in text:
        return f"{path}: icons are drawn in place"
    if alone > warm:
        return f"{path}: {alone} bytes"
    return f"{path}: {alone} bytes with {files}" if alone + sum(files.values()) > COLD else ""
