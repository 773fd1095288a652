"""A wrong word is reported at its very place, however the text around it is written in YAML."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.definitions.compile import problems_of

STYLES = ("plain", "single", "double", "literal", "folded")
HEAD = """\
app: shop
access: {any: {everyone: full}}
objects:
  order:
    fields:
      qty: quantity
      note: text
      shown:
        type: text
"""
EXPRESSIONS = ("qty", "note", "'it''s'", '"say ""yes"""', "1.5", "len('a')", "“中文”", "(qty + 2)")
TEXTS = ("No. {qty}", "{note}", "it's", "“数量”", "{{kept}}", "{len('é')}")


@dataclass(slots=True)
class Page:
    """What is written so far, and where the next character will stand (1-based)."""

    text: str = HEAD

    def put(self, text: str) -> None:
        self.text += text

    @property
    def place(self) -> tuple[int, int]:
        return self.text.count("\n") + 1, len(self.text) - self.text.rfind("\n")


@st.composite
def pages(draw: st.DrawFn) -> tuple[str, tuple[int, int]]:
    style, template = draw(st.sampled_from(STYLES)), draw(st.booleans())
    parts = draw(st.lists(st.sampled_from(TEXTS if template else EXPRESSIONS), min_size=1, max_size=6))
    wrong = draw(st.integers(1, len(parts)))
    parts.insert(wrong, "{wrongly}" if template else "wrongly")
    page = Page()
    if template:
        page.put("        formula: note\n    title: ")
    else:
        page.put("        formula: ")
    indent = " " * draw(st.integers(9, 14))
    page.put({"single": "'", "double": '"', "literal": "|-\n" + indent, "folded": ">\n" + indent}.get(style, ""))
    page.put("a " if template else "qty ")
    place = (0, 0)
    for number, part in enumerate(parts):
        for word in ([part] if template else ["&", part]):
            if word.strip("{}") == "wrongly":
                before, after = word.split("wrongly")
                page.put(before)
                place = page.place
                _write(draw, page, "wrongly" + after, style)
            else:
                _write(draw, page, word, style)
            _part(draw, page, style, indent, last=number == len(parts) - 1 and word == part)
    page.put({"single": "'", "double": '"'}.get(style, "") + "\n")
    return page.text, place


def _write(draw: st.DrawFn, page: Page, word: str, style: str) -> None:
    if style == "single":
        page.put(word.replace("'", "''"))
    elif style == "double":
        page.put("".join(_escaped(draw, letter, word) for letter in word))
    else:
        page.put(word)


def _escaped(draw: st.DrawFn, letter: str, word: str) -> str:
    if letter == '"':
        return '\\"'
    if word.startswith("wrongly") or not draw(st.booleans()):
        return letter
    return f"\\u{ord(letter):04x}" if ord(letter) > 255 or draw(st.booleans()) else f"\\x{ord(letter):02x}"


def _part(draw: st.DrawFn, page: Page, style: str, indent: str, *, last: bool) -> None:
    """What stands between two words: a blank, or the end of a line."""
    if last:
        return
    chosen = draw(st.sampled_from(["blank", "blank", "line", "lines", "escaped"]))
    if chosen == "blank" or (chosen == "escaped" and style != "double"):
        page.put(" ")
    elif chosen == "escaped":
        page.put("\\\n" + indent + "\\ ")
    elif chosen == "line":
        page.put("\n" + indent)
    else:
        page.put(" \n\n" + indent)


@settings(max_examples=300, deadline=None)
@given(pages())
def test_a_wrong_word_is_reported_at_its_place(page: tuple[str, tuple[int, int]]) -> None:
    text, place = page
    found = [(one.code, (one.at.line, one.at.column), one.width) for one in problems_of(text)]
    assert found == [("E-NAM-001", place, len("wrongly"))], text
