"""What `--coverage` counts as reached, and what it says of the rest."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.builder import trials
from engine.builder.coverage import KINDS, WATCHED, Coverage
from engine.cli.main import formwork
from engine.definitions import access, automations, flows, objects, registers
from engine.definitions.compile import app_from

APP = """\
app: shop
roles: {sales: {}, boss: {}}
objects:
  order:
    key: code
    fields:
      code: {type: text, unique: true}
      qty: {type: integer}
      kind: {formula: "size(qty)", type: text}
      kept: boolean
    checks: [{that: qty < 50, when: qty > 0, say: too many}]
    states:
      draft: {}
      waiting: {}
      sent: {final: true}
      large: {within: sent, when: qty > 20}
    actions:
      submit: {from: draft, to: waiting, when: qty is not blank, start: approval, do: [{set: {code: b}, when: qty = 7}]}
      send: {from: waiting, to: sent, by: flow}
      back: {from: waiting, to: draft, by: flow}
      forget: {from: draft, to: sent}
    effective: sent
    posts: [{to: stock, add: {qty: -qty}, while: qty > 1}]
registers:
  stock: {keys: {order: {type: link, to: order}}, measures: {qty: quantity}, guards: [qty >= -40]}
decisions:
  size:
    inputs: {n: integer}
    gives: text
    rows: [[blank, none], ["<= 10", small]]
    otherwise: large
flows:
  approval:
    of: order
    steps:
      - branch:
          - {when: qty > 30, steps: [{approve: chief, by: role(boss)}]}
          - {else: [{approve: clerk, by: role(sales), when: qty > 5}]}
    on_approved: send
    on_rejected: back
alerts:
  many: {over: order, when: qty > 25, say: many, to: role(boss)}
automations:
  note: {entered: order.sent, when: qty > 19, do: [{set: {kept: true}}]}
access:
  order: {sales: {see: creator = me or qty > 40, create: true, edit: creator = me}, boss: full}
  stock: {boss: {see: true}}
samples: {people: [{id: ann, role: sales}, {id: sam, role: sales}, {id: bob, role: boss}]}
tests:
"""
SMALL = """\
  a small order:
    - {as: ann, create: order, with: {code: a, qty: 3}, called: o}
    - {act: submit}
    - {expect: o.status = 'sent'}
"""
ALL = SMALL + """\
  many orders:
    - {as: ann, create: order, with: {code: a, qty: 60}, refused: too many}
    - {create: order, with: {code: a}, called: n}
    - {cannot: submit, of: n}
    - {expect: n.kind = 'none'}
    - {as: sam, cannot: see, of: n}
    - {as: ann, create: order, with: {code: c, qty: 7}, called: o}
    - {act: submit}
    - {reject: clerk, of: o}
    - {create: order, with: {code: d, qty: 45}, called: l}
    - {expect: l.kind = 'large'}
    - {as: sam, can: see, of: l}
    - {cannot: edit, of: l}
    - {as: ann, can: edit, of: l}
    - {act: submit, of: l}
    - {as: bob, approve: chief, of: l, refused: true}
    - {as: ann, create: order, with: {code: e, qty: 31}, called: m}
    - {act: submit, of: m}
    - {as: bob, approve: chief, of: m}
    - {fires: many, of: m}
    - {as: ann, create: order, with: {code: f, qty: 1}}
    - {act: submit}
    - {create: order, with: {code: g, qty: 1}}
    - {act: forget}
