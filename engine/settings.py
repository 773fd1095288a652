"""Where the files that ship with the engine are: beside it in a checkout, inside it in an installed package."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The folder of this name: `static`, `apps`."""
    installed = PACKAGE / name
    return installed if installed.is_dir() else PACKAGE.parent / name


STATIC = shipped("static")
APPS = shipped("apps")
