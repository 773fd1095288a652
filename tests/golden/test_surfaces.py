"""What the checker says about forms and pages for people without an account: codes, places, what is said."""

from __future__ import annotations

import pytest

from engine.definitions.compile import problems_of

APP = """\
app: shop
languages: [en]
roles: {clerk: Clerk}
objects:
  product: {key: name, fields: {name: {type: text, unique: true}}}
  lead:
    fields:
      number: {type: text, required: true}
      size: integer
      paper: {type: file, accept: [pdf]}
      any_paper: file
      keeper: user
      product: {type: link, to: product}
      tail: {formula: "right(number, 4)"}
      slow: {formula: "trim(number) & today()"}
      lines: {type: lines, fields: {code: text}}
      parts: {type: lines, fields: {code: text, proof: {type: file, accept: [pdf]}}}
      hands: {type: lines, fields: {code: text, who: user}}
    %s
access: {any: {clerk: full}}
"""
WRONG = {
    "forms: {f: {fields: number, public: {prefill: size}, name: F}}": ("E-PUB-001", "size}, name"),
    "forms: {f: {fields: [number, keeper], public: true, name: F}}": ("E-PUB-002", "fields: ["),
    "forms: {f: {fields: [number, parts], public: {captcha: true}, name: F}}": ("E-PUB-002", "fields: ["),
    "forms: {f: {fields: [number, hands], public: true, name: F}}": ("E-PUB-002", "fields: ["),
    "forms: {f: {fields: [number, paper], public: true, name: F}}": ("E-PUB-006", "{fields"),
    "forms: {f: {fields: [number, any_paper], public: {captcha: true}, name: F}}": ("E-PUB-006", "{fields"),
    "forms: {f: {fields: size, public: true, name: F}}": ("E-PUB-004", "{fields"),
    "forms: {f: {fields: [number, product], public: true, name: F}}": ("W-PUB-001", "{fields"),
    "forms: {f: {fields: number, public: {limit: often}, name: F}}": ("E-VIW-003", "often"),
    "forms: {f: {fields: number, public: true, acts: [go], name: F}}": ("E-PUB-009", "acts"),
    "forms: {f: {fields: size, name: F}}": ("E-FRM-001", "{fields"),
    "forms: {f: {fields: number, acts: go, name: F}}": ("E-REF-009", "go, name"),
    "views: {v: {list: number, public: {find: number}, name: V}}": ("E-PUB-003", "public"),
    "views: {v: {detail: number, public: {find: size}, name: V}}": ("E-PUB-002", "size}"),
    "views: {v: {detail: product.name, public: {find: number}, name: V}}": ("E-PUB-002", "product.name"),
    "views: {v: {detail: number, public: {find: slow}, name: V}}": ("E-PUB-005", ""),
    "views: {v: {detail: product, public: {find: number}, name: V}}": ("W-PUB-001", "{detail"),
    "views: {v: {detail: number, name: V}}": ("N-INACTIVE", "detail"),
    "forms: {f: {fields: number, public: {by_link: 2 days}, name: F}}": ("E-PUB-007", "by_link"),
    "forms: {f: {fields: number, public: {by_link: 2 days, of: keeper}, name: F}}": ("E-PUB-007", "keeper}"),
    "forms: {f: {fields: number, public: {of: product}, name: F}}": ("E-PUB-007", "product}, name"),
    "forms: {f: {fields: number, public: {once: true}, name: F}}": ("E-PUB-007", "true}, name"),
    "forms: {f: {fields: number, public: {by_link: soon, of: product}, name: F}}": ("E-NAM-001", "soon"),
    "actions: {a: {name: A, do: [{mail: {to: number, link: paper.g}}]}}": ("E-PUB-008", "paper.g"),
}
RIGHT = (
    "forms: {f: {fields: [number, paper], public: {captcha: true}, name: F}}",
    "forms: {f: {fields: [number, lines], public: {captcha: true, limit: 3 per day, prefill: number}, name: F}}",
    "forms: {f: {fields: number, public: {by_link: 2 days, of: product, once: true}, name: F}}",
    "views: {v: {detail: number, public: {by_link: 36 hours}, name: V}}",
    "views: {v: {detail: [number, lines.code], public: {find: [number, tail, lines.code, product.name]}, name: V}}",
)


@pytest.mark.parametrize("declared", WRONG)
def test_a_surface_that_cannot_be(declared: str) -> None:
    code, before = WRONG[declared]
    (problem,) = problems_of(APP % declared)
    line = (APP % declared).splitlines()[problem.at.line - 1]
    assert problem.code == code, str(problem)
    assert not before or problem.at.column == line.index(before) + 1, line[problem.at.column - 1 :]


@pytest.mark.parametrize("declared", RIGHT)
def test_a_surface_that_can_be(declared: str) -> None:
    assert not problems_of(APP % declared)


PORTAL = """\
app: shop
languages: [en]
roles: {clerk: Clerk, partner: {en: Partner, stands_for: customer}}
objects:
  customer: {key: name, fields: {name: {type: text, unique: true}}}
  order: {fields: {customer: {type: link, to: customer}, day: date}}
  day: {fields: {name: text}}
access:
  any: {clerk: full}
  %s
"""
GRANTS = {
    "order: {partner: see}": ["W-ACC-007"],
    "order: {partner: {see: customer = me.customer, edit: day > today()}}": ["W-ACC-007"],
    "customer: {partner: {see: name = 'x'}}": ["W-ACC-007"],
    "customer: {partner: {see: this = me.customer, edit: this = me.customer}}": [],
    "order: {partner: {see: customer = me.customer, create: true}}": [],
    "order: {partner: {see: customer = me.supplier}}": ["E-NAM-002"],
    "day: {partner: see}": [],
}


@pytest.mark.parametrize("grant", GRANTS)
def test_whoever_stands_for_a_customer_is_kept_to_that_one(grant: str) -> None:
    assert [problem.code for problem in problems_of(PORTAL % grant)] == GRANTS[grant]
