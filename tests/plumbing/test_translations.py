"""Every text of the pages has its Chinese, with the same holes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ENGINE = Path(__file__).parents[2] / "engine"
CATALOGUE = ENGINE / "runtime/web/translations/zh_Hans/LC_MESSAGES/messages.po"
HOLE = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
JOINED = re.compile(r"\)\s*\}\}:")
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def texts_of_pages() -> set[str]:
    options = {"**/templates/**.html": {"trimmed": "true"}}
    found = extract_from_dir(ENGINE, method_map=METHODS, options_map=options)
    return {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}


def test_every_text_is_translated(catalogue: Catalog) -> None:
    missing = [
        text for text in sorted(texts_of_pages()) if not (catalogue.get(text) and any(catalogue.get(text).string))
    ]
    assert not missing, f"without Chinese (`make texts`, then fill in): {missing}"


def test_translations_keep_the_holes(catalogue: Catalog) -> None:
    wrong = [
        message.id
        for message in catalogue
        if message.id
        and isinstance(message.id, str)
        and sorted(HOLE.findall(message.id)) != sorted(HOLE.findall(str(message.string)))
    ]
    assert not wrong


def test_a_plain_per_cent_sign_does_not_break_a_page(catalogue: Catalog) -> None:
    """Texts of templates are formatted: outside of holes the sign is written twice."""
    wrong = [m.id for m in catalogue if m.id and "%" in HOLE.sub("", str(m.string)).replace("%%", "")]
    assert not wrong


def test_a_single_sentence_of_chinese_has_no_full_stop(catalogue: Catalog) -> None:
    wrong = [str(m.string) for m in catalogue if m.id and re.fullmatch("[^。？]+。", str(m.string))]
    assert not wrong


def test_templates_do_not_punctuate_for_a_language() -> None:
    """A label and what follows it are one text, as the colon of Chinese is another: "%(label)s: %(text)s"."""
    wrong = [path.name for path in ENGINE.rglob("*.html") if JOINED.search(path.read_text(encoding="utf-8"))]
    assert not wrong
