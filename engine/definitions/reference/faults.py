"""The page on problems: what every code means, an example that gives it, and the repair. Knows no keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from engine.definitions.codes import CODES as DEFINITION_CODES
from engine.definitions.compile import load
from engine.definitions.nodes import plain_of
from engine.definitions.reference.leaves import Block, Code, Page, Prose, Topic, anchor_of
from engine.definitions.reference.wording import sentence
from engine.definitions.source import read
from engine.errors import Problem
from engine.expressions.faults import CODES as EXPRESSION_CODES

FILE = Path(__file__).parent / "problems.yaml"
CODES: Mapping[str, str] = {**DEFINITION_CODES, **EXPRESSION_CODES}
FAMILIES: Mapping[str, str] = {
    "YAML": "The text",
    "FILE": "Files",
    "KEY": "Keys and forms",
    "LANG": "Languages",
    "LIKE": "Taking over",
    "APP": "The app",
    "MNU": "The menu",
    "REF": "Unknown names",
    "FLD": "Fields",
    "UNI": "Uniqueness",
    "VAL": "Values",
    "WHO": "People",
    "STA": "States",
    "ACT": "Actions",
    "STP": "Steps",
    "CHK": "Checks",
    "PST": "Posts",
    "REG": "Registers",
    "FLW": "Flows",
    "AUT": "Automations",
    "DEC": "Decisions",
    "QST": "Reports and alerts",
    "TST": "Tests and samples",
    "ACC": "Access",
    "PUB": "What is open to everybody",
    "OBJ": "Objects",
    "SYN": "The form of expressions",
    "NAM": "Names in expressions",
    "TYP": "Types of expressions",
    "TPL": "Texts with holes",
}
SHOP = """\
app: shop
roles: {sales: Sales}
objects:
  customer: {key: name, fields: {name: {type: text, unique: true}}}
  product: {key: name, fields: {name: {type: text, unique: true}}}
  order:
    title: TITLE
    fields:
      qty: decimal
      price: money
      weight: quantity
      note: text
      day: date
      customer: {type: link, to: customer}
      lines: {type: lines, fields: {qty: integer, amount: money, product: {type: link, to: product}}}
    states: {draft: {}, sent: {final: true}}
    actions: {send: {from: draft, to: sent}}
    checks: [THAT]
registers:
  stock: {keys: {product: {type: link, to: product}}, measures: {on_hand: quantity}}
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said of a code: `shown` is the passage that a reader sees, `files` what gives the problem."""

    repair: str
    shown: str = ""
    language: str = "yaml"
    files: Mapping[str, str] = field(default_factory=dict)
    none: str = ""

    def example(self, code: str) -> Problem | None:
        """The problem as the checker reports it; None without an example."""
        found = load(self.files).problems if self.files else ()
        return next((one for one in found if one.code == code), None)


@lru_cache(maxsize=1)
def entries() -> Mapping[str, Entry]:
    """Code → what is said of it."""
    tree, problems = read(FILE.read_text("utf-8"), FILE.name)
    if tree is None or problems:
        raise ValueError(f"{FILE.name}: {problems}")
    return {code: _entry(plain_of(node)) for code, node in tree.items()}


def _entry(raw: Mapping[str, object]) -> Entry:
    repair, none = str(raw["repair"]), str(raw.get("none") or "")
    files = raw.get("files")
    if isinstance(files, dict):
        shown = "\n".join(f"# {name}\n{text}" for name, text in files.items())
        return Entry(repair, shown, files=files)
    if "wrong" in raw:
        return Entry(repair, str(raw["wrong"]), files={"app.yaml": str(raw["wrong"])})
    if "that" in raw or "text" in raw:
        that, text = str(raw.get("that") or ""), str(raw.get("text") or "{note}")
        shop = SHOP.replace("TITLE", json.dumps(text)).replace("THAT", json.dumps(that or "qty >= 0"))
        return Entry(repair, that if "that" in raw else text, "text", {"app.yaml": shop})
    return Entry(repair, none=none)


def pages() -> Iterator[Page]:
    """The page on problems."""
    intro = Prose(
        "Every problem has a stable code. E stands in the way, W is a warning, N a note. "
        "The first line below a code says what it means, the last one how it is repaired."
    )
    yield Page("problems", "What the checker says", (intro,), tuple(topics()))


def topics() -> Iterator[Topic]:
    """A topic per code, by families."""
    known = dict.fromkeys((*FAMILIES, *(_family(code) for code in CODES)))
    for family in known:
        codes = [code for code in CODES if _family(code) == family]
        if codes:
            links = " ".join(f"[{code}]({anchor_of(code)})" for code in codes)
            yield Topic(anchor_of("problems", family), FAMILIES.get(family, family), 2, (Prose(links),))
            yield from (topic_of(code) for code in codes)


def _family(code: str) -> str:
    return "KEY" if code == "N-INACTIVE" else code.split("-")[1]


def topic_of(code: str) -> Topic:
    """What a code means, an example with what is said of it, and the repair."""
    return Topic(anchor_of(code), code, 3, tuple(_blocks(code)))


def _blocks(code: str) -> Iterator[Block]:
    entry = entries().get(code, Entry(""))
    yield Prose(sentence(_meaning(code)))
    if entry.shown:
        yield Code(entry.shown.rstrip("\n"), entry.language)
        problem = entry.example(code)
        if problem is not None:
            yield Code(str(problem), "text")
    elif entry.none:
        yield Prose(sentence(f"No example: {entry.none}"))
    if entry.repair:
        yield Prose(f"Repair: {entry.repair}")


def _meaning(code: str) -> str:
    """The sentence of a code; holes of a message become dots."""
    text = CODES[code]
    for hole in ("character", "found", "wanted", "opener", "limit", "word", "name", "owner", "op", "types"):
        text = text.replace(f"`{{{hole}}}`", "this").replace(f"{{{hole}}}", "…")
    for hole in ("left", "right", "function", "place", "format"):
        text = text.replace(f"`{{{hole}}}`", "this").replace(f"{{{hole}}}", "…")
    return text.replace("{{", "{").replace("}}", "}")
