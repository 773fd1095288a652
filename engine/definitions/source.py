"""Reads one definition file (YAML 1.2 meaning, or JSON) into a located tree; knows no key of the language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import yaml

from engine.definitions.nodes import List, Map, Node, Pair, Scalar
from engine.definitions.slips import Slip, cut_by_comma, explain
from engine.definitions.spots import Spot, finder, linear
from engine.errors import Location, Problem

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
MAX_NODES = 50_000
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
SURROGATES = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
LEADING_TABS = re.compile(r"^[ \t]*\t[ \t]*", re.MULTILINE)
Parser = getattr(yaml, "CLoader", yaml.Loader)


class Unreadable(Exception):
    """The text is no tree; reading stops here. Never leaves this module."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(slots=True)
class Open:
    """A map or a list whose end has not been read yet; `key` waits for its value."""

    at: Location
    flow: bool
    is_map: bool
    path: str
    pairs: list[Pair] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    key: Scalar | None = None


def read(text: str, file: str) -> tuple[Map | None, list[Problem]]:
    """The tree of one file. Problems of single keys are collected; one that hides the structure ends the reading."""
    try:
        return _Reader(text, file).tree()
    except Unreadable as stop:
        return None, [stop.problem]


def decode(data: bytes, file: str) -> tuple[str, list[Problem]]:
    """The text of a file's bytes: UTF-8, with or without a byte order mark."""
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        at = Location(file, line, error.start - data.rfind(b"\n", 0, error.start))
        return "", [Problem("E-YAML-003", "this is not UTF-8 text", at, "save the file as UTF-8")]


def _yaml_of(text: str) -> str:
    """JSON as YAML takes it: tabs in front of a line become spaces, escaped surrogate pairs the letter they mean."""
    text = LEADING_TABS.sub(lambda found: " " * len(found.group()), text)
    return SURROGATES.sub(lambda found: bytes.fromhex(found[1] + found[2]).decode("utf-16-be"), text)


