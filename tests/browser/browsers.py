"""Which Chromium the tests drive, and how it is started. Knows no page."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """The path of the browser: FORMWORK_CHROMIUM, else the first of the usual names on PATH; None if there is none."""
    named = os.environ.get("FORMWORK_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)
