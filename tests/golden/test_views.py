"""What the checker says about calendars, timelines, galleries and trees: input, places, codes."""

from __future__ import annotations

import pytest

from engine.definitions.compile import problems_of

ORDER = """\
app: shop
languages: [en]
roles: {clerk: Clerk}
objects:
  order:
    fields:
      code: text
      day: date
      last: date
      moment: datetime
      stay: range
      seats: {type: range, of: integer}
      kind: {type: choice, options: {a: A, b: B}}
      above: {type: link, to: order, tree: true}
      other: {type: link, to: order}
      live: {formula: today(), type: date}
      photo: image
      lines: {type: lines, fields: {qty: quantity, due: date}}
    states: {open: Open, done: {final: true}}
    actions: {close: {from: open, to: done}}
    views:
      v: {%s, name: V}
access: {any: {clerk: full}}
"""
WRONG = {
    "calendar: day, until: moment": ("E-VIW-001", "until: ", "of the same type as `day`"),
    "calendar: stay, until: day": ("E-VIW-001", "until", "leave `until` out"),
    "calendar: seats": ("E-VIW-001", "calendar", "a day, a moment or a range"),
    "calendar: lines.due": ("E-VIW-001", "calendar: ", "a field of order itself"),
    "calendar: code": ("E-VIW-001", "calendar: ", "`code` is text"),
    "timeline: live": ("E-VIW-005", "", "worked out anew"),
    "timeline: day, until: live": ("E-VIW-005", "", "cannot stand on `live`"),
    "timeline: day, group: code": ("E-VIW-001", "group: ", "the state"),
    "timeline: day, until: nosuch": ("E-REF-003", "until: ", "no field `nosuch`"),
    "tree: other": ("E-VIW-001", "tree: ", "`tree: true`"),
    "tree: kind": ("E-VIW-001", "tree: ", "a link to order itself"),
    "tree: above, group: kind": ("N-INACTIVE", "group", "not yet active"),
    "gallery: [code, photo]": ("E-VIW-001", "gallery: [", "begins with a picture"),
    "gallery: [photo, cod]": ("E-REF-003", "photo, ", "no field `cod`"),
    'gallery: [photo], title: "{cod}"': ("E-NAM-001", "{", "cod"),
    "calendar: day, color: code": ("E-VIW-001", "color: ", "`code` is text"),
}
RIGHT = (
    "calendar: day, until: last, color: kind, card: [code], title: '{code} {kind}'",
    "calendar: moment", "calendar: stay",
    "timeline: stay, group: state, color: state", "timeline: day, until: last, group: other",
    "tree: above, card: [code, day], color: kind", "gallery: [photo, code], card: [kind], color: state",
)


@pytest.mark.parametrize("view", WRONG)
def test_a_view_that_cannot_be(view: str) -> None:
    code, before, said = WRONG[view]
    (problem,) = problems_of(ORDER % view)
    line = (ORDER % view).splitlines()[problem.at.line - 1]
    assert (problem.code, problem.at.line) == (code, 22)
    assert said in f"{problem.message} {problem.hint}"
    place = line.index("{") if not before else line.rindex(before)
    pointed = place + (len(before) if before.endswith((" ", "[", "{")) else 0) + 1
    assert problem.at.column == pointed, line[problem.at.column - 1 :]


@pytest.mark.parametrize("view", RIGHT)
def test_a_view_that_can_be(view: str) -> None:
    assert not problems_of(ORDER % view)
