"""Reading text into a located tree: YAML 1.2 meaning, places, JSON."""

from __future__ import annotations

from pathlib import Path

from engine.cli.definitions import excerpt
from engine.definitions.compile import load
from engine.definitions.nodes import Map, Scalar, to_plain
from engine.definitions.source import decode, read


def tree(text: str) -> Map:
    found, problems = read(text, "f.yaml")
    assert found is not None and not problems
    return found


def test_only_true_and_false_are_booleans() -> None:
    text = "a: on\nb: no\nc: true\nd: 012\ne: 1:30\nf: 2026-01-01\ng: 5\nh: ~\ni: '5'\nj: 1_000\nk: 0x1F\nl: yes\nm:\n"
    assert to_plain(tree(text)) == {
        "a": "on",
        "b": "no",
        "c": True,
        "d": "012",
        "e": "1:30",
        "f": "2026-01-01",
        "g": 5,
        "h": None,
        "i": "5",
        "j": "1_000",
        "k": "0x1F",
        "l": "yes",
        "m": None,
    }


def test_every_node_and_key_knows_its_place() -> None:
    root = tree("a:\n  中文: [x, {b: 'y'}]\n")
    inner = root.get("a")
    assert isinstance(inner, Map)
    assert (inner.key_at("中文").line, inner.key_at("中文").column, inner.key_at("中文").path) == (2, 3, "a.中文")
    listed = inner.get("中文")
    last = listed.items[1].get("b")  # type: ignore[union-attr]
    assert isinstance(last, Scalar)
    assert (last.at.line, last.at.column, last.at.path) == (2, 15, "a.中文.1.b")
    assert last.body.column == 16 and not last.plain


def test_a_block_of_text_begins_on_its_next_line() -> None:
    node = tree("a: >-\n    one\n    two\n").get("a")
    assert isinstance(node, Scalar)
    assert (node.text, node.body.line, node.body.column) == ("one two", 2, 5)


def test_json_is_read_too() -> None:
    text = '{\n\t"app": "shop",\n\t"n": [1, true, null, "\\u8ba2\\ud83d\\ude00 \\/"]\n}'
    assert to_plain(tree(text)) == {"app": "shop", "n": [1, True, None, "订😀 /"]}


def test_bytes_with_and_without_a_mark() -> None:
    assert decode(b"\xef\xbb\xbfapp: x", "f") == ("app: x", [])
    assert decode("名: x".encode(), "f") == ("名: x", [])
    assert decode(b"a: 1\nb: \xff", "f")[1][0].at.line == 2


def test_a_comma_that_cut_a_text_is_reported_at_its_beginning_and_mended() -> None:
    found, problems = read("a: {formula: max(a, b, c), type: money}\n", "f")
    assert {(problem.code, problem.at.line, problem.at.column) for problem in problems} == {("E-YAML-011", 1, 14)}
    assert to_plain(found) == {"a": {"formula": "max(a, b, c)", "type": "money"}}


def test_what_is_wrong_is_marked_as_wide_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(
        "app: shop\naccess: {any: {everyone: full}}\nobjects:\n  order:\n    fields:\n"
        '      数量: {formula: "1 +\\t数料", typo: x}\n      total: {formula: "a\\"b"}\n',
        "utf-8",
    )
    shown = [excerpt(problem, tmp_path).splitlines() for problem in load(file).problems]
    assert [(below.find("^"), below.count("^")) for _, below in shown] == [(32, 4), (39, 4), (29, 1)]
