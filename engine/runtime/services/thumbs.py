"""Pictures drawn small for lists: made when first asked for, kept beside the content that they are made of."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from engine.errors import NotFound
from engine.kinds.fields import media
from engine.kinds.fields.attached import Attached
from engine.runtime.services import attachments
from engine.runtime.storage.file_stores import Missing
from engine.runtime.storage.live import Tx
from engine.texts import say

SIDE = 480                                     # pixels of the longer side
MOST_PIXELS = 50_000_000
MEMORY = 1_000_000_000
SECONDS = 10
MEDIA = "image/webp"
NONE = say(zh="这张图片无法缩小显示", en="There is no small picture of this file")
AGAIN = 600.0                                  # seconds until a picture that took too long is tried again
MOST_LATER = 1000                              # such pictures that a process remembers
CHILD = Path(__file__).with_name("thumb_child.py")
_later: dict[str, float] = {}                  # digest → not before
_turns = threading.BoundedSemaphore(2)         # processes at a time: a list may ask for fifty at once


@cache
def possible() -> bool:
    """Whether the library that draws them is installed; without it the whole picture goes out."""
    return find_spec("PIL") is not None


def content(tx: Tx, one: Attached) -> IO[bytes]:
    """The small picture of a file that the reader may read (`attachments.found`), as WebP. `NotFound` for what is no
    picture, is damaged, or has more pixels than are drawn."""
    store = tx.files
    if store is None or not media.is_picture(one.name):
        raise NotFound(NONE)
    try:
        with store.derived(one.digest) as kept:
            drawn = kept.read()
    except Missing:
        drawn = _drawn(tx, one)
    if not drawn:
        raise NotFound(NONE)
    return io.BytesIO(drawn)


def _drawn(tx: Tx, one: Attached) -> bytes:
    """Drawn now and kept; a blank one too, for what cannot be drawn is tried once. What only took too long is tried
    again when a while has passed: the machine may have been busy."""
    if time.monotonic() < _later.get(one.digest, 0):
        return b""
    with attachments.content(tx, one) as whole:
        drawn = draw(whole.read())
    assert tx.files is not None, "the caller has looked"
    if drawn is not None:
        tx.files.derive(one.digest, drawn)
        _later.pop(one.digest, None)
        return drawn
    if len(_later) >= MOST_LATER:
        _later.clear()
    _later[one.digest] = time.monotonic() + AGAIN
    return b""


def draw(picture: bytes, side: int = SIDE) -> bytes | None:
    """The picture small; blank where it cannot be drawn, None where there was not the time."""
    command = [sys.executable, "-I", str(CHILD), *map(str, (side, MEMORY, SECONDS, MOST_PIXELS))]
    with _turns:
        try:
            done = subprocess.run(command, input=picture, capture_output=True, env={}, timeout=2 * SECONDS)
        except subprocess.TimeoutExpired:
            return None
    return done.stdout if done.returncode == 0 else b""
