"""Single slips in a definition, as people make them: each changes one place of one file."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from engine.definitions.nodes import List, Map, Scalar, to_plain
from engine.definitions.source import read
from tests.mutations.spots import Spot, spots_of

DEFINING = re.compile(  # names that are given here, not used
    r"(^app|\.called|\.approve|\.handle|\.was|\.back|\.alias|languages|samples\.people\.id|\.name|arm\.name"
    r"|\.(branch|parallel)\.name|currency\.base|currency)$"
)
IDENTIFIER = re.compile(r"""'[^']*'|"[^"]*"|(?<![\w.])[^\W\d]\w*(?!\w*\s*\()(?![\w])""")
KEYWORDS = """
and or not is in at between where true false blank as sort then under all movements of this parent me old need before
minute minutes hour hours day days week weeks month months quarter quarters year years working
"""
WORDS = frozenset(KEYWORDS.split())
EXPRESSIONS, BROKEN = ("E", "S", "W", "T", "V"), "_nosuch"


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip: `text` is the changed file; it should be reported on one of `lines`."""

    kind: str
    path: str
    file: str
    text: str
    lines: tuple[int, ...]
    said: str

    def __str__(self) -> str:
        return f"{self.kind:<10} {self.file}:{self.lines[0]} {self.path}: {self.said}"


Made: TypeAlias = tuple[str, tuple[int, ...], str]


@dataclass(frozen=True, slots=True)
class Source:
    """One file with the offsets of its lines."""

    text: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Source:
        return cls(text, (0, *(found.end() for found in re.finditer("\n", text))))

    def offset(self, spot: Spot) -> int:
        return self.starts[spot.at.line - 1] + spot.at.column - 1

    def span(self, spot: Spot) -> tuple[int, int] | None:
        """Where a scalar's letters stand, inside of its quotes; None where they are not written as they are read."""
        assert isinstance(spot.node, Scalar)
        start = self.offset(spot)
        start += self.text[start] in "\"'"
        end = start + len(spot.node.text)
        return (start, end) if self.text[start:end] == spot.node.text and "\n" not in spot.node.text else None

    def whole(self, spot: Spot) -> tuple[int, int] | None:
        """A value with its quotes or brackets; None for what is written over several lines without brackets."""
        start = self.offset(spot)
        if isinstance(spot.node, Scalar):
            span = self.span(spot)
            return None if span is None else (start, span[1] + (self.text[start] in "\"'"))
        return (start, _closed(self.text, start)) if self.text[start] in "[{" else None

    def changed(self, start: int, end: int, by: str) -> str:
        return self.text[:start] + by + self.text[end:]


Maker: TypeAlias = Callable[[Source, Spot, random.Random], "Made | None"]


