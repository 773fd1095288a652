"""Papers as PDF: set by a process of its own, from data, with the fonts of the system. Knows no record."""

from __future__ import annotations

import base64
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import Refused
from engine.texts import Text, say

LOG = logging.getLogger(__name__)
SETTING = "FORMWORK_FONTS"                     # folders of fonts beside those of the system
MEMORY = 1_500_000_000                         # bytes of addresses: most of it is the library and the fonts, as mapped
SECONDS = 10
MEDIA = "application/pdf"
CHILD = Path(__file__).with_name("press_child.py")
AGAIN = say(zh="无法生成 PDF，请改用浏览器打印", en="The PDF cannot be made; print from the browser instead")
TOO_LARGE = say(
    zh="内容过多，无法生成 PDF；请改用报表或导出 Excel",
    en="This is too much for a PDF; use a report or export to Excel",
)
WITHOUT_FONT = say(
    zh="服务器没有中文字体，无法生成 PDF：请管理员安装（如 fonts-noto-cjk），或用 FORMWORK_FONTS 指定字体文件夹",
    en="This server has no font with Chinese characters, so that the PDF cannot be made: let the administrator install "
       "one (fonts-noto-cjk), or name a folder of fonts in FORMWORK_FONTS",
)
ENDS: Mapping[int, Text] = {3: AGAIN, 4: WITHOUT_FONT}     # how the process says what it could not do
_turns = threading.BoundedSemaphore(2)         # processes at a time

# The least paper that is set in Chinese: what tells whether this machine can.
SAMPLE: Mapping[str, Any] = {
    "title": "样张", "author": "",
    "parts": [{
        "title": "样张", "language": "zh", "header": "", "footer": "", "pieces": [{"kind": "text", "text": "样张"}],
        "sheet": {"width": 210, "height": 297, "margin": 15, "small": False},
    }],
}


def pdf(paper: Mapping[str, Any], pictures: Mapping[str, bytes]) -> bytes:
    """The papers (see `paper.typ`) as PDF; `pictures` are the files that they name.
    `Refused` where it cannot be made."""
    given = json.dumps({
        "paper": paper,
        "pictures": {name: base64.b64encode(content).decode() for name, content in pictures.items()},
        "fonts": [one for one in os.environ.get(SETTING, "").split(os.pathsep) if one],
    }).encode()
    command = [sys.executable, "-I", str(CHILD), str(MEMORY), str(SECONDS)]
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    with _turns, tempfile.TemporaryDirectory(prefix="formwork-press-") as folder:
        try:
            done = subprocess.run(
                command, input=given, capture_output=True, env=nowhere, cwd=folder, timeout=2 * SECONDS
            )
        except subprocess.TimeoutExpired:
            raise Refused(TOO_LARGE, code="print") from None
    if done.returncode == 0 and done.stdout.startswith(b"%PDF-"):
        return done.stdout
    LOG.warning("no PDF (%s): %s", done.returncode, done.stderr.decode(errors="replace")[-2000:])
    raise Refused(ENDS.get(done.returncode, TOO_LARGE if done.returncode < 0 else AGAIN), code="print")
