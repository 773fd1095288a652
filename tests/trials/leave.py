"""A small app for tests of the test runner, and what came of the tests that are put into it."""

from __future__ import annotations

from engine.builder import trials
from engine.builder.trials import Result
from engine.definitions.compile import app_from

APP = """\
app: leave
roles: {staff: {}, boss: {includes: [staff]}}
objects:
  product: {key: code, title: "{code}", fields: {code: {type: text, unique: true}, price: money}}
  request:
    title: "{id}"
    fields:
      product: {type: link, to: product}
      days: {type: integer, min: 1}
      share: percent
      total: {formula: days * product.price, type: money}
    checks:
      - {that: days < 50, say: too long}
      - {that: days < 40, say: rather long, else: warn, called: long}
      - {that: days != 33, when: state = 'waiting', say: not 33, called: odd, override: role(boss)}
    states: {draft: {}, waiting: {}, granted: {final: true}}
    actions:
      submit: {from: draft, to: waiting, start: approval}
      grant: {from: waiting, to: granted, by: flow}
      refuse: {from: waiting, to: draft, by: flow}
    figures:
      worth: {value: total, mark: {red: total > 10}}
      part: {value: share, when: share > 9%}
reports:
  by_product:
    params: {least: integer}
    from: request where days >= least
    by: {product: product}
    show: {days: sum(days), total: sum(total), part: max(share), on: "max(date(2026, 1, days))", odd: max(days) > 2}
documents:
  slip: {of: request, body: [{heading: "Leave of {days} days"}, {fields: [product, total]}]}
flows:
  approval:
    of: request
    steps: [{approve: boss, by: role(boss), when: days > 1}]
    on_approved: grant
    on_rejected: refuse
alerts:
  long: {over: request, when: days > 20, say: "long {days}", to: [{who: role(boss), via: [inbox, email]}]}
access:
  request:
    staff: {see: creator = me, create: true, print: true, edit: {when: creator = me, fields: [product, days]}}
    boss: full
  product: {staff: {see: true}, boss: full}
samples:
  departments: [{name: house}, {name: shop, above: house}]
  people: [{id: ann, role: staff, department: shop}, {id: bob, roles: [boss], email: bob@example.com, heads: house}]
  rows: {product: [{code: A, price: 5}]}
tests:
  it works:
"""
REQUEST = "    - {as: ann, create: request, called: r, with: {product: A, days: 3, share: 5%}}\n"


def result(steps: str, app: str = APP) -> Result:
    """How a test of these steps went."""
    [found] = trials.run(app_from(app + steps))
    return found
