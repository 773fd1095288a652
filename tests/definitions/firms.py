"""A firm whose customers come from a file that it includes under two names."""

from __future__ import annotations

FIRM = """\
app: firm
name: Firm
include: {crm: parts/crm.yaml, abroad: parts/crm.yaml}
roles: {boss: {name: Boss, includes: [crm.sales]}}
objects:
  order:
    title: "{number}"
    fields:
      number: text
      customer: {type: link, to: crm.customer, back: orders}
      lines: {type: lines, fields: {visit: {type: link, to: crm.visit.lines}, qty: integer}}
      vip: {formula: "customer.vip or count(crm.customer where vip) > 3"}
      points: {formula: "sum(crm.points.earned where customer = this.customer)"}
      grade: {formula: crm.graded(customer.visits), type: text}
    states: {draft: Draft, done: {name: Done, final: true}}
    effective: done
    actions:
      finish: {from: draft, to: done}
      end: {from: draft, to: done, by: role(crm.sales)}
    posts: [{to: crm.points, keys: {customer: customer}, add: {earned: 1}}]
access:
  order: {boss: full}
  crm.any: {boss: full}
menu: [order, crm.customer, crm.customer.open, crm.points, crm.top, abroad.customer]
tests:
  an order counts for its customer:
    - {as: li, create: crm.customer, with: {name: Ann, vip: true}, called: ann}
    - {create: order, with: {number: A1, customer: Ann}, called: o}
    - {act: end}
    - expect:
        - sum(crm.points.earned where customer = ann) = 1
        - o.points = 1
        - ann is crm.customer
        - count(all crm.customer) = 2
        - count(movements of crm.points) = 1
        - o.grade = 'new'
"""

CRM = """\
roles: {sales: Sales}
types: {level: {type: choice, options: {low: Low, high: High}}}
objects:
  base: {abstract: true, fields: {name: {type: text, required: true, unique: true, search: true}}}
  customer:
    like: base
    key: name
    title: "{name}"
    fields:
      vip: boolean
      level: level
      visits: {formula: count(visit where customer = this), type: integer}
      earned: {balance: points.earned}
      above: {type: link, to: customer, tree: true}
      grade: {formula: graded(visits)}
    views: {open: {list: [name], where: vip}}
  visit:
    fields:
      customer: {type: link, to: customer, required: true}
      day: {type: date, default: =today()}
      lines: {type: lines, fields: {topic: text}}
    states: {planned: Planned, held: {name: Held, final: true}}
    effective: held
    actions:
      pass: {from: planned, to: held, by: flow}
      ask: {from: planned, to: planned, start: check}
      hold: {from: planned, to: held, by: role(sales)}
    posts: [{to: points, keys: {customer: customer}, add: {earned: 10}}]
registers:
  points:
    keys: {customer: {type: link, to: customer}}
    measures: {earned: integer}
    dated: false
    guards: [{that: earned >= 0, for: [visit]}]
decisions:
  graded: {inputs: {visits: integer}, gives: text, formula: "if(visits > 2, 'known', 'new')"}
flows:
  check: {of: visit, steps: [{approve: boss, by: role(sales)}], on_approved: pass, on_rejected: pass}
reports:
  top: {from: points, show: {customer: customer, earned: sum(earned)}, by: {customer: customer}}
dashboards:
  desk:
    cards:
      - {bar: top, name: Top, x: customer, y: earned}
      - {list: customer, name: All, drill: customer}
      - {number: count(visit), name: Visits}
alerts: {many: {over: points, when: earned > 100, say: "{customer}", to: [{who: role(sales)}]}}
automations: {again: {entered: visit.held, do: [{ensure: customer, key: {name: Later}}]}}
access:
  any: {sales: full}
  order: {sales: full}
menu: [customer, visit, {of: desk}]
data: {customer: [{name: House}]}
samples: {people: [{id: li, role: sales, roles: [sales]}]}
tests:
  a visit earns points:
    - {as: li, create: customer, with: {name: Bob}, called: bob}
    - {create: visit, with: {customer: Bob}, called: v}
    - {act: hold}
    - {expect: ["sum(points.earned where customer = bob) = 10", "bob.visits = 1", "v is visit"]}
"""