class _Reader:
    """Turns the parser's events into nodes with an explicit stack, so that depth is bounded before anything nests."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.text = self._prepared(text.removeprefix("\ufeff"))
        self.lines = self.text.splitlines()
        self.stack: list[Open] = []
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self.count = 0

    def _prepared(self, text: str) -> str:
        if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
            raise self._stop("E-YAML-004", "the file is larger than 1 MB", 1, 1, "split it with `include:`")
        bad = UNPRINTABLE.search(text)
        if bad is not None:
            line = text.count("\n", 0, bad.start()) + 1
            column = bad.start() - text.rfind("\n", 0, bad.start())
            message = f"the character U+{ord(bad.group()):04X} may not stand in a definition"
            raise self._stop("E-YAML-003", message, line, column, "is this a text file, saved as UTF-8?")
        return _yaml_of(text) if text.lstrip()[:1] in ("{", "[") else text

    def tree(self) -> tuple[Map | None, list[Problem]]:
        """The root map and the problems of single keys."""
        for event in self._events():
            self._take(event)
        if self.root is None or (isinstance(self.root, Scalar) and self.root.blank):
            return Map((), Location(self.file)), self.problems
        if not isinstance(self.root, Map):
            raise Unreadable(Problem("E-YAML-005", "a definition is a map of keys (`app: …`)", self.root.at))
        return self.root, self.problems

    def _events(self) -> Iterator[yaml.Event]:
        try:
            yield from yaml.parse(self.text, Loader=Parser)
        except yaml.MarkedYAMLError as error:
            raise self._explained(error) from None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise self._stop("E-YAML-001", f"this is not YAML: {error}", 1, 1) from None

    def _explained(self, error: yaml.MarkedYAMLError) -> Unreadable:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        began = (error.context_mark.line, error.context_mark.column) if error.context_mark else None
        slip = explain(error.problem or "", error.context or "", self.lines, line, column, began)
        return self._stop(slip.code, slip.message, slip.line + 1, slip.column + 1, slip.hint)

    def _stop(self, code: str, message: str, line: int, column: int, hint: str = "") -> Unreadable:
        return Unreadable(Problem(code, message, Location(self.file, line, column), hint))

    def _take(self, event: yaml.Event) -> None:
        match event:
            case yaml.AliasEvent():
                raise self._refused(event, "an alias (`*name`)")
            case yaml.ScalarEvent():
                self._plainly(event)
                self._place(self._scalar(event))
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._plainly(event)
                self._open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close()
            case yaml.DocumentStartEvent():
                if self.root is not None:
                    at = self._at(event)
                    message = "a second document begins here (`---`)"
                    raise self._stop("E-YAML-006", message, at.line, at.column, "one file holds one definition")
            case _:
                pass

    def _plainly(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        """Refuses anchors and tags; a plain `!` in front of a quoted text is a tag too."""
        if event.anchor is not None:
            raise self._refused(event, "an anchor (`&name`)")
        if event.tag is not None:
            raise self._refused(event, "a tag (`!name`)")

    def _refused(self, event: yaml.Event, what: str) -> Unreadable:
        at = self._at(event)
        hint = "put a text that begins like this in quotes; share definitions with `types:`, `like:` or `include:`"
        return self._stop("E-YAML-007", f"{what} is not used here", at.line, at.column, hint)

    def _at(self, event: yaml.Event) -> Location:
        mark = event.start_mark
        assert mark is not None, "events of a parser have places"
        return Location(self.file, mark.line + 1, mark.column + 1, self._path())

    def _path(self) -> str:
        if not self.stack:
            return ""
        open = self.stack[-1]
        if not open.is_map:
            name = str(len(open.items))
        else:
            name = open.key.text if open.key is not None else ""
        return f"{open.path}.{name}" if open.path and name else open.path or name

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        at = self._at(event)
        if UNPRINTABLE.search(event.value):
            message = "an escape in this text gives a character that may not stand here"
            raise self._stop("E-YAML-003", message, at.line, at.column)
        if not event.style:
            self._unlisted(event)
        return Scalar(event.value, at, self._body(event, at), not event.style)

    def _unlisted(self, event: yaml.ScalarEvent) -> None:
        """Refuses a text that goes on with a line like an entry of a list: it is one, indented too deep."""
        begin, stop = event.start_mark, event.end_mark
        assert begin is not None and stop is not None, "events of a parser have places"
        for number in range(begin.line + 1, min(stop.line + (stop.column > 0), len(self.lines))):
            line = self.lines[number]
            if line.lstrip().startswith("- "):
                message = "this line goes on the text above it: it is indented deeper than the entry before"
                column = len(line) - len(line.lstrip()) + 1
                hint = "indent it like its neighbours, or put the text in quotes"
                raise self._stop("E-YAML-001", message, number + 1, column, hint)

    def _body(self, event: yaml.ScalarEvent, at: Location) -> Location:
        """Where the first character of the text stands, and where the others do if not side by side."""
        begin, stop = event.start_mark, event.end_mark
        assert begin is not None and stop is not None, "events of a parser have places"
        start, end = Spot(begin.line, begin.column), Spot(stop.line, stop.column)
        if linear(event.value, event.style, start, end):
            return Location(at.file, at.line, at.column + 1, at.path) if event.style in ("'", '"') else at
        find = finder(event.value, event.style, self.lines, start, end)
        return Location(at.file, *find(0), at.path, find) if event.value else at

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        at = self._at(event)
        if len(self.stack) >= MAX_DEPTH:
            raise self._stop("E-YAML-008", f"nested deeper than {MAX_DEPTH} levels", at.line, at.column)
        is_map = isinstance(event, yaml.MappingStartEvent)
        if self.stack and self.stack[-1].is_map and self.stack[-1].key is None:
            hint = "put a text that begins with { or [ in quotes"
            raise self._stop("E-YAML-009", "a key is a text, not a map or a list", at.line, at.column, hint)
        self.stack.append(Open(at, bool(event.flow_style), is_map, at.path))

    def _close(self) -> None:
        done = self.stack.pop()
        self._place(Map(tuple(done.pairs), done.at) if done.is_map else List(tuple(done.items), done.at))

    def _place(self, node: Node) -> None:
        self.count += 1
        if self.count > MAX_NODES:
            message = f"more than {MAX_NODES} entries in one file"
            raise self._stop("E-YAML-004", message, node.at.line, node.at.column, "split it with `include:`")
        if not self.stack:
            self.root = node
        elif not self.stack[-1].is_map:
            self._item(node, self.stack[-1])
        elif self.stack[-1].key is None:
            self._key(node, self.stack[-1])
        else:
            self._value(node, self.stack[-1])

    def _item(self, node: Node, open: Open) -> None:
        slip = cut_by_comma(open.items[-1:], node, open.flow)
        if slip is None:
            open.items.append(node)
        else:
            open.items[-1] = self._rejoined(slip, open.items[-1], node)

    def _key(self, node: Node, open: Open) -> None:
        assert isinstance(node, Scalar)
        at = Location(node.at.file, node.at.line, node.at.column, self._joined(node.text))
        open.key = Scalar(node.text, at, node.body, node.plain)
        if node.plain and node.text == "<<":
            raise self._stop(
                "E-YAML-007",
                "a merge key (`<<`) is not used here",
                node.at.line,
                node.at.column,
                "use `like:` or `types:`",
            )

    def _joined(self, name: str) -> str:
        path = self._path()
        return f"{path}.{name}" if path else name

    def _value(self, node: Node, open: Open) -> None:
        key = open.key
        assert key is not None
        open.key = None
        last = [pair.value for pair in open.pairs[-1:]]
        slip = cut_by_comma(last, key, open.flow) if isinstance(node, Scalar) and node.blank else None
        if slip is not None:
            open.pairs[-1] = replace(open.pairs[-1], value=self._rejoined(slip, last[0], key))
        elif key.text in open.names:
            self.problems.append(Problem("E-YAML-010", f"`{key.text}` is given twice", key.at, "remove one of the two"))
        else:
            open.names.add(key.text)
            open.pairs.append(Pair(key, node))

    def _rejoined(self, slip: Slip, before: Node, rest: Node) -> Scalar:
        """Reports a comma that cut a text in two, and goes on with what was meant."""
        assert isinstance(before, Scalar) and isinstance(rest, Scalar)
        self.problems.append(Problem(slip.code, slip.message, before.at, slip.hint))
        gap = max(rest.at.column - before.at.column - len(before.text), 2) if rest.at.line == before.at.line else 2
        whole = f"{before.text},{' ' * (gap - 1)}{rest.text}"
        return replace(before, text=whole, body=replace(before.body, spots=None))
