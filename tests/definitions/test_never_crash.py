"""Hostile and random texts: always problems, soon, never an exception."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definitions.compile import load, problems_of
from engine.definitions.language import SHAPES

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
)
HOSTILE = {
    "brackets": "[" * 200_000,
    "braces": "{" * 200_000,
    "maps in maps": "{a: " * 50_000,
    "dashes": "- " * 100_000,
    "question marks": "? " * 100_000,
    "ten thousand deep": "\n".join(" " * depth + "a:" for depth in range(1400)),
    "a bomb of aliases": LAUGHS,
    "tabs": "\t" * 10_000,
    "tabs in maps": "app: x\n\tobjects:\n\t\ta: b\n",
    "binary": "\x00\x01\x02\xff" * 1000,
    "surrogates": "app: \ud800",
    "escaped surrogates": 'app: "\\ud800"',
    "quotes": '"' * 100_001,
    "colons": ": " * 100_000,
    "percents": "%" * 100_000,
    "a huge number": "app: " + "9" * 900_000,
    "a huge name": "app: " + "a" * 900_000,
    "many keys": "".join(f"k{n}: {n}\n" for n in range(60_000)),
    "many documents": "---\na: b\n" * 50_000,
    "a long expression": "app: x\nobjects: {a: {fields: {b: {type: text, formula: " + "(" * 1900 + "}}}}",
    "a directive": "%YAML 9.9\n---\napp: x",
    "a tag": "!!python/object/apply:os.system ['true']",
    "a list": "[app, objects]",
    "a text": "hello",
    "nothing": "",
    "fields taken over by many": "app: x\nobjects:\n  o0: {fields: {"
    + ", ".join(f"f{n}: text" for n in range(400))
    + "}}\n"
    + "".join(f"  o{n}: {{like: o0}}\n" for n in range(1, 200)),
    "groups of groups": "app: x\nobjects: {a: {fields: {b: g8}}}\ntypes:\n  g0: {fields: {a: text, b: text}}\n"
    + "".join(f"  g{n}: {{fields: {{{', '.join(f'f{m}: g{n - 1}' for m in range(8))}}}}}\n" for n in range(1, 9)),
    "a title of many holes": f"app: x\nobjects: {{a: {{title: '{'{a}' * 60_000}', fields: {{a: text}}}}}}",
    "many unknown keys": "app: x\nobjects: {a: {fields: {a: text}, "
    + ", ".join(f"k{n}: 1" for n in range(20_000))
    + "}}",
    "many states and actions": "app: x\nobjects:\n  a:\n    fields: {a: text}\n    states: {"
    + ", ".join(f"s{n}: S" for n in range(200))
    + "}\n    actions:\n"
    + "".join(f"      a{n}: {{from: [{', '.join(f's{m}' for m in range(200))}], to: s{n}}}\n" for n in range(100)),
    "many states in a row": "app: x\nobjects:\n  a:\n    fields: {a: text}\n    states: {"
    + ", ".join(f"s{n}: S" for n in range(1000))
    + "}\n    actions:\n"
    + "".join(f"      a{n}: {{from: s{n}, to: s{n + 1}}}\n" for n in range(998, -1, -1)),
    "a byte order mark": "\ufeffapp: x\nobjects: {a: {fields: {b: text}}}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_give_problems_fast(name: str) -> None:
    began = time.process_time()
    problems = problems_of(HOSTILE[name])
    assert problems
    assert time.process_time() - began < 3  # of the processor: other work on the machine does not count
    assert all(problem.at.line >= 1 and problem.at.column >= 1 and problem.message for problem in problems)


WORDS = sorted({key for shape in SHAPES.values() for key in (*shape.keys, *shape.variants)})
TEXTS = st.sampled_from(
    [
        "true",
        "false",
        "qty",
        "text",
        "money",
        "link",
        "lines",
        "a",
        "b",
        "a.b",
        "=today()",
        "=",
        "sum(lines.qty) > 3",
        "role(x)",
        "{a}",
        "",
        "~",
        "draft",
        "0",
        "-1",
        "x where y",
        "stock.qty",
        "every date",
        "this",
        "[",
        "订单",
    ]
)
KEYS = st.one_of(st.sampled_from(WORDS), st.sampled_from(["a", "b", "zh", "en", "order", "stock"]))
TREES = st.recursive(
    TEXTS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=5)), max_leaves=25
)


@given(
    st.dictionaries(st.sampled_from(sorted(SHAPES["app"].keys)), st.dictionaries(KEYS, TREES, max_size=3), max_size=6)
)
def test_random_trees_never_raise(tree: dict[str, object]) -> None:
    loaded = load({"app.yaml": json.dumps({"app": "x", **tree})})
    assert loaded.app is not None or loaded.errors


@given(st.text(max_size=200))
def test_random_texts_never_raise(text: str) -> None:
    loaded = load({"app.yaml": "app: x\nobjects:\n  a: {fields: {b: text}}\n" + text})
    assert loaded.app is not None or loaded.errors


EXAMPLE = """\
app: shop
languages: [zh, en]
roles: {boss: {zh: 老板}}
objects:
  order:
    key: number
    fields:
      number: {type: autonumber, format: "SO{seq:4}", at: submit}
      customer: {type: link, to: customer, required: true}
      lines: {type: lines, fields: {product: {type: link, to: product}, qty: {type: quantity, min: 1},
          price: {copy: product.price}}}
      total: {formula: "sum(lines, qty * price)", type: money}
    states: {draft: 草稿, pending: {zh: 待审}, done: {zh: 完成, final: true}, big: {within: done, when: total > 3}}
    effective: [pending, done]
    actions:
      submit: {from: draft, to: pending, start: approval, checks: [{that: total > 0, else: approve, called: small}]}
      approve: {from: pending, to: done, by: flow}
      reject: {from: pending, to: draft, by: flow}
    posts: [{to: stock, each: lines where qty > 0, keys: {product: product}, add: {reserved: qty}}]
  customer: {key: name, fields: {name: {type: text, unique: true}}}
  product: {key: name, fields: {name: {type: text, unique: true}, price: money, free: {balance: stock.free}}}