"""


def reached(tests: str) -> Coverage:
    coverage = Coverage()
    results = list(trials.run(app_from(APP + tests), coverage=coverage))
    assert [result.problem for result in results] == [""] * len(results)
    return coverage


def test_what_one_small_order_reaches() -> None:
    missing = {(place.kind, place.text): place.missing for place in reached(SMALL).unreached()}
    assert missing == {
        ("checks", "qty < 50"): ("failed",),
        ("branches", "qty > 0"): ("false",),
        ("states", "qty > 20"): ("true",),
        ("branches", "qty is not blank"): ("false",),
        ("branches", "qty = 7"): ("true",),
        ("actions", "back"): ("taken",),
        ("actions", "forget"): ("taken",),
        ("branches", "qty > 1"): ("false",),
        ("guards", "qty >= -40"): ("failed",),
        ("decisions", "size, row 1"): ("chosen",),
        ("decisions", "size, otherwise"): ("chosen",),
        ("branches", "qty > 30"): ("true",),
        ("steps", "approval.chief"): ("reached",),
        ("steps", "approval.clerk"): ("reached",),
        ("branches", "qty > 5"): ("true",),
        ("alerts", "qty > 25"): ("fired",),
        ("access", "creator = me"): ("denied",),
        ("access", "creator = me or qty > 40"): ("denied",),
        ("branches", "qty > 19"): ("true",),
    }


def test_everything_can_be_reached() -> None:
    coverage = reached(ALL)
    assert [(place.text, place.missing) for place in coverage.unreached()] == []
    assert coverage.percent() == 100
    assert all(everything for _, everything in coverage.counts().values())
    assert tuple(coverage.counts()) == KINDS


CONDITIONS = ("when", "unless", "each_when", "effective_while", "test")
NOT_RUN = ("KeyFigure",)                       # shown on pages, which no test opens


def test_every_condition_of_the_model_is_watched() -> None:
    named = (access, automations, flows, objects, registers)
    parts = {one for module in named for one in vars(module).values() if isinstance(one, type) and is_dataclass(one)}
    conditions = {(part, one.name) for part in parts for one in fields(part) if one.name in CONDITIONS}
    missing = [(part.__name__, name) for part, name in conditions - set(WATCHED) if part.__name__ not in NOT_RUN]
    assert missing == []


def test_places_are_those_of_the_definition() -> None:
    lines = APP.splitlines()
    for place in reached(SMALL).unreached():
        if place.kind in ("branches", "guards", "checks", "access", "states", "alerts"):
            assert lines[place.at.line - 1][place.at.column - 1 :].startswith(place.text)


def run(tmp_path: Path, *arguments: str) -> Result:
    file = tmp_path / "shop.yaml"
    file.write_text(APP + SMALL, encoding="utf-8")
    return CliRunner().invoke(formwork, ["test", str(file), *arguments], standalone_mode=False)


def test_the_command_tells_places_and_shares(tmp_path: Path) -> None:
    answer = run(tmp_path, "--coverage")
    assert answer.return_value == 0
    assert "shop.yaml:11:21: checks: qty < 50: never failed" in answer.output
    assert "checks        1 of 2" in answer.output


def test_an_app_without_tests_reaches_nothing(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(APP[: APP.index("tests:")], encoding="utf-8")
    answer = CliRunner().invoke(formwork, ["test", str(file), "--fail-under", "1"], standalone_mode=False)
    assert answer.return_value == 1
    assert f"coverage{0:21.1f} %" in answer.output


def test_after_a_failure_only_shares_are_told(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(APP + SMALL + "  it fails:\n    - {expect: 1 = 2}\n", encoding="utf-8")
    answer = CliRunner().invoke(formwork, ["test", str(file), "--coverage"], standalone_mode=False)
    assert "FAILED it fails" in answer.output
    assert ": never " not in answer.output
    assert "checks        1 of 2" in answer.output


@pytest.mark.parametrize(("share", "code"), [("10", 0), ("90", 1)])
def test_too_little_fails(tmp_path: Path, share: str, code: int) -> None:
    assert run(tmp_path, "--fail-under", share).return_value == code


def test_coverage_for_programs(tmp_path: Path) -> None:
    [app] = json.loads(run(tmp_path, "--coverage", "--json").output)["apps"]
    assert app["coverage"]["kinds"]["guards"] == {"reached": 1, "all": 2}
    assert {"line", "column", "kind", "text", "missing"} <= set(app["coverage"]["unreached"][0])
