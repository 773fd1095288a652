"""Background jobs on the administrator's page: states, kinds, times and errors in words. Knows no request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from engine.definitions.app import App
from engine.digits import whole
from engine.runtime.jobs import overseeing
from engine.runtime.jobs.overseeing import Wanted
from engine.runtime.services.site import Site
from engine.runtime.storage import job_errors
from engine.runtime.web.present import values
from engine.runtime.web.present.places import Choice, Tab
from engine.texts import Text, listed, say

URL = "/jobs/"
ALL = say(zh="全部", en="All")
# What people tell apart → the states behind it, its name, its color.
GROUPS: Mapping[str, tuple[tuple[str, ...], Text, str]] = {
    "failed": (("failed",), say(zh="失败", en="Failed"), "red"),
    "running": (("running",), say(zh="运行中", en="Running"), "blue"),
    "waiting": (("ready", "delayed"), say(zh="等待中", en="Waiting"), "amber"),
    "done": (("done",), say(zh="已完成", en="Done"), "green"),
    "cancelled": (("cancelled",), say(zh="已取消", en="Cancelled"), "gray"),
}
GROUP_OF = {state: name for name, (states, _, _) in GROUPS.items() for state in states}
KINDS: Mapping[str, Text] = {
    "alerts": say(zh="预警检查", en="Alerts"),
    "automation": say(zh="自动化", en="Automation"),
    "automation_failed": say(zh="自动化失败的后续", en="What follows a failed automation"),
    "flow_clocks": say(zh="重新计算时限", en="Deadlines reckoned anew"),
    "flow_call": say(zh="子流程", en="Approvals within approvals"),
    "dates": say(zh="日期触发的自动化", en="Automations of days"),
    "flow_incident": say(zh="查找停滞的审批", en="Approvals that stand still"),
    "flow_timer": say(zh="审批时限", en="Approval deadlines"),
    "derive": say(zh="更新状态", en="States follow"),
    "sweep": say(zh="每日更新", en="Daily update"),
    "keep": say(zh="保留期限", en="Retention"),
    "revalue": say(zh="重新计价", en="Revaluation"),
    "drafts": say(zh="清理草稿", en="Old drafts"),
    "import": say(zh="导入", en="Import"),
    "files": say(zh="清理文件", en="Unused files"),
    "webhook": say(zh="Webhook", en="Webhook"),
    "mail": say(zh="邮件", en="Mail"),
    "digest": say(zh="免打扰期间的提醒", en="Notices of quiet hours"),
    "reset": say(zh="重设密码的邮件", en="Mails to set a new password"),
}
LOST = say(zh="执行它的进程中断了", en="the worker that ran it died")
BEHIND = say(zh="等待任务 {n} 结束", en="waits for job {n}")
# What of a job is told, in this order, and what it is called.
SHOWN: Mapping[str, Text] = {
    "automation": say(zh="自动化", en="automation"), "rule": say(zh="预警", en="alert"),
    "object": say(zh="对象", en="object"), "record": say(zh="记录", en="record"),
    "instance": say(zh="审批", en="approval"), "visit": say(zh="审批步骤", en="step of an approval"),
    "register": say(zh="账表", en="register"), "measure": say(zh="数量项", en="measure"),
    "import": say(zh="导入", en="import"), "hook": say(zh="回调", en="hook"), "to": say(zh="发给", en="to"),
    "subject": say(zh="主题", en="subject"),
}
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Item:
    """One job as the template takes it; blank addresses where nothing can be done."""

    id: int
    kind: str
    app: str
    about: str
    state: str
    color: str
    attempt: str
    error: str
    progress: str
    when: str
    worker: str
    retry_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True)
class Workload:
    """The page. `moving`: something waits or runs, so that it is asked for again."""

    items: Sequence[Item]
    tabs: Sequence[Tab]
    kinds: Sequence[Choice]
    apps: Sequence[Choice]
    state: str
    url: str
    more_url: str
    first_url: str
    moving: bool
    workers: str
    held: int


def wanted(arguments: Mapping[str, str]) -> Wanted:
    """What an address asks for; what it says wrong counts for nothing."""
    states = GROUPS[arguments["state"]][0] if arguments.get("state") in GROUPS else ()
    return Wanted(states, arguments.get("kind", ""), arguments.get("app", ""), whole(arguments.get("before", "")))


def address(arguments: Mapping[str, str], **changed: str) -> str:
    """The page with the same filters but those that change."""
    kept = {name: arguments.get(name, "") for name in ("state", "kind", "app", "before")} | changed
    asked = urlencode({name: value for name, value in kept.items() if value})
    return f"{URL}?{asked}" if asked else URL


def view(site: Site, arguments: Mapping[str, str], language: str, timezone: str = "") -> Workload:
    """The page for these arguments of its address; times in the reader's zone, if that is known, else in the apps'."""
    found = overseeing.overview(site, wanted(arguments))
    lives = {live.app.name: live for live in site.apps()}
    zones = {name: ZoneInfo(timezone) if timezone else live.zone for name, live in lives.items()}
    home = next(iter(zones.values()), ZoneInfo("UTC"))
    apps = {name: live.app for name, live in lives.items()}
    items = [
        _item(one, apps.get(one["app"]), zones.get(one["app"], home), language, found.ahead.get(one["id"]))
        for one in found.jobs
    ]
    last = str(found.jobs[-1]["id"]) if found.more else ""
    group = arguments.get("state", "") if arguments.get("state") in GROUPS else ""
    return Workload(
        items=items,
        tabs=_tabs(found.counts, arguments, group, language),
        kinds=[Choice(one, kind(one, language), one == arguments.get("kind")) for one in found.kinds],
        apps=[Choice(name, live.app.label.to(language), name == arguments.get("app")) for name, live in lives.items()],
        state=group,
        url=address(arguments),
        more_url=address(arguments, before=last) if last else "",
        first_url=address(arguments, before="") if arguments.get("before") else "",
        moving=any(found.counts.get(state) for state in ("ready", "running")),
        workers=", ".join(found.workers),
        held=found.held or 0,
    )


def _tabs(counts: Mapping[str, int], arguments: Mapping[str, str], group: str, language: str) -> list[Tab]:
    found = [Tab(ALL.to(language), address(arguments, state="", before=""), not group)]
    for name, (states, label, _) in GROUPS.items():
        number = sum(counts.get(state, 0) for state in states)
        found.append(Tab(label.to(language), address(arguments, state=name, before=""), name == group, number))
    return found


def kind(name: str, language: str) -> str:
    """A kind of job in words."""
    return KINDS[name].to(language) if name in KINDS else name


def _item(job: Mapping[str, Any], app: App | None, zone: ZoneInfo, language: str, ahead: int | None) -> Item:
    group = GROUP_OF[job["state"]]
    _, label, color = GROUPS[group]
    base = f"{URL}{job['id']}"
    return Item(
        id=job["id"],
        kind=kind(job["kind"], language),
        app=job["app"] if app is None else app.label.to(language),
        about=about(job["args"], app, language),
        state=label.to(language),
        color=color,
        attempt=f"{job['attempt']} / {job['max_attempts']}" if job["attempt"] else "",
        error=_error(job, language),
        progress=_progress(job, language),
        when=_when(job, zone, language) if ahead is None else BEHIND.filled(n=ahead).to(language),
        worker=job["worker"] or "",
        retry_url=f"{base}/retry" if group in ("failed", "cancelled") else "",
        cancel_url=f"{base}/cancel" if group in ("failed", "waiting", "running") else "",
    )


def about(args: Mapping[str, Any], app: App | None, language: str) -> str:
    """What the job is about: the names in it, short, as the app calls them."""
    said = [f"{label.to(language)} {named(app, name, str(args[name]), language)[:LONGEST]}"
            for name, label in SHOWN.items()
            if args.get(name) not in (None, "") and isinstance(args.get(name), (str, int))]
    return listed(said, language)


def named(app: App | None, what: str, name: str, language: str) -> str:
    """What the app calls an automation, alert, object or register; the name itself where it has none of it."""
    if app is None:
        return name
    things: Mapping[str, Mapping[str, Any]] = {
        "automation": app.automations, "rule": app.alerts, "object": app.objects, "register": app.registers,
    }
    found = things.get(what, {}).get(name)
    return name if found is None else str(found.label.to(language))


def _error(job: Mapping[str, Any], language: str) -> str:
    error = str(job["error"] or "")
    return LOST.to(language) if error == overseeing.LOST else job_errors.told(error).to(language)


def _progress(job: Mapping[str, Any], language: str) -> str:
    done = (job["progress"] or {}).get("done")
    return "" if done is None else say(zh="已处理 {n} 行", en="{n} rows so far", n=done).to(language)


def _when(job: Mapping[str, Any], zone: ZoneInfo, language: str) -> str:
    """The moment that matters: when it ended, began, or runs next."""
    def at(moment: dt.datetime) -> str:
        return values.moment(moment, zone, language)

    if job["finished_at"] is not None:
        return say(zh="结束于 {at}", en="ended {at}", at=at(job["finished_at"])).to(language)
    if job["state"] == "running" and job["started_at"] is not None:
        return say(zh="开始于 {at}", en="began {at}", at=at(job["started_at"])).to(language)
    if job["state"] == "delayed":
        return say(zh="将于 {at} 运行", en="runs at {at}", at=at(job["run_at"])).to(language)
    return say(zh="提交于 {at}", en="entered {at}", at=at(job["created_at"])).to(language)
