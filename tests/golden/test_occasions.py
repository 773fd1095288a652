"""What the checker says of forms for an occasion: input, places, codes."""

from __future__ import annotations

import pytest

from tests.golden.marks import marks

APP = """\
app: shop
languages: [en]
roles: {clerk: Clerk}
objects:
  customer: {key: code, fields: {code: {type: text, unique: true}}}
  order:
    fields:
      customer: {type: link, to: customer, required: true}
      number: {type: autonumber, format: "O{seq:4}", required: true}
      day: {type: date, required: true, default: =today()}
      channel: text
      qty: {type: integer, required: true}
    states: {draft: Draft, sent: Sent}
    actions:
      send: {from: draft, to: sent, name: Send}
      ask: {from: draft, to: sent, ask: {why: text}, name: Ask}
      sure: {from: draft, to: sent, confirm: true, name: Sure}
      back: {from: sent, to: draft, name: Back}
      note: {set: {day: =today()}, name: Note}
    forms:
      quick: {name: Quick, %s}
access: {any: {clerk: full}}
"""
GOOD = (
    "fields: [customer, qty]",
    "fields: [qty], before: [{ensure: customer, key: {code: X}, called: c}], set: {customer: =c}",
    "fields: [[customer, qty]], by: role(clerk), acts: [send, note], thanks: '{number}'",
    "fields: [customer, qty], before: [{notify: me, say: '{number}'}]",
    "fields: [{section: A, fields: [customer]}, {tabs: [{name: B, fields: [qty]}]}], acts: []",
)
WRONG = {
    "fields: [customer, qty], before: [{create: order, with: {qty: =qty, customer: =customer}, copy: this}]": [
        "21:62 E-FRM-003",
    ],
    "fields: [customer, qty], before: [{if: qty > 3, then: [{act: note}]}]": ["21:83 E-FRM-003"],
    "fields: [customer]": ["21:14 E-FRM-001"],
    "fields: [customer, qty], acts: [send, back]": ["21:66 E-FRM-002"],
    "fields: [customer, qty], acts: [ask]": ["21:60 E-FRM-002"],
    "fields: [customer, qty], acts: [sure]": ["21:60 E-FRM-002"],
    "fields: [customer, qty], acts: [sned]": ["21:60 E-REF-009"],
    "fields: [customer, qty], by: role(clrk)": ["21:57 E-REF-004"],
    "fields: [customer, qty], thanks: '{nubmer}'": ["21:63 E-NAM-001"],
    "fields: [qty], set: {customer: =c}, before: [{delete: c}]": [
        "21:14 E-FRM-001", "21:60 E-NAM-001", "21:82 E-NAM-001",
    ],
}


@pytest.mark.parametrize("form", GOOD)
def test_a_sound_form(form: str) -> None:
    assert marks(APP % form) == []


@pytest.mark.parametrize("form", WRONG)
def test_a_form_that_cannot_be(form: str) -> None:
    assert marks(APP % form) == WRONG[form]