registers:
  stock:
    keys: {product: {type: link, to: product}}
    measures: {on_hand: quantity, reserved: quantity}
    formulas: {free: on_hand - reserved}
    guards: [{that: free >= 0, say: "{product}: {need}"}]
flows:
  approval: {of: order, steps: [{approve: boss, by: role(boss), when: raised(small)}], on_approved: approve,
      on_rejected: reject}
reports:
  sales: {from: order, by: {customer: customer}, show: {total: sum(total)}, sort: -total}
alerts: {low: {over: stock, when: free < 3, say: "{product}", to: role(boss)}}
dashboards: {board: {cards: [{number: sum(stock.free)}, {bar: sales, x: customer, y: total}, {list: order}]}}
access: {any: {boss: full}}
"""


@given(
    st.integers(0, len(EXAMPLE) - 1),
    st.sampled_from(["", "{", "}", "[", ",", ":", "'", '"', "(", "x", " ", "\n", "#", "=", "."]),
)
def test_every_slip_of_a_finger_is_survived(place: int, typed: str) -> None:
    loaded = load({"app.yaml": EXAMPLE[:place] + typed + EXAMPLE[place + 1 :]})
    assert loaded.app is not None or loaded.errors


@given(st.integers(0, len(EXAMPLE)))
def test_every_beginning_of_a_text_is_survived(length: int) -> None:
    loaded = load({"app.yaml": EXAMPLE[:length]})
    assert loaded.app is not None or loaded.errors


def test_the_example_itself_is_sound() -> None:
    assert not [problem for problem in problems_of(EXAMPLE) if problem.severity == "error"]


def test_formulas_that_fan_out_are_followed_once() -> None:
    def fan(wrap: str) -> str:
        return "".join(f"      {x}{n}: {{formula: 'a{n - 1} + b{n - 1}'{wrap}}}\n" for n in range(1, 60) for x in "ab")

    text = (
        "app: shop\nobjects:\n  order:\n    fields:\n      a0: money\n      b0: money\n"
        + fan("")
        + "    posts: [{to: r, add: {m: a59}}]\nregisters:\n  r:\n    keys: {order: {type: link, to: order}}\n"
        "    measures: {m: money, a0: money, b0: money}\n    formulas:\n" + fan("")
    )
    began = time.process_time()
    assert {problem.code for problem in problems_of(text)} == {"W-ACC-001", "W-REG-002"}
    assert time.process_time() - began < 3  # of the processor: other work on the machine does not count


def test_formulas_in_a_long_chain() -> None:
    chain = "".join(f"      a{n}: {{formula: a{n - 1} + 1, type: integer}}\n" for n in range(2999, 0, -1))
    loaded = load({"app.yaml": "app: shop\nobjects:\n  order:\n    fields:\n      a0: integer\n" + chain})
    assert loaded.app is None
    assert [problem.code for problem in loaded.problems] == ["E-APP-004"]
