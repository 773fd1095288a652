"""The way from texts to an app: read, check the structure, build, judge; every problem of one run, sorted by place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from engine.definitions.app import App
from engine.definitions.building.apps import build
from engine.definitions.building.drafts import connect
from engine.definitions.checks import CHECKS
from engine.definitions.desks import Desk, word, words
from engine.definitions.files import Files, from_path, from_texts, texts_at
from engine.definitions.follow_ons import LOST, roots
from engine.definitions.language import SHAPES
from engine.definitions.likes import Likes
from engine.definitions.nodes import Map, Node
from engine.definitions.outlines import Outline, maps, things_of
from engine.definitions.spaces import Spaces
from engine.definitions.structures import Structure
from engine.definitions.unused import unused
from engine.errors import Location, Problem
from engine.kinds.fields.choice import Option

NOUNS = ("flows", "automations", "alerts", "dashboards", "documents", "calendars", "periods")
MAX_PROBLEMS = 500
KEPT = 8  # compiled apps that a process keeps for the next time: some 5 MB each
WORD = re.compile(r"""[\w.]+|'(?:[^']|'')*'|"(?:[^"\\]|\\.)*\"""")
DEFAULT_LANGUAGES = ("en",)

Texts = tuple[tuple[str, str], ...]
Key = TypeVar("Key")
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Loaded:
    """An app, or None where an error stands in the way, and all problems in the order of their places.

    `built` is the app also where only the judgement of the whole found errors (say, a row rule that no database runs):
    what was published before that judgement was there goes on running, but cannot be published again."""

    app: App | None
    problems: tuple[Problem, ...]
    built: App | None = None

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stand in the way."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


_PATHS: dict[Path, tuple[Mapping[str, str], Loaded]] = {}
_TEXTS: dict[Texts, Loaded] = {}


def load(source: str | Path | Mapping[str, str]) -> Loaded:
    """Compiles the app at a path (a file, or a folder with an `app.yaml`), or of these texts by file name.

    Never raises for what an author wrote: whatever is wrong is a problem with its place. Unchanged texts are not
    compiled again: apps are immutable, and this process keeps the last few."""
    return _load_texts(tuple(source.items())) if isinstance(source, Mapping) else _load_path(Path(source))


def _load_texts(texts: Texts) -> Loaded:
    known = _TEXTS.pop(texts, None)
    loaded = _load(*from_texts(dict(texts))) if known is None else known
    _keep(_TEXTS, texts, loaded)
    return loaded


def _load_path(path: Path) -> Loaded:
    """As `load`; the files that an app was made of before are read again and compared, byte for byte."""
    key = path.absolute()
    known = _PATHS.get(key)
    if known is not None and texts_at(path, known[0]) == known[0]:
        return known[1]
    files, tree = from_path(path)
    loaded = _load(files, tree)
    if loaded.app is not None:  # a file that was missing or unreadable may be there the next time
        _keep(_PATHS, key, (files.texts, loaded))
        _keep(_TEXTS, tuple(loaded.app.texts.items()), loaded)  # what is published next
    return loaded


def _keep(memory: dict[Key, Kept], key: Key, value: Kept) -> None:
    """The last few, the one asked for last at the end."""
    while len(memory) >= KEPT:
        memory.pop(next(iter(memory)), None)
    memory[key] = value


def _load(files: Files, tree: Map) -> Loaded:
    problems = list(files.problems)
    app, sound = None, False
    # What stands in a file that cannot be read seems to be missing everywhere else: that would bury the one mistake.
    if tree.pairs and not files.unreadable:
        try:
            app, found, sound = _compiled(tree, files)
        except RecursionError:  # formulas or rules in a chain of many hundreds
            found = [Problem("E-APP-004", "formulas or rules hang on each other in too long a chain", tree.at)]
        problems += found
    elif not problems:
        problems.append(
            Problem("E-APP-002", "there is nothing in it", Location(tree.at.file), "begin with `app: name`")
        )
    ordered = _measured(_ordered(problems), files.texts)
    failed = any(problem.severity == "error" for problem in ordered)
    return Loaded(None if failed else app, ordered, app if sound else None)


