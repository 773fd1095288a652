"""The browser's files as templates name them: hashed addresses and icons. Knows no page and no session."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask
from markupsafe import Markup, escape

UNKNOWN_ICON = '<path fill="none" stroke="currentColor" stroke-width="2" d="M5 5h14v14H5z"/>'
NOT_BUILT = "The browser's files are not built: run `make assets` (or `python hatch_build.py`)."


class Assets:
    """What `static/vendor` holds. `folder` is the static folder; `base` the path under which it is served."""

    def __init__(self, folder: Path, base: str = "/static") -> None:
        self._vendor = folder / "vendor"
        self._base = base

    @cached_property
    def manifest(self) -> Mapping[str, Mapping[str, Any]]:
        """Name → {file, size, gzip, integrity, imports, lazy}; raises FileNotFoundError with the way out."""
        try:
            text = (self._vendor / "manifest.json").read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise FileNotFoundError(NOT_BUILT) from error
        found: Mapping[str, Mapping[str, Any]] = json.loads(text)
        return found

    @cached_property
    def _icons(self) -> Mapping[str, str]:
        with gzip.open(self._vendor / "icons.json.gz", "rt", encoding="utf-8") as file:
            bodies: Mapping[str, str] = json.load(file)["icons"]
        return bodies

    @cached_property
    def _sprites(self) -> Mapping[str, str]:
        """The addresses of the icons that lie in sprites."""
        lists = [(self.url(name), one["icons"]) for name, one in self.manifest.items() if "icons" in one]
        return {icon: f"{url}#{icon}" for url, icons in lists for icon in icons}

    def url(self, name: str) -> str:
        """The address of a bundle (`core.js`); its file name carries a hash, so it may be cached for ever."""
        return f"{self._base}/vendor/{self.manifest[name]['file']}"

    def preloads(self, name: str) -> list[str]:
        """Addresses of the pieces that a script imports at once, so that the browser fetches them side by side."""
        return [f"{self._base}/vendor/{file}" for file in self.manifest[name]["imports"]]

    @cached_property
    def mark(self) -> str:
        """A short text that is another one for each build."""
        names = sorted(str(one["file"]) for one in self.manifest.values())
        return hashlib.sha256("\n".join(names).encode()).hexdigest()[:12]

    def icon(self, name: str, size: int = 18, label: str = "") -> Markup:
        """An icon: a usual one points into a sprite that the browser keeps, a rare one is drawn in place. Silent for
        screen readers unless it has a label; an unknown name gives a square."""
        bare = name.removeprefix("tabler:")
        kept = self._sprites.get(bare)
        body = Markup('<use href="{}"/>').format(kept) if kept else Markup(self._icons.get(bare, UNKNOWN_ICON))
        told = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
        return Markup('<svg class="icon" width="{0}" height="{0}" viewBox="0 0 24 24" {1}>{2}</svg>').format(
            int(size), told, body
        )

    def install(self, app: Flask) -> None:
        """Give the templates `asset`, `preloads`, `icon` and `attributes`, and the application these files."""
        app.extensions["formwork.assets"] = self
        app.jinja_env.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False}    # Chinese at a third
        app.jinja_env.globals.update(asset=self.url, preloads=self.preloads, icon=self.icon, attributes=attributes)


def attributes(values: Mapping[str, object] | None) -> Markup:
    """HTML attributes with a leading blank each: False and None leave one out, True gives one without a value."""
    parts = []
    for name, value in (values or {}).items():
        if value is None or value is False:
            continue
        parts.append(Markup(" {}").format(name) if value is True else Markup(' {}="{}"').format(name, escape(value)))
    return Markup("").join(parts)
