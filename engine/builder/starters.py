"""New apps from templates: the starter of every app, and apps of other domains. Publishes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from engine.settings import APPS

STARTER = Path(__file__).parent / "starter.yaml"
NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
HEAD = re.compile(r"^app:[^\n]*$", re.MULTILINE)


def templates() -> Mapping[str, Path]:
    """Name → main file of every template."""
    found = {path.stem: path for path in sorted((APPS / "templates").glob("*.yaml"))}
    return {"starter": STARTER, **found}


def started(name: str, template: str = "starter") -> Mapping[str, str]:
    """The files of a new app by path, its main file `NAME.yaml` first."""
    main = templates()[template]
    text = main.read_text("utf-8").replace("TITLE", name.replace("_", " ").capitalize())
    files = {f"{name}.yaml": HEAD.sub(f"app: {name}", text, count=1)}
    for part in sorted(main.with_suffix("").rglob("*.yaml")):
        files[part.relative_to(main.parent).as_posix()] = part.read_text("utf-8")
    return files