def _closed(text: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`."""
    depth, quote, place = 0, "", start
    while place < len(text):
        letter = text[place]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'" and text[place - 1] in " [{,:":
            quote = letter
        else:
            depth += (letter in "[{") - (letter in "]}")
            if not depth:
                return place + 1
        place += 1
    return start


def slips_of(texts: Mapping[str, str], seed: int) -> Iterator[Slip]:
    """Every slip, the kinds in turn, in an order that hangs on the seed; one that changes nothing is left out."""
    chance = random.Random(seed)
    sources = {name: Source.of(text) for name, text in texts.items()}
    spots = spots_of(texts)
    chance.shuffle(spots)
    lines = [(name, number) for name, text in texts.items() for number in range(len(text.split("\n")))]
    chance.shuffle(lines)
    made: dict[str, list[Callable[[], Slip | None]]] = {
        "indent": [partial(_indented, texts, name, number, chance) for name, number in lines]
    }
    for spot in spots:
        kind, maker = _maker(spot, chance)
        made.setdefault(kind, []).append(partial(_slip, kind, maker, sources[spot.at.file], spot, chance))
    while made:
        for kind in sorted(made):
            while made[kind]:
                slip = made[kind].pop()()
                if slip is not None:
                    yield slip
                    break
            if not made[kind]:
                del made[kind]


def _slip(kind: str, maker: Maker, source: Source, spot: Spot, chance: random.Random) -> Slip | None:
    found = maker(source, spot, chance)
    return None if found is None else Slip(kind, spot.path, spot.at.file, *found)


def _maker(spot: Spot, chance: random.Random) -> tuple[str, Maker]:
    """Which slip is made at a spot, and by whom."""
    if spot.kind == "key":
        return "typo", _typo
    if spot.kind == "required":
        return "removed", _removed
    if spot.kind == "pair":
        return "duplicate", _duplicate
    if spot.kind == "field":
        return "dangling", _dangling
    if spot.kind == "form":
        return "type", _wrong_form
    if spot.kind in ("N", "R") and chance.random() < 0.7:
        return "dangling", _dangling
    if spot.kind in EXPRESSIONS and chance.random() < 0.8:
        return "expression", _broken
    return "type", _wrong_type


def _typo(source: Source, spot: Spot, chance: random.Random) -> Made | None:
    span, word = source.span(spot), spot.node.text  # type: ignore[union-attr]
    if span is None:
        return None
    place = chance.randrange(len(word))
    wrong = chance.choice((word[:place] + word[place + 1 :], word[:place] + word[place] + word[place:], word + "x"))
    if wrong in spot.known or wrong == word or not wrong:
        return None
    return source.changed(*span, wrong), (spot.at.line,), f"{word} → {wrong}"


def _wrong_type(source: Source, spot: Spot, chance: random.Random) -> Made | None:
    whole = source.whole(spot)
    by = {"B": "maybe", "I": "many", "word": "bogus"}.get(spot.kind, "{x: 1}")
    if whole is None or spot.kind == "X" or (spot.kind == "V" and not isinstance(spot.node, Scalar)):
        return None
    return source.changed(*whole, by), (spot.at.line,), f"{source.text[slice(*whole)][:30]} → {by}"


def _wrong_form(source: Source, spot: Spot, chance: random.Random) -> Made | None:
    whole = source.whole(spot)
    if whole is None or (isinstance(spot.node, (Map, List)) and "\n" in source.text[slice(*whole)]):
        return None
    return source.changed(*whole, "7"), (spot.at.line,), f"{source.text[slice(*whole)][:30]} → 7"


def _dangling(source: Source, spot: Spot, chance: random.Random) -> Made | None:
    if not isinstance(spot.node, Scalar) or DEFINING.search(spot.path):
        return None
    span = source.span(spot)
    if span is None or " " in spot.node.text:
        return None
    end = span[1] - spot.node.text.endswith("+")
    return source.changed(end, end, BROKEN), (spot.at.line,), f"{spot.node.text}{BROKEN}"


def _broken(source: Source, spot: Spot, chance: random.Random) -> Made | None:
    """An expression that is truly broken: an unknown name, an operator or a bracket without its other side."""
    if not isinstance(spot.node, Scalar):
        return None
    span, text = source.span(spot), spot.node.text
    if span is None or (spot.kind == "T" and "{" not in text) or (spot.kind == "V" and not text.startswith("=")):
        return None
    start = span[0] + (text.find("{") if spot.kind == "T" else 0)
    stop = span[0] + text.find("}") if spot.kind == "T" else span[1]
    names = [one for one in IDENTIFIER.finditer(source.text, start, stop) if _is_name(one.group())]
    ways = ["name"] * bool(names) + (["operator", "bracket"] if spot.kind in ("E", "S", "V") else [])
    way = chance.choice(ways) if ways else ""
    if way == "name":
        end = chance.choice(names).end()
        return source.changed(end, end, BROKEN), (spot.at.line,), f"{source.text[start:end]}{BROKEN}"
    if way == "operator":
        return source.changed(span[1], span[1], " +"), (spot.at.line,), f"{text[:40]} +"
    if way == "bracket":
        return source.changed(span[1], span[1], " )"), (spot.at.line,), f"{text[:40]} )"
    return None


def _is_name(text: str) -> bool:
    return text[0] not in "\"'" and text not in WORDS


def _pair_span(source: Source, spot: Spot) -> tuple[int, int, bool] | None:
    """A key with its value, within one line: (start, end, whether it stands in brackets)."""
    start = source.offset(spot)
    line_end = source.text.find("\n", start)
    line_end = len(source.text) if line_end < 0 else line_end
    line_start = source.starts[spot.at.line - 1]
    assert spot.pair is not None
    value = Spot("", "", spot.pair.value)
    before = source.text[line_start:start]
    if spot.pair.value.at.line == spot.at.line and before.strip():
        whole = source.whole(value)
        return None if before.strip() == "-" or whole is None or whole[1] > line_end else (start, whole[1], True)
    if before.strip() or spot.pair.value.at.line != spot.at.line:
        return None
    following = source.text[line_end + 1 :].split("\n", 1)[0]
    deeper = len(following) - len(following.lstrip()) > len(before)
    return None if deeper or following.lstrip().startswith("- ") else (line_start, line_end + 1, False)


def _removed(source: Source, spot: Spot, chance: random.Random) -> Made | None:
    found = _pair_span(source, spot)
    assert spot.owner is not None
    if found is None or len(spot.owner.pairs) < 2:
        return None
    start, end, flow = found
    if not flow:
        line = min(spot.owner.at.line, spot.at.line)
        return source.changed(start, end, ""), (line, line - 1), f"without {spot.node.text}"  # type: ignore[union-attr]
    after = re.compile(r"\s*,\s*").match(source.text, end)
    before = re.compile(r".*?(\s*,\s*)\Z", re.S).match(source.text[:start]) if after is None else None
    start = start - len(before.group(1)) if before is not None else start
    end = after.end() if after is not None else end
    said = f"without {spot.node.text}"  # type: ignore[union-attr]
    return source.changed(start, end, ""), (spot.owner.at.line, spot.at.line), said


def _duplicate(source: Source, spot: Spot, chance: random.Random) -> Made | None:
    found = _pair_span(source, spot)
    if found is None:
        return None
    start, end, flow = found
    again = source.text[start:end] + (", " if flow else "")
    lines = (spot.at.line,) if flow else (spot.at.line, spot.at.line + 1)
    return source.changed(start, start, again), lines, again.strip()[:40]


def _indented(texts: Mapping[str, str], name: str, number: int, chance: random.Random) -> Slip | None:
    """One line that is indented by one space more or less, where that changes what is read."""
    lines = texts[name].split("\n")
    line = lines[number]
    if not line.strip() or line.lstrip().startswith("#") or not line.startswith("  "):
        return None
    deeper = chance.random() < 0.5
    lines[number] = f" {line}" if deeper else line[1:]
    text = "\n".join(lines)
    was, now = read(texts[name], name)[0], read(text, name)[0]
    if now is not None and to_plain(was) == to_plain(now):
        return None
    before = next((one for one in reversed(lines[:number]) if one.strip()), "")
    first = _indent(before) < _indent(line)  # the first line of a block decides for those that follow
    said = f"{'deeper' if deeper else 'less deep'}: {line.strip()[:30]}"
    return Slip("indent", "", name, text, (number + 1, number + 2) if first else (number + 1,), said)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
