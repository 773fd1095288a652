"""The site's events and the audit trail for administrators: in words, filtered, page by page. Knows no request."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from engine.digits import whole
from engine.locales import show_date, show_instant
from engine.runtime.services import events
from engine.runtime.services.site import Site
from engine.runtime.storage import audit_rows, event_rows
from engine.runtime.storage.live import Live
from engine.runtime.storage.trails import Asked
from engine.runtime.web.present import addresses, ownership
from engine.runtime.web.present.places import Choice, Tab
from engine.texts import Text, listed, say

URL = "/events/"
ALL, RECORDS = say(zh="全部", en="All"), say(zh="业务数据", en="Records")
PER_PAGE = 50
FILTERS = ("group", "person", "app", "since", "until")
DONE = {
    "created": say(zh="新建", en="created"), "updated": say(zh="修改", en="changed"),
    "deleted": say(zh="删除", en="deleted"), "action": say(zh="执行动作", en="took an action"),
    "restored": say(zh="恢复", en="brought back"), "purged": say(zh="彻底删除", en="took out for good"),
    "archived": say(zh="归档", en="archived"), "unarchived": say(zh="取消归档", en="took out of the archive"),
    "shared": say(zh="共享", en="shared"), "unshared": say(zh="停止共享", en="stopped sharing"),
    "anonymised": say(zh="匿名化", en="anonymised"), "flow": say(zh="审批", en="decided"),
}
# What the details of events are called.
NAMES = {
    "agent": say(zh="设备", en="device"), "how": say(zh="方式", en="way"),
    "left": say(zh="剩余恢复码", en="codes left"), "before": say(zh="之前", en="before"),
    "after": say(zh="之后", en="after"), "name": say(zh="名称", en="name"),
    "email": say(zh="邮箱", en="email"), "identity": say(zh="身份", en="identity"),
    "scopes": say(zh="范围", en="scopes"), "number": say(zh="编号", en="number"),
    "version": say(zh="版本", en="version"), "comment": say(zh="说明", en="comment"),
    "files": say(zh="文件", en="files"), "rows": say(zh="条数", en="rows"), "seal": say(zh="封条", en="seal"),
    "role": say(zh="角色", en="role"), "record": say(zh="记录", en="record"),
    "key": say(zh="记录", en="record"), "password": say(zh="密码", en="password"),
    "department": say(zh="部门", en="department"), "position": say(zh="岗位", en="position"),
    "above": say(zh="上级部门", en="department above"), "head": say(zh="负责人", en="head"),
    "display_name": say(zh="姓名", en="full name"),
    "manager": say(zh="上级", en="manager"), "admin": say(zh="管理员", en="administrator"),
    "builder": say(zh="搭建者", en="builder"), "language": say(zh="语言", en="language"),
    "timezone": say(zh="时区", en="time zone"), "active": say(zh="启用", en="active"),
    "token": say(zh="令牌", en="token"), "plan": say(zh="计划", en="plan"),
}
# How somebody signed in.
WAYS = {
    "password": say(zh="密码", en="password"), "mail": say(zh="邮件链接", en="link by mail"),
    "oidc": say(zh="单点登录", en="single sign-on"),
}
COLON, SEMICOLON = say(zh="{}：{}", en="{}: {}"), say(zh="；", en="; ")
# Days and moments in the details of events.
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?")
YES, NO = say(zh="是", en="yes"), say(zh="否", en="no")


@dataclass(frozen=True, slots=True)
class Item:
    """One entry: when, who, what, about what, from where, more about it."""

    at: str
    who: str
    what: str
    about: str
    url: str
    address: str
    details: str


@dataclass(frozen=True, slots=True)
class Happenings:
    """The page; what was typed stays in its filters."""

    items: Sequence[Item]
    tabs: Sequence[Tab]
    typed: Mapping[str, str]
    apps: Sequence[Choice]
    more_url: str
    first_url: str


def address(typed: Mapping[str, str], **changed: str) -> str:
    kept = {name: typed.get(name, "") for name in FILTERS} | changed
    asked = urlencode({name: value for name, value in kept.items() if value})
    return f"{URL}?{asked}" if asked else URL


def view(site: Site, arguments: Mapping[str, str], language: str, timezone: str = "") -> Happenings:
    """The page for the arguments of its address; what they say wrong counts for nothing. Times are in the reader's
    zone, if that is known, else in the apps'; days are the apps' in any case."""
    typed = {name: arguments.get(name, "").strip()[:200] for name in FILTERS}
    lives = {live.app.name: live for live in site.apps()}
    zone = next((live.zone for live in lives.values()), ZoneInfo("UTC"))
    shown = ZoneInfo(timezone) if timezone else zone
    number = whole(arguments.get("before", ""))
    asked = Asked(typed["app"], _day(typed["since"], zone, 0), _day(typed["until"], zone, 1), number, PER_PAGE + 1)
    person = typed["person"]
    with site.database.read() as connection:
        if typed["group"] == "records":
            rows = audit_rows.listed(connection, asked, person=person)
            names = {name: live.names for name, live in lives.items()}
            items = [_record(row, names, lives, shown, language) for row in rows[:PER_PAGE]]
        else:
            kinds = tuple(kind for kind, (group, _) in events.KINDS.items() if group == typed["group"])
            rows = event_rows.listed(connection, asked, kinds=kinds, person=person)
            items = [_event(row, lives, shown, language) for row in rows[:PER_PAGE]]
    more = str(rows[PER_PAGE - 1]["id"]) if len(rows) > PER_PAGE else ""
    groups = {"": ALL, **events.GROUPS, "records": RECORDS}
    return Happenings(
        items,
        [Tab(label.to(language), address(typed, group=name), name == typed["group"]) for name, label in groups.items()],
        typed,
        [Choice(name, live.app.label.to(language), name == typed["app"]) for name, live in lives.items()],
        address(typed, before=more) if more else "",
        address(typed) if number is not None else "",
    )


def _day(text: str, zone: ZoneInfo, later: int) -> dt.datetime | None:
    """The beginning of a day, or of the one after it."""
    try:
        day = dt.date.fromisoformat(text) + dt.timedelta(days=later)
        return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):        # no day, or one at the end of the calendar
        return None


def _at(moment: dt.datetime, zone: ZoneInfo, language: str) -> str:
    return show_instant(moment.astimezone(zone), language)


def _told(value: Any, zone: ZoneInfo, language: str) -> str:
    """A value of a detail; days and moments, which are kept as ISO texts, as people write them."""
    text = str(value)
    if not MOMENT.fullmatch(text):
        return text
    try:
        if len(text) == len("2026-03-01"):
            return show_date(dt.date.fromisoformat(text), language)
        at = dt.datetime.fromisoformat(text)
    except ValueError:                         # it only looked like one
        return text
    return show_instant(at.astimezone(zone) if at.tzinfo is not None else at, language)


def _event(row: Mapping[str, Any], lives: Mapping[str, Live], zone: ZoneInfo, language: str) -> Item:
    _, words = events.KINDS.get(row["kind"], ("", Text({"en": row["kind"]})))
    return Item(
        _at(row["at"], zone, language), row["actor_name"], words.to(language), row["subject"], "", row["address"],
        details(_roles_named(row, lives, language), zone, language),
    )


def _roles_named(row: Mapping[str, Any], lives: Mapping[str, Live], language: str) -> Mapping[str, Any]:
    """The details of an event, roles in it by their labels."""
    told: Mapping[str, Any] = row["details"]
    live = lives.get(row["app"])
    if row["kind"] != "roles_changed" or live is None:
        return told
    roles = live.app.roles
    named = {side: [roles[one].label.to(language) if one in roles else one for one in told.get(side) or ()]
             for side in ("before", "after")}
    return {**told, **named}


def details(details: Mapping[str, Any], zone: ZoneInfo, language: str) -> str:
    """What belongs to an event, short; the digests of erased rows are of no use to people."""
    parts = []
    for name, value in details.items():
        if value in (None, "", []):
            continue
        label = NAMES[name].to(language) if name in NAMES else name.replace("_", " ")
        if name == "rows" and isinstance(value, list):
            shown = str(len(value))
        elif isinstance(value, bool):
            shown = (YES if value else NO).to(language)
        else:
            value = ownership.device(value) if name == "agent" else value
            value = WAYS[value].to(language) if name == "how" and value in WAYS else value
            values = value if isinstance(value, list) else [value]
            shown = listed((_told(one, zone, language) for one in values), language)
        parts.append(COLON.to(language).format(label, shown[:120]))
    return SEMICOLON.to(language).join(parts)[:400]


def _record(
    row: Mapping[str, Any], names: Mapping[str, Mapping[int, str]], lives: Mapping[str, Any], zone: ZoneInfo,
    language: str,
) -> Item:
    """An entry of the audit trail: that somebody did something to a record, not the values, which have rights."""
    live = lives.get(row["app"])
    name = names.get(row["app"], {}).get(row["object"], "")
    obj = live.app.objects.get(name) if live is not None else None
    label = obj.label.to(language) if obj is not None else name or str(row["object"])
    words = DONE.get(row["event"], Text({"en": row["event"]})).to(language)
    action = obj.actions.get(row["action"]) if obj is not None and row["action"] else None
    what = f"{words} · {action.label.to(language)}" if action is not None else words
    url = addresses.record(row["app"], name, row["record"]) if obj is not None and not obj.owner else ""
    fields = listed(sorted({_label(obj, path, language) for path in row["changes"]}), language)
    at = _at(row["at"], zone, language)
    return Item(at, row["actor_name"], what, f"{label} {row['record']}", url, "", fields[:200])


def _label(obj: Any, path: str, language: str) -> str:
    head = path.partition(".")[0]
    return obj.fields[head].label.to(language) if obj is not None and head in obj.fields else head
