"""The reference: its examples hold, its links lead somewhere, and it says what is there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.builder import trials
from engine.cli.evaluating import NOTHING, plain
from engine.cli.main import formwork
from engine.definitions.compile import app_from, load
from engine.definitions.filters import Reader, everything, value
from engine.definitions.language import SHAPES
from engine.definitions.reference import calls, faults, markdown, nouns, passages, whole
from engine.definitions.reference.leaves import Prose, Table, pieces
from engine.expressions.functions import ALIASES, FUNCTIONS
from engine.expressions.scope import Frame
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = [path for path in passages.files() if path.name != "more.yaml"]
COMING = ("tests_more.yaml",)  # holds steps of tests that are declared, not yet active


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_has_no_error(path: Path) -> None:
    assert [str(problem) for problem in load(path).errors] == []


@pytest.mark.parametrize("path", [one for one in EXAMPLES if one.name not in COMING], ids=lambda path: path.stem)
def test_what_an_example_proves_holds(path: Path) -> None:
    app = load(path).app
    assert app is not None
    assert [result for result in trials.run(app) if result.problem] == []


@pytest.mark.parametrize("code", faults.entries())
def test_the_example_of_a_code_gives_it(code: str) -> None:
    entry = faults.entries()[code]
    assert code in faults.CODES, "there is no such code: take its entry out of problems.yaml"
    assert entry.repair
    if entry.none:
        assert not entry.files
    else:
        found = entry.example(code)
        assert found is not None, [str(one) for one in load(entry.files).problems]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(Database(f"sqlite:///{tmp_path_factory.mktemp('scratch')}/scratch.db"))
    made.publish(app_from(NOTHING).texts)
    yield made
    made.database.close()


@pytest.mark.parametrize("name", calls.notes())
def test_the_example_of_a_function(name: str, scratch: Site) -> None:
    note = calls.notes()[name]
    assert name in FUNCTIONS, "there is no such function: take it out of functions.yaml"
    if note.shown:
        assert note.example in (passages.FOLDER / f"{note.shown}.yaml").read_text("utf-8")
        return
    file, _, thing = note.of.partition(".")
    app = load(passages.FOLDER / f"{file}.yaml").app if note.of else app_from(NOTHING)
    assert app is not None
    found = value(Reader(app, everything(app), decisions=True), thing or "nothing", note.example)
    if note.of:
        assert not note.gives
        return
    with scratch.read("scratch", SERVICE) as tx:
        given = plain(found.value(Frame(Session(tx))))
    shown = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    assert shown == note.gives or Decimal(shown) == Decimal(note.gives)


def test_every_key_has_an_example() -> None:
    missing = [".".join(part for part in place if part) for place in nouns.without_example()]
    assert missing == [], f"use each of these in a definition of {passages.FOLDER} (each must stay without error)"


def test_an_example_shows_the_very_key_in_its_own_place() -> None:
    """With this noun, with this kind of field or step, the key is written; labels by language may stand for `name`."""
    elsewhere = []
    for place in nouns.wanted():
        passage = nouns.example_of(place)
        assert passage is not None, place
        noun, kind, name = place
        key = "type" if noun == "type" else name
        text = (passages.FOLDER / passage.file).read_text("utf-8")
        here = {
            where
            for (found, of, one), at, where in passages.places(text, passage.file)
            if at.line == passage.line and found == noun and (kind in ("*", of)) and one == name
        }
        written = passage.written and f"{key}:" in passage.text
        if passage.path not in here or not (written or key == "name" and "zh:" in passage.text):
            elsewhere.append(place)
    assert elsewhere == [], f"write each of these out in a definition of {passages.FOLDER}"


def test_every_key_says_what_it_means() -> None:
    silent = [
        f"{shape.name}.{form.name}.{key.name}"
        for shape in SHAPES.values()
        for form in shape.variants.values() or (shape,)
        for key in form.keys.values()
        if not key.doc
    ]
    assert silent == [], "give the key a sentence, where it is declared or in language/explained.py"


def test_every_code_is_explained() -> None:
    missing = sorted(set(faults.CODES) - set(faults.entries()))
    assert missing == [], f"add to {faults.FILE.name}: `repair` and `wrong` (a definition that gives it), or `that`"


def test_every_function_is_explained() -> None:
    missing = sorted(set(FUNCTIONS) - set(ALIASES) - set(calls.notes()))
    assert missing == [], f"add to {calls.FILE.name}: `says`, `example`, and `gives` or `of`"


@pytest.mark.parametrize("name", whole.pages())
def test_the_pages_of_the_reference_are_fresh(name: str) -> None:
    kept = (DOCS / f"{name}.md").read_text("utf-8") if (DOCS / f"{name}.md").is_file() else ""
    made = markdown.page(whole.pages()[name], whole.homes())
    assert kept == made, f"docs/{name}.md is stale: run `formwork reference --write docs` and commit what it makes"


def test_every_anchor_is_there_once() -> None:
    counts = Counter(topic.anchor for page in whole.pages().values() for topic in page.topics)
    assert [anchor for anchor, count in counts.items() if count > 1] == []


def test_every_link_leads_to_a_topic() -> None:
    texts = []
    for page in whole.pages().values():
        for block in (*page.intro, *(block for topic in page.topics for block in topic.blocks)):
            texts += [block.text] if isinstance(block, Prose) else []
            texts += [cell for row in block.rows for cell in row] if isinstance(block, Table) else []
    anchors = {piece.anchor for text in texts for piece in pieces(text) if piece.anchor}
    assert anchors > {"object", "field", "e-ref-003", "function-round"}
    assert anchors - set(whole.homes()) == set()


def test_a_passage_is_cut_from_its_example() -> None:
    passage = passages.passages()["object", "", "unique"]
    text = (passages.FOLDER / passage.file).read_text("utf-8")
    assert passage.text.startswith("unique:\n  - {of:")
    assert all(line.strip() in text for line in passage.text.splitlines())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["E-REF-003"], "An unknown field."),
        (["object.unique"], "No two records agree in these fields."),
        (["money"], "currency"),
        (["round"], "Rounded to decimals"),
        (["--functions"], "## Aggregates"),
        (["--problems"], "### E-YAML-001"),
        (["--language"], "## flow step"),
    ],
)
def test_the_command_says_it(words: list[str], said: str) -> None:
    answer = CliRunner().invoke(formwork, ["reference", *words])
    assert answer.exit_code == 0, answer.output
    assert said in answer.output


def test_the_command_knows_what_was_meant() -> None:
    answer = CliRunner().invoke(formwork, ["reference", "roundd"])
    assert answer.exit_code == 2
    assert "did you mean `round`" in answer.output


def test_a_table_keeps_its_bars() -> None:
    assert markdown.inline("a | b `c` [d](e-ref-003)", "language", whole.homes()) == (
        "a \\| b `c` [d](problems.md#e-ref-003)"
    )
