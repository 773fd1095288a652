"""What each step of a declared test does, and that it fails where it must."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.builder import trials
from engine.builder.trials import RUNNERS, SAMPLES
from engine.definitions.compile import app_from
from engine.definitions.language.tests import ALONE, TESTSTEP
from tests.trials.leave import APP, REQUEST, result

HOLDS = {
    "figures": "    - {expect: [r.total = 15, r.state = 'draft', r.share = 5%]}\n",
    "opening": "    - {open: r}\n",
    "opening out of sight": "    - {create: product, with: {code: B}, refused: true}\n",
    "the record with a key": (
        "    - {as: bob, ensure: product, key: {code: A}, called: a}\n    - {expect: a = r.product}\n"
    ),
    "no record with a key": (
        "    - {as: bob, ensure: product, key: {code: B}, with: {price: 7}, called: b}\n"
        "    - {expect: [b.price = 7, count(product) = 2]}\n"
    ),
    "rights": "    - {cannot: [delete, grant], of: r}\n    - {can: [see, edit, submit], of: r}\n",
    "rights to create": "    - {can: create, of: request}\n    - {cannot: create, of: product}\n",
    "rights to fields": (
        "    - {can: edit, of: r, fields: days}\n    - {cannot: edit, of: r, fields: [days, share]}\n"
    ),
    "an alert, a notice, a mail": (
        "    - {create: request, called: l, with: {days: 30}}\n    - {fires: long, of: l}\n"
        '    - {told: bob, about: "*30*"}\n    - {told: bob, about: "*30*", via: email}\n    - {not_told: ann}\n'
    ),
    "at once": (
        "    - {at_once: [{update: r, with: {days: 4}}, {as: bob, create: product, with: {code: C}},"
        " {create: request, with: {days: 60}}], succeed: 2}\n    - {expect: [r.days = 4, count(request) = 1]}\n"
    ),
    "a month passes": '    - {wait: 1 month}\n    - {expect: "today() = date(2026, 2, 5)"}\n',
    "a moment": '    - {at: 2026-03-01 14:30}\n    - {expect: ["today() = date(2026, 3, 1)", hour(now()) = 14]}\n',
    "a warning that is accepted": (
        "    - {update: r, with: {days: 45}, refused: rather long}\n    - {update: r, with: {days: 45}, accept: long}\n"
    ),
    "a decision": (
        "    - {act: submit, of: r}\n    - {as: bob, can: approve, of: r}\n    - {approve: boss, note: fine}\n"
        "    - {expect: r.state = 'granted'}\n"
    ),
    "what came back": (
        "    - {act: submit, of: r}\n    - {as: bob, return: boss, of: r, note: fewer}\n"
        "    - {resubmit: r, refused: true}\n    - {as: ann, resubmit: r, with: {days: 60}, refused: too long}\n"
        "    - {resubmit: r, with: {days: 2}, note: two}\n    - {expect: [r.days = 2, r.state = 'waiting']}\n"
        "    - {as: bob, approve: boss, of: r}\n    - {expect: r.state = 'granted'}\n"
    ),
    "a check passed over": (
        "    - {update: r, with: {days: 33}}\n    - {as: ann, act: submit, refused: not 33}\n"
        "    - {as: ann, act: submit, override: because, refused: not 33}\n"
        "    - {as: bob, act: submit, override: because}\n    - {expect: r.state = 'waiting'}\n"
    ),
    "a deletion": "    - {as: bob, delete: r}\n    - {expect: count(request) = 0}\n",
    "the bin and the archive": (
        "    - {as: bob, delete: r}\n    - {as: ann, restore: r, refused: true}\n    - {as: bob, restore: r}\n"
        "    - {expect: count(request) = 1}\n    - {archive: r}\n    - {archive: r, refused: true}\n"
        "    - {update: r, with: {days: 4}, refused: true}\n    - {unarchive: r}\n    - {update: r, with: {days: 4}}\n"
    ),
    "the person who acts": "    - {expect: r.creator = me}\n    - {as: bob, expect: [r.creator != me, me = 'bob']}\n",
    "a head of departments": "    - {expect: \"manager_of(r.creator) = 'bob'\"}\n",
    "a paper": '    - {prints: slip, of: r, has: ["Leave of 3 *", "Product: A"], lacks: "*60*"}\n',
    "a paper that one may not have": "    - {as: bob, prints: slip, of: r, has: Leave of 3 days}\n",
    "a report": (
        "    - {asks: by_product, with: {least: 1}, has: {product: A, days: 3, total: =10 + 5, on: 2026-01-03,"
        " odd: true}, lacks: [{days: 4}, {product: B}], rows: 1}\n"
        "    - {asks: by_product, with: {least: x}, refused: true}\n"
        "    - {asks: by_product, with: {least: 4}, rows: 0}\n"
    ),
    "a report of what the person sees": (
        "    - {as: bob, create: request, with: {product: A, days: 4}}\n"
        "    - {asks: by_product, with: {least: 1}, has: {days: 7, total: 35}}\n"
        "    - {as: ann, asks: by_product, with: {least: 1}, has: {days: 3, total: 15}, rows: 1}\n"
    ),
    "key figures": (
        "    - {shows: worth, of: r, is: 15, color: red}\n    - {shows: worth}\n    - {hides: part}\n"
        "    - {update: r, with: {share: 10%}, refused: true}\n    - {as: bob, update: r, with: {share: 10%}}\n"
        "    - {as: ann, shows: part, is: 10%}\n"
    ),
}
FAILS = {
    "a line that is missing": ("    - {prints: slip, of: r, has: Total}\n", "Total", "Leave of 3 days; Product: A"),
    "a line too much": ('    - {prints: slip, of: r, lacks: "*: A"}\n', "no line like *: A", "Product: A"),
    "a row that is missing": ("    - {asks: by_product, with: {least: 0}, has: [{days: 4}]}\n", "{days: 4}", "days: 3"),
    "no such record": (
        "    - {asks: by_product, with: {least: 0}, has: {product: B}}\n", "{product: B}", "product: A",
    ),
    "a row too much": (
        "    - {asks: by_product, with: {least: 0}, lacks: {days: 3}}\n", "no {days: 3}", "there is one",
    ),
    "more rows": ("    - {asks: by_product, with: {least: 0}, rows: 2}\n", "2", "1: product: A"),
    "another figure": ("    - {shows: worth, of: r, is: 16}\n", "worth is 16", "15"),
    "a figure in another color": ("    - {shows: worth, of: r, color: green}\n", "green", "red"),
    "no figure": ("    - {shows: part, of: r}\n", "part is shown", "it is not"),
    "a figure too much": ("    - {hides: worth, of: r}\n", "worth is not", "15"),
    "a wrong figure": ("    - {expect: r.total = 16}\n", "r.total = 16", "r.total is 15.00"),
    "the part that is wrong": (
        "    - {expect: r.days = 3 and r.total = 16 and r.share > 6%}\n",
        "r.total = 16 and r.share > 6%",
        "r.total is 15.00, r.share is 5%",
    ),
    "both sides": ("    - {expect: r.days > r.product.price}\n", "", "r.days is 3, r.product.price is 5.00"),
    "a choice of words": ("    - {expect: \"r.state in ['granted']\"}\n", "", "r.state is 'draft'"),
    "a record": ("    - {expect: r.creator = 'bob'}\n", "r.creator = 'bob'", "r.creator is ann"),
    "a blank": ("    - {expect: not r.product.code = 'A'}\n", "", "r.product.code is 'A'"),
    "all that is wrong": ("    - {expect: [r.days = 1, r.days = 2]}\n", "r.days = 1; r.days = 2", "r.days is 3"),
    "an error": ("    - {expect: 1 / (r.days - 3) > 0}\n", "", "it cannot be computed: Division by zero"),
    "a refusal": ("    - {update: r, with: {days: 60}}\n", "", ""),
    "another refusal": (
        '    - {update: r, with: {days: 60}, refused: "*short*"}\n',
        "a refusal like *short*",
        "too long",
    ),
    "no refusal": ("    - {update: r, with: {days: 6}, refused: true}\n", "a refusal", "it was done"),
    "a missing right": ("    - {can: grant, of: r}\n", "ann can grant", "no"),
    "a right too much": ("    - {cannot: see, of: r}\n", "ann cannot see", "yes"),
    "a silent alert": ("    - {fires: long}\n", "the alert long fires", "no alert fires"),
    "no notice": ("    - {told: bob}\n", "bob is told *", "nothing"),
    "no task": ("    - {approve: boss}\n", "", ""),
    "nothing that came back": ("    - {resubmit: r}\n", "", ""),
    "too few at once": (
        "    - {at_once: [{update: r, with: {days: 70}}], succeed: 1}\n",
        "1 of 1 succeed",
        "0 (too long)",
    ),
}


@pytest.mark.parametrize("name", HOLDS)
def test_what_holds(name: str) -> None:
    found = result(REQUEST + HOLDS[name])
    assert (found.outcome, found.problem) == ("passed", "")


@pytest.mark.parametrize("name", FAILS)
def test_what_fails(name: str) -> None:
    step, expected, got = FAILS[name]
    found = result(REQUEST + step)
    assert found.outcome == "failed"
    assert found.at.line == len(APP.splitlines()) + 2
    assert found.step == 2
    assert expected in found.expected
    assert got in found.got


def test_somebody_must_not_be_told() -> None:
    found = result("    - {as: ann, create: request, with: {days: 30}}\n    - {not_told: bob}\n")
    assert (found.expected, found.got) == ("bob is not told *", "long 30")


def test_no_mail_leaves_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORMWORK_MAIL", "smtp://nowhere.invalid:1")
    steps = "    - {as: ann, create: request, with: {days: 30}}\n    - {told: bob, via: email}\n"
    assert result(steps).outcome == "passed"


def test_every_step_of_the_language_runs_or_is_skipped() -> None:
    alone = {one.name for one in ALONE}
    for verb in set(TESTSTEP.variants) - set(RUNNERS) - alone:
        assert TESTSTEP.variants[verb].keys[verb].active is False
    assert set(RUNNERS) <= set(TESTSTEP.variants)


def test_every_step_is_described() -> None:
    described = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
    assert [verb for verb in TESTSTEP.variants if not re.search(rf"\b{verb}\b", described)] == []


def test_people_are_chosen_as_on_the_page() -> None:
    old = "{approve: boss, by: role(boss), when: days > 1}"
    new = """{approve: boss, by: chosen(boss), choose: {among: role(boss)}},
      {approve: again, by: chosen(again), choose: {at: boss}}"""
    assert old in APP
    found = result(REQUEST + """\
    - {act: submit, of: r, refused: "*Boss*"}
    - {act: submit, of: r, with: {choose_boss: ann}, refused: true}
    - {act: submit, of: r, with: {choose_boss: bob}}
    - {as: bob, approve: boss, of: r, refused: "*Again*"}
    - {approve: boss, of: r, with: {choose_again: [ann]}}
    - {as: ann, approve: again, of: r}
    - {expect: r.state = 'granted'}
