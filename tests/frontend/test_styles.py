"""The styles keep to the skin: colours come from the tokens and stand out enough, sizes from the one scale."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLES = Path(__file__).parents[2] / "static" / "css"
TOKENS = (STYLES / "tokens.css").read_text(encoding="utf-8")
OWN_COLOURS = ("tokens.css", "paper.css")      # paper is white and black in either theme
SCALE = {"11px", "12px", "12.5px", "13px", "14px", "15px", "16px", "21px"}
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(", re.IGNORECASE)
GROUNDS = ("ground", "surface", "sunken", "hover", "accent-soft")
INKS = ("ink", "ink-2", "ink-3", "accent", "danger")


def rules(name: str) -> str:
    """A style sheet without comments, without what holds on paper only, and without custom properties."""
    text = re.sub(r"/\*.*?\*/", "", (STYLES / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"@media print \{(?:[^{}]*\{[^{}]*\})*\s*\}", "", text)
    return re.sub(r"--[\w-]+:[^;}]*", "", text)


def theme(name: str) -> dict[str, str]:
    """The colours of a theme by the names of their tokens; the dark one changes some of the light one's."""
    light, _, rest = TOKENS.partition('[data-bs-theme="dark"] {')
    dark = rest.partition("}")[0]              # what holds on paper comes after it
    known = dict(re.findall(r"--fw-([\w-]+): (#[0-9a-f]{6});", light))
    return known if name == "light" else {**known, **dict(re.findall(r"--fw-([\w-]+): (#[0-9a-f]{6});", dark))}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_stands_out_from_every_ground_and_edges_from_what_is_around_them(name: str) -> None:
    colours = theme(name)
    pairs = [(ink, ground, 4.5) for ink in INKS for ground in GROUNDS]
    pairs += [("on-accent", "accent", 4.5), ("danger", "danger-soft", 4.5)]
    pairs += [("edge", ground, 3.0) for ground in ("ground", "surface", "sunken")]
    found = [(*pair, round(contrast(colours[pair[0]], colours[pair[1]]), 2)) for pair in pairs]
    weak = [one for one in found if one[3] < one[2]]
    assert weak == []


def test_only_the_tokens_name_colours() -> None:
    sheets = [path.name for path in STYLES.glob("*.css") if path.name not in OWN_COLOURS]
    assert len(sheets) > 5
    assert {name: found for name in sheets if (found := COLOUR.findall(rules(name)))} == {}


def test_what_holds_in_narrow_windows_holds_on_screens_only() -> None:
    """A sheet of A4 is narrower than a desk's window: its tables would come out as the cards of a phone."""
    wanting = re.compile(r"@media \((?:max-width: (?:767|575|991)|width <)")
    narrow = [path.name for path in STYLES.glob("*.css") if "@media screen and (" in path.read_text(encoding="utf-8")]
    assert len(narrow) > 5
    assert [path.name for path in STYLES.glob("*.css") if wanting.search(path.read_text(encoding="utf-8"))] == []


def test_sizes_are_of_the_scale() -> None:
    used = {size for path in STYLES.glob("*.css") if path.name != "paper.css"
            for size in re.findall(r"font-size: ([\d.]+px)", rules(path.name))}
    assert used <= SCALE and len(used) > 5
