"""Small pictures of files: with the rights of the file, without what it held besides, and no way to fill the memory."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.runtime.services import attachments, thumbs
from engine.runtime.services.attachments import IDLE
from engine.runtime.storage.file_stores import Folder
from tests.conftest import unavailable
from tests.web.doors import Door, peopled
from tests.web.test_attachments import TEXT, token


@pytest.fixture
def door(sqlite_url: str, tmp_path: Path) -> Iterator[Door]:
    if not thumbs.possible():
        unavailable("Pillow is not installed")
    shop = peopled(sqlite_url, TEXT)
    shop.site.files = Folder(tmp_path / "files")
    yield Door(shop)
    shop.site.database.close()


def photo() -> bytes:
    """A picture that lies on its side and tells where it was taken."""
    from PIL import Image

    picture, told = Image.new("RGB", (1600, 800), "red"), Image.Exif()
    told[0x0112] = 6                           # turn it by a quarter
    told[0x010F] = "SECRET-CAMERA"
    made = io.BytesIO()
    picture.save(made, "JPEG", exif=told)
    return made.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says to be of 100,000 × 100,000 pixels."""
    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


def test_a_small_picture(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    li, wang, whole = door.program("li"), door.program("wang"), photo()
    assert b"SECRET-CAMERA" in whole
    held = token(wang, "photos", "a.jpg", whole), token(wang, "photos", "b.png", bomb())
    seal = token(wang, "seal", "s.jpg", whole)
    made = wang.post("/api/shop/deal", {"code": "D1", "photos": list(held), "seal": seal}).json
    at = f"/api/shop/deal/{made['id']}/files"
    drawn: list[Any] = []
    draw = thumbs.draw
    monkeypatch.setattr(thumbs, "draw", lambda picture: drawn.append(1) or draw(picture))

    small = wang.get(f"{at}/{held[0]}?thumb")
    assert (small.status_code, small.content_type) == (200, "image/webp")
    assert b"SECRET-CAMERA" not in small.data
    assert Image.open(io.BytesIO(small.data)).size == (240, 480), "upright"
    assert wang.get(f"{at}/{held[0]}?thumb").data == small.data
    assert wang.get(f"{at}/{held[0]}").data == whole
    assert len(drawn) == 1, "kept"
    assert wang.get(f"{at}/{held[1]}?thumb").status_code == wang.get(f"{at}/{held[1]}?thumb").status_code == 404
    assert len(drawn) == 2, "what cannot be drawn is tried once"
    assert li.get(f"{at}/{seal}?thumb").status_code == 404, "a field out of sight"
    assert wang.get(f"{at}/{held[0]}?small").status_code == 400

    busy = token(wang, "photos", "c.jpg", whole + b" ")
    wang.patch(f"/api/shop/deal/{made['id']}", {"photos": [*held, busy]})
    monkeypatch.setattr(thumbs, "draw", lambda picture: drawn.append(1) and None)
    assert [wang.get(f"{at}/{busy}?thumb").status_code for _ in range(2)] == [404, 404]
    assert len(drawn) == 3, "what took too long is not tried with each request"
    monkeypatch.setattr(thumbs, "AGAIN", -1.0)
    thumbs._later.clear()
    monkeypatch.setattr(thumbs, "draw", draw)
    assert wang.get(f"{at}/{busy}?thumb").status_code == 200, "a while later it is"

    page = door.browser("li").get(f"/apps/shop/records/deal/{made['id']}").text
    assert f"/files/{held[0]}?thumb\"" in page
    wang.patch(f"/api/shop/deal/{made['id']}", {"photos": [], "seal": None})
    site = door.shop.site
    assert isinstance(site.files, Folder)
    attachments.sweep(site.database, site.files, site.now() + 400 * IDLE)
    assert not [path for path in site.files.root.rglob("*") if path.is_file()], "it leaves with its content"
