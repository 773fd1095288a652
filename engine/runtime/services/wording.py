"""A plan in the words of people: what publishing does to the data, by the labels of the definition. Knows no tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.definitions.app import App
from engine.runtime.storage.operations import Operation, Plan
from engine.texts import Text, plain, say

STATES = say(zh="状态", en="State")
SEARCHED = say(zh="搜索用的文字", en="What it is found by")


@dataclass(frozen=True, slots=True)
class Told:
    """One change: `sentence`; `mark` is blocked, risky or safe; what stands in the way or changes, and the way out."""

    sentence: Text
    mark: str
    reasons: tuple[Text, ...]
    samples: tuple[str, ...]
    hint: Text | None


def told(plan: Plan, after: App, before: App | None) -> list[Told]:
    """Every change of a plan; `before` is the live version, whose labels name what goes."""
    return [_told(operation, after, before) for operation in plan.operations]


def in_short(listed: Sequence[Told]) -> list[Told]:
    """What a person reads first: what stands in the way, what is lost, then the rest; the same is said once."""
    marks = ("blocked", "risky", "safe")
    found: dict[object, Told] = {}
    for one in sorted(listed, key=lambda one: marks.index(one.mark)):
        said = (one.sentence.to("zh"), one.sentence.to("en"), tuple(str(why) for why in one.reasons), one.samples)
        found.setdefault(said, one)
    return list(found.values())


def _told(operation: Operation, after: App, before: App | None) -> Told:
    mark = "blocked" if operation.fails else "risky" if operation.risk else "safe"
    reasons = operation.reasons or tuple(plain(one) for one in operation.fails)
    return Told(_sentence(operation, after, before), mark, reasons, operation.samples, operation.hint)


def _sentence(operation: Operation, after: App, before: App | None) -> Text:
    if operation.told is not None:
        where = _subject(operation, after, before)
        return say(zh="{where}：{what}", en="{where}: {what}", where=where, what=operation.told)
    forms = WAYS.get(operation.kind, WAYS["create index"])
    if not operation.rows:
        forms = WITHOUT.get(operation.kind, forms)
    return forms.filled(
        where=_subject(operation, after, before),
        thing=_thing(operation, after, before),
        rows=f"{operation.rows:,}",
        changed=f"{operation.changed:,}",
        lost=f"{operation.rows - operation.changed:,}",
        was=operation.was,
        into=operation.into,
        tried=_tried(operation),
    )


def _tried(operation: Operation) -> Text:
    if not operation.tried:
        return plain("")
    return say(zh="（试算了前 {n} 条）", en=" (among the first {n} that were tried)", n=f"{operation.tried:,}")


# `fails` stand below the sentence.
WAYS: Mapping[str, Text] = {
    "create table": say(zh="新增“{thing}”", en="{thing} is new"),
    "add column": say(zh="新增 {where}", en="{where} is new"),
    "rename table": say(zh="“{thing}”改名，{rows} 条记录保留", en="{thing} has a new name, its {rows} records stay"),
    "archive table": say(
        zh="以前的“{thing}”名称被占用，其记录归档为 {into}",
        en="{thing} that was is kept as {into}: another takes its name",
    ),
    "rename states": say(
        zh="“{thing}”的状态改名，{rows} 条记录仍在其中",
        en="states of {thing} have new names; {rows} records stay in them",
    ),
    "rename column": say(zh="{where} 由 {was} 改名，值保留", en="{where} was {was} before and keeps its values"),
    "create index": say(zh="“{thing}”更快查找，或不许重复", en="{thing}: found faster, or unique from now on"),
    "drop index": say(zh="“{thing}”去掉一个索引", en="{thing}: an index goes"),
    "archive column": say(
        zh="{where} 不再显示，{rows} 个值归档保留", en="{where} is shown no more; its {rows} values are archived"
    ),
    "drop column": say(zh="{where} 不再会出错", en="{where} can be an error no more"),
    "change type": say(
        zh="{where} 换了类型，{rows} 个值无法转换", en="{where} has another type, to which its {rows} values do not go"
    ),
    "convert column": say(
        zh="{where} 的 {rows} 个值改变小数位或长度", en="{where}: {rows} values get other decimals or lengths"
    ),
    "convert values": say(
        zh="{where} 换了类型：{changed} 个值转换，{lost} 个不行",
        en="{where} has another type: {changed} values are converted, {lost} cannot be",
    ),
    "compute again": say(
        zh="{where}：重新计算 {rows} 条，其中 {changed} 条改变{tried}",
        en="{where}: {rows} computed again, {changed} change{tried}",
    ),
    "restore column": say(zh="{where} 取回归档的 {rows} 个值", en="{where} gets its {rows} archived values back"),
    "fill default": say(zh="{where}：{rows} 条记录填入默认值", en="{where}: the default is filled into {rows} records"),
    "compute default": say(
        zh="{where}：为 {rows} 条记录算出默认值", en="{where}: the default is worked out for {rows} records"
    ),
    "fill links": say(zh="{where} 的 {rows} 个链接保留", en="{where} keeps its {rows} links"),
    "fill states": say(zh="“{thing}”的 {rows} 条记录得到初始状态", en="{rows} records of {thing} get the first state"),
}

# The same where no record has a value.
WITHOUT: Mapping[str, Text] = {
    "archive column": say(zh="{where} 不再显示，原本无值", en="{where} is shown no more; it has no values"),
    "change type": say(zh="{where} 换了类型，原本无值", en="{where} has another type; it has no values"),
    "convert values": say(zh="{where} 换了类型，原本无值", en="{where} has another type; it has no values"),
}


def _thing(operation: Operation, after: App, before: App | None) -> Text:
    for app in filter(None, (after, before)):
        found: Any = app.objects.get(operation.thing) or app.registers.get(operation.thing)
        if found is not None:
            label: Text = found.label
            return label if not getattr(found, "owner", "") else say(
                zh="{owner}的{label}", en="{label} of {owner}", owner=app.objects[found.owner].label, label=label
            )
    return plain(operation.thing or operation.table)


def _subject(operation: Operation, after: App, before: App | None) -> Text:
    """`Total of Order`: the field with what it belongs to."""
    if operation.name in ("", "rows"):
        return _thing(operation, after, before)
    return say(zh="{thing}的“{field}”", en="{field} of {thing}", thing=_thing(operation, after, before),
               field=_field(operation, after, before))


def _field(operation: Operation, after: App, before: App | None) -> Text:
    name = operation.name.partition("__")[0]
    if name in ("state", "status"):
        return STATES
    if name == "search_text":
        return SEARCHED
    for app in filter(None, (after, before)):
        obj = app.objects.get(operation.thing)
        if obj is not None and name in obj.fields:
            return obj.fields[name].label
        register = app.registers.get(operation.thing)
        if register is not None and name in (*register.keys, *register.measures):
            return (register.keys.get(name) or register.measures[name]).label
    return plain(name)


def document(operation: Operation, told: Told) -> dict[str, Any]:
    """An operation for programs: `formwork plan --json`."""
    return {
        "kind": operation.kind, "thing": operation.thing, "table": operation.table, "name": operation.name,
        "was": operation.was, "rows": operation.rows, "changed": operation.changed, "tried": operation.tried,
        "risk": operation.risk, "fails": list(operation.fails), "samples": list(operation.samples),
        "hint": "" if operation.hint is None else operation.hint.to("en"),
        "sentence": {language: told.sentence.to(language) for language in ("zh", "en")},
    }
