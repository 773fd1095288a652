"""A firm whose visits, jobs, goods and places are looked at in calendars, timelines, galleries and trees."""

from __future__ import annotations

FIRM = """
app: shop
languages: [en, zh]
timezone: Asia/Shanghai
calendar: office
calendars:
  office: {week: {mon-fri: "9:00-12:00, 13:00-18:00"}, closed: all holiday, open: all workday}
roles: {sales: {zh: 销售, en: Sales}, manager: {zh: 经理, en: Manager, includes: [sales]}, store: {zh: 仓管, en: Store}}
objects:
  holiday: {name: {zh: 假日, en: Holiday}, fields: {day: {type: date, required: true, zh: 日, en: Day}}}
  workday: {name: {zh: 补班, en: Workday}, fields: {day: {type: date, required: true, zh: 日, en: Day}}}
  visit:
    name: {zh: 拜访, en: Visit}
    plural: {zh: 拜访, en: Visits}
    title: "{subject}"
    fields:
      subject: {type: text, required: true, search: true, zh: 主题, en: Subject}
      day: {type: date, zh: 日期, en: Day}
      begin: {type: datetime, zh: 时间, en: Begin}
      stay: {type: range, zh: 期间, en: Stay}
      photo: {type: image, zh: 照片, en: Photo}
      kind:
        {type: choice, zh: 类型, en: Kind, options: {call: {zh: 电话, en: Call, color: blue},
          trip: {zh: 出差, en: Trip, color: green}}}
      secret: {type: date, zh: 秘密日, en: Secret day}
      costs: {type: lines, zh: 费用, en: Costs, fields: {cost: {type: money, zh: 金额, en: Cost}}}
    checks:
      - {that: "day is blank or weekday(day, 2) < 7", at: day, say: {zh: 周日不拜访, en: Nobody is visited on a Sunday}}
      - that: "day is blank or weekday(day, 2) < 6"
        at: day
        level: warning
        called: late_week
        say: {zh: 是周六, en: It is a Saturday}
    states: {open: {zh: 待办, en: Open}, done: {zh: 完成, en: Done, final: true}}
    actions: {finish: {from: open, to: done, zh: 完成, en: Finish}}
    views:
      all: {list: [subject, day, kind], zh: 全部, en: All}
      days: {calendar: day, color: kind, card: [kind, begin], zh: 日历, en: Days}
      board: {kanban: state, card: [day], zh: 看板, en: Board}
      moments: {calendar: begin, zh: 时间, en: Moments}
      stays: {calendar: stay, zh: 期间, en: Stays}
      secrets: {calendar: secret, zh: 秘密, en: Secrets}
      priced: {calendar: day, title: "{subject} {sum(costs.cost)}", zh: 费用, en: Priced}
      plan: {timeline: stay, group: kind, color: kind, zh: 计划, en: Plan}
      called: {gallery: [photo, kind], title: "{subject} ({kind})", zh: 图册, en: Pictures}
  job:
    name: {zh: 任务, en: Job}
    plural: {zh: 任务, en: Jobs}
    title: "{name}"
    fields:
      name: {type: text, required: true, zh: 名称, en: Name}
      starts: {type: date, zh: 开始, en: Starts}
      ends: {type: date, min: starts, zh: 结束, en: Ends}
    views:
      plan: {timeline: starts, until: ends, default: true, zh: 计划, en: Plan}
      all: {list: [name], zh: 全部, en: All}
  place:
    name: {zh: 部门, en: Place}
    plural: {zh: 部门, en: Places}
    title: "{name}"
    fields:
      name: {type: text, required: true, search: true, zh: 名称, en: Name}
      above: {type: link, to: place, tree: true, zh: 上级, en: Above}
      hidden: {type: boolean, default: false, zh: 隐藏, en: Hidden}
    views:
      tree: {tree: above, sort: name, default: true, zh: 层级, en: Tree}
      all: {list: [name, above], zh: 全部, en: All}
access:
  holiday: {sales: full}
  workday: {sales: full}
  visit: {sales: {see: true, create: true, edit: true, hide: [secret, costs.cost]}, manager: full, store: {see: true}}
  job: {sales: full}
  place: {sales: {see: not hidden, create: true, edit: true}, manager: full}
"""