def _compiled(tree: Map, files: Files) -> tuple[App | None, list[Problem], bool]:
    """The app, its problems, and whether it is whole, however it was judged. Advice about what is missing waits until
    nothing is wrong."""
    languages = words(tree.get("languages")) or DEFAULT_LANGUAGES
    structure = Structure(SHAPES, frozenset(languages), files.spaces)
    whole = structure.tree(tree, "app")
    desk = _desk(whole, languages, files.spaces)
    if desk.likes.overfull:  # what was not written out seems to be missing everywhere
        return None, [*structure.problems, *desk.likes.problems], False
    app = build(desk, whole, files.texts)
    unfit = [problem for problem in structure.problems if problem.code in ("E-KEY-003", "E-KEY-007")]
    left = roots(desk.problems, unfit, tree, LOST)
    built = [*structure.problems, *desk.likes.problems, *left]
    judged = list(roots((problem for check in CHECKS for problem in check(app)), built, whole))
    judged += unused(app, whole)
    whole_app = not any(problem.severity == "error" for problem in (*files.problems, *built))
    sound = whole_app and not any(problem.severity == "error" for problem in judged)
    built += desk.untranslated.problems() if sound else []
    return app, [*built, *(problem for problem in judged if sound or problem.severity == "error")], whole_app


def _desk(tree: Map, languages: tuple[str, ...], spaces: Spaces) -> Desk:
    """The desk with the outline of the app on it."""
    objects, types = _map(tree.get("objects"), tree), _map(tree.get("types"), tree)
    likes = Likes(objects, types)
    things = things_of(likes.expanded(), tree, likes.named)
    roles = tuple(name for name, _ in maps(tree.get("roles")))
    outline = Outline(things, dict(maps(tree.get("decisions"))), roles, spaces)
    for _, role in maps(tree.get("roles")):
        stood = word(role.get("stands_for"))
        if stood in things and things[stood].kind == "object":
            outline.stands[stood.rpartition(".")[2]] = stood
    currency = tree.get("currency")
    desk = Desk(
        outline,
        languages,
        likes,
        word(_map(currency, tree).get("base")),
        timezone=word(tree.get("timezone"), "UTC"),
        nouns={name.removesuffix("s"): _map(tree.get(name), tree).names() for name in NOUNS},
    )
    desk.flow_objects = {name: word(spec.get("of")) for name, spec in maps(tree.get("flows"))}
    subjects = {name: _subject(spec, desk.flow_objects) for name, spec in maps(tree.get("automations"))}
    desk.run_objects = {name: of for name, of in subjects.items() if of is not None}
    desk.documents_of = {name: word(spec.get("of")) for name, spec in maps(tree.get("documents"))}
    desk.names_of = {
        name: label
        for key in ("objects", "registers", "reports", "dashboards")
        for name, spec in maps(tree.get(key))
        if (label := spec.get("name")) is not None
    }
    desk.units = {name: Option(desk.label(label, name)) for name, label in _map(tree.get("units"), tree).items()}
    connect(desk)
    return desk


def _map(node: Node | None, otherwise: Map) -> Map:
    return node if isinstance(node, Map) else Map((), otherwise.at)


def _ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once, by file, line and column; the same place is reported once per code."""
    seen: dict[tuple[str, int, int, str], Problem] = {}
    for problem in problems:
        seen.setdefault((problem.at.file, problem.at.line, problem.at.column, problem.code), problem)
    ordered = sorted(seen.values(), key=lambda one: (one.at.file, one.at.line, one.at.column, one.code))
    return tuple(ordered[:MAX_PROBLEMS])


def _measured(problems: Iterable[Problem], texts: Mapping[str, str]) -> tuple[Problem, ...]:
    """The problems with how wide a thing they are about: where nobody told, the word or quoted text at the place."""
    lines: dict[str, list[str]] = {}
    found = []
    for problem in problems:
        at = problem.at
        rows = lines.setdefault(at.file, texts.get(at.file, "").removeprefix("\ufeff").splitlines())
        word = WORD.match(rows[at.line - 1], at.column - 1) if 0 < at.line <= len(rows) else None
        width = problem.width or (len(word[0]) if word else 1)
        found.append(replace(problem, width=width))
    return tuple(found)


def app_from(text: str) -> App:
    """The app of one text, for tests: raises ValueError with all problems where there is an error."""
    loaded = load({"app.yaml": text})
    if loaded.app is None:
        raise ValueError("\n".join(str(problem) for problem in loaded.problems))
    return loaded.app


def problems_of(text: str) -> tuple[Problem, ...]:
    """The problems of one text, for tests."""
    return load({"app.yaml": text}).problems


def _subject(spec: Map, flows: Mapping[str, str]) -> str | None:
    """The object for whose records a step may run an automation; "" for one by the clock, which needs none; None where
    it needs what starts it (a call, a balance, a comment …)."""
    if spec.pair("every"):
        return ""
    if spec.pair("flow"):
        return flows.get(word(spec.get("flow")), "")
    of = next((word(spec.get(key)) for key in ("created", "changed", "saved", "deleted") if spec.pair(key)), "")
    named = next((word(spec.get(key)) for key in ("entered", "action", "date") if spec.pair(key)), "")
    return of or named.rpartition(".")[0] or None