""", APP.replace(old, new))
    assert found.outcome == "passed", found
    for wrong in ("act: submit", "approve: again"):        # it is asked at the step before
        with pytest.raises(ValueError, match="choose_again"):
            result(f"{REQUEST}    - {{{wrong}, of: r, with: {{choose_again: ann}}}}\n", APP.replace(old, new))


def test_a_decision_is_asked_for_and_no_action_that_only_flows_take() -> None:
    app = APP.replace("grant: {from", "approve: {from").replace("on_approved: grant", "on_approved: approve")
    found = result(REQUEST + """\
    - {as: bob, cannot: approve, of: r}
    - {as: ann, act: submit, of: r}
    - {cannot: [approve, reject, return, done], of: r}
    - {as: bob, can: [approve, reject], of: r}
    - {cannot: done, of: r}
    - {approve: boss, of: r}
    - {cannot: approve, of: r}
""", app)
    assert found.outcome == "passed", found


def test_background_jobs_are_done_before_it_is_looked(caplog: pytest.LogCaptureFixture) -> None:
    app = APP.replace("alerts:\n", """automations:
  follow: {created: request, do: [{set: {share: 7%}}, {refuse: odd, when: days = 4}]}
alerts:
""")
    wanted = "    - {expect: r.share = 7%}\n"
    assert result(REQUEST + wanted, app).outcome == "passed"
    found = result(REQUEST.replace("days: 3", "days: 4") + wanted, app)
    assert found.outcome == "failed" and "odd" in found.problem, "what was refused in the background is told"
    assert caplog.text == "", "and told once"


def test_a_step_that_is_not_active_skips_the_test() -> None:
    found = result(REQUEST + "    - {run: chase}\n    - {expect: false}\n")
    assert (found.outcome, found.step, found.at.line) == ("skipped", 2, len(APP.splitlines()) + 2)
    assert "not yet active" in found.skipped


def test_samples_that_the_rules_refuse_are_told_at_their_row() -> None:
    app = APP.replace("rows: {product: [{code: A, price: 5}]}", "rows: {request: [{days: 3}, {days: 60}]}")
    found = result(REQUEST, app)
    assert (found.name, found.outcome) == (SAMPLES, "failed")
    assert "too long" in found.problem
    assert app.splitlines()[found.at.line - 1][found.at.column - 1 :].startswith("{days: 60}")


def test_a_defect_fails_one_test_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(trial: object, step: object) -> None:
        raise ZeroDivisionError("broken")

    monkeypatch.setattr(trials, "RUNNERS", {**RUNNERS, "open": broken})
    app = app_from(APP + REQUEST + "    - {open: r}\n  another: [{expect: true}]\n")
    first, second = trials.run(app)
    assert first.problem == "the engine failed: ZeroDivisionError: broken"
    assert second.outcome == "passed"


def test_each_test_finds_everything_as_it_was() -> None:
    steps = (
        REQUEST + "    - {wait: 3 days}\n    - {as: bob, create: product, with: {code: B}}\n    - {delete: r}\n"
        "    - {expect: [count(product) = 2, count(request) = 0]}\n"
    )
    again = "  once more:\n    - {expect: ['count(product) = 1', 'today() = date(2026, 1, 5)']}\n" + steps
    assert [found.problem for found in trials.run(app_from(APP + steps + again))] == ["", ""]
