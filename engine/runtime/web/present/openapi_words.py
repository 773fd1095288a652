"""What the OpenAPI document says, in the reader's language: the document is made in English, and put into Chinese here.
Knows no app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.runtime.web.present.papers import MOST_TOGETHER

SPOKEN = ("summary", "description")
CHINESE: Mapping[str, str] = {
    # what an operation does
    "A print form as PDF": "打印成 PDF",
    "Alerts, newest first": "预警，最新的在前",
    "An ad-hoc report: from, where, by, show, sort, limit": "即席查询：from、where、by、show、sort、limit",
    "Approvals, newest first": "审批，最新的在前",
    "Balances": "余额",
    "Bring it back out of the bin": "从回收站恢复",
    "Change": "修改",
    "Change the own comment": "修改自己的评论",
    "Close up to a day": "结账到某一天",
    "Compute a draft without saving": "试算草稿，不保存",
    "Create": "新建",
    "Decide a task, hand it over or say something about it": "处理、转交待办或发表意见",
    "Delete": "删除",
    "Delete it for good": "彻底删除",
    "Fetch a file": "下载附件",
    "Fetch its file": "下载它的附件",
    "Follow it, or no longer": "关注或取消关注",
    "Give what a person has to another one": "把一个人名下的资料交给另一个人",
    "Its files": "它的附件",
    "Its print forms": "它的打印模板",
    "List": "列表",
    "Many at once": "批量处理",
    "Movements": "明细",
    "One approval: tasks, incidents, history": "一个审批：待办、异常、历史",
    "Opening, in, out, closing": "期初、增加、减少、期末",
    "Periods and up to when they are closed": "会计期间及结账日",
    "Put an approval right, with a reason": "干预审批，须说明原因",
    "Put it into the archive": "归档",
    "Read": "读取",
    "Reopen what was closed": "反结账",
    "Say something": "发表评论",
    "Say that somebody sees to it": "确认预警已有人处理",
    "Send a file": "上传附件",
    "Several records in one PDF": "多条记录合并打印成一个 PDF",
    "Share it with a person, a department or a role": "共享给人员、部门或角色",
    "Signing in, accounts, rights, definitions: what happened, newest first":
        "系统日志：登录、账号、权限、应用定义，最新的在前",
    "Stop sharing it": "停止共享",
    "Take it out of the archive": "取消归档",
    "Take the own comment back": "撤回自己的评论",
    "Tell nobody of it until a moment": "在某个时间之前不再提醒",
    "Tell when one is away": "登记离岗代理",
    "The changes that were asked for after approval": "审批通过后申请的变更",
    "The audit trail": "变更历史",
    "The key figures that the caller may read": "调用者可见的关键指标",
    "The person is back": "取消离岗代理",
    "The picture": "图片",
    "The signature of a decision": "审批签名",
    "What somebody may do": "某人的权限",
    "What somebody may do with a record": "某人对某条记录的权限",
    "What the lines of a draft can be filled from": "草稿明细可以从哪里选入",
    "What would be handed over": "预览将交接的内容",
    "Which fields and actions the caller may use": "调用者可用的字段和操作",
    "Who can see a record, and why": "谁能看到某条记录及原因",
    "Who did what to which records, newest first": "操作日志：谁对哪些记录做了什么，最新的在前",
    "Who is away and who stands in": "谁不在岗，由谁代理",
    "With whom it is shared": "共享给了谁",
    "Workflow tasks, newest first": "流程待办，最新的在前",
    # what it answers
    "Busy after several inner tries: again after Retry-After": "多次重试后仍繁忙：请在 Retry-After 之后再试",
    "Created": "已新建",
    "Deleted": "已删除",
    "Done": "成功",
    "Gone": "已彻底删除",
    "Held by a running approval": "正在审批中，已锁定",
    "It is shared no more": "已停止共享",
    "No such thing, or not visible": "不存在，或无权查看",
    "Not allowed": "没有权限",
    "Not signed in": "未登录",
    "Noted": "已记录",
    "Refused by a state, a check or a guard; or a warning to accept": "被状态、校验或控制规则拒绝，或有待确认的警告",
    "Said": "已发表",
    "Shared": "已共享",
    "Stale If-Match": "If-Match 已过期",
    "Taken back": "已撤回",
    "The content": "文件内容",
    "The paper": "打印件",
    "Too many requests: again after Retry-After": "请求过多：请在 Retry-After 之后再试",
    "Unreadable": "无法识别的请求",
    "A value or a check": "数据有误或未通过校验",
    # what may be given
    "A condition in the expression language: state = 'approved' and total > 1000":
        "用表达式写的条件，例如 state = 'approved' and total > 1000",
    "At most 200; 100 if not given": "最多 200；默认 100",
    "As it was known at this moment": "按当时已登记的数据计算（时刻）",
    "The names of warnings that are accepted, with commas between": "已确认的警告名称，用逗号分隔",
    "A line, as the record takes it": "一行明细，可直接用于该记录",
    "A little Markdown; `@login` mentions a person.": "支持简单的 Markdown；`@账号` 可提醒某人。",
    "A PNG or JPEG of up to 200 KB as a data URL, where the step asks for one.":
        "步骤要求签名时：不超过 200 KB 的 PNG 或 JPEG（data URL）。",
    "As of this date": "截至该日期",
    "At most 200": "最多 200",
    "At most 200; 50 if not given": "最多 200；默认 50",
    "At most 30 days ahead; null ends the silence.": "最多 30 天；null 表示恢复提醒。",
    "Before this moment": "早于该时间",
    "Field names, `-` for descending: -date,number": "字段名，前加 `-` 为降序，例如 -date,number",
    "Fields with which it comes back instead, where their values are taken by now.":
        "原值已被占用时，恢复时改用的字段值。",
    "First day": "开始日期",
    "From this moment on, ISO 8601": "从该时间起（ISO 8601）",
    "How they decide together.": "多人如何共同审批。",
    "Its path.": "字段路径。",
    "Keys": "维度",
    "Last day": "结束日期",
    "Of this app only": "仅限该应用",
    "Of this flow only": "仅限该流程",
    "Of whom an administrator tells it; the caller, if not given.": "管理员代谁登记；不填则为调用者本人。",
    "One of user, department and role.": "人员、部门、角色三者之一。",
    "Only these fields": "只返回这些字段",
    "Only this action": "仅限该操作",
    "Only this field": "仅限该字段",
    "People for later steps, by the names of these.": "后续步骤的处理人，按步骤名给出。",
    "The ETag that was read; a stale one is answered with 412.": "读取时得到的 ETag；过期则返回 412。",
    "The `next` before": "上一页的 `next`",
    "The `next` of the page before": "上一页的 `next`",
    "The action that is about to follow, for `later`.": "随后要执行的操作，用于计算 `later`。",
    "The last day that is closed; one that is over.": "结账的最后一天，须已过去。",
    "The last day; null: no end.": "最后一天；null 表示不限。",
    "The picture small, as WebP; 404 of what is none": "缩略图（WebP）；不是图片则返回 404",
    f"The records, in the order in which they are printed; {MOST_TOGETHER} at most":
        f"要打印的记录，按打印顺序；最多 {MOST_TOGETHER} 条",
    "The same key with the same body is carried out once; kept for 7 days.":
        "同一个键加同一内容只执行一次；保留 7 天。",
    "The version of the task that was seen.": "所看到的待办版本。",
    "To which step a return goes; `start`: to who submitted it.": "退回到哪个步骤；`start` 表示退回提交人。",
    "To whom a transfer or delegation gives the task, or who is added (also several) or removed.":
        "转交、委托给谁，或加签（可多人）、减签的人。",
    "True (the default): one refusal undoes them all.": "true（默认）：有一项被拒绝则全部撤销。",
    "Up to five.": "最多五个。",
    "Warnings that are accepted.": "已确认的警告。",
    "What stays closed; without it nothing does.": "仍保持结账到哪一天；不填则全部反结账。",
    "What the action asks for.": "该操作要求填写的内容。",
    "When those who are added decide.": "加签人在何时审批。",
    "Where it goes on after a jump.": "跳转后从哪个步骤继续。",
    "Whether all is asked again, or this step at once.": "重新走一遍，还是直接回到本步骤。",
    "Whether the account is disabled; true, if not given.": "是否停用账号；不填为 true。",
    "Which box: what waits, was done, was started or is for reading.": "哪个箱：待办、已办、我发起的、抄送我的。",
    "Which one is reassigned.": "改派哪一个待办。",
    "Who did it, or whom it is about: a login": "操作人或相关人的账号",
    "Who gets it.": "改派给谁。",
    "Who stands in.": "由谁代理。",
    "Whose rights: a login": "查谁的权限：账号",
    "With those that are over": "包括已结束的",
    "Words to look for in the searchable fields": "在可搜索字段中查找的文字",
    "`app.object.field` of records.": "记录的 `应用.对象.字段`。",
    "`app` or `app.flow`; all, if blank.": "`应用` 或 `应用.流程`；不填为全部。",
    "accepted warnings": "已确认的警告",
    "create, update, delete or an action": "create、update、delete 或某个操作",
    "current, archived, or deleted: what lies in the bin and the caller may bring back":
        "current（当前）、archived（已归档）或 deleted（回收站中可由调用者恢复的）",
    "exact, capped or none": "exact（精确）、capped（封顶）或 none（不计数）",
    "true: of everybody, for administrators": "true：所有人的，仅限管理员",
    # what it tells
    "A file: its id, name, size in bytes, type of content and digest.": "附件：编号、名称、字节数、内容类型和摘要。",
    "A login, or the name of a command or job.": "账号，或命令、任务的名称。",
    "A login.": "账号。",
    "An exact number in decimal notation.": "十进制精确数。",
    "An id; the key of the record as text; or its key fields as an object.":
        "编号；或文本形式的记录主键；或主键字段组成的对象。",
    "Another record: its id, how it is called, and its object where a link may lead to several.":
        "另一条记录：编号、名称；可关联多种对象时还有对象名。",
    "As people read it.": "给人看的文字。",
    "At the end of the day `since`, as it is.": "`since` 当天结束时的现值。",
    "At the end of the day `since`, as it would be.": "`since` 当天结束时将变成的值。",
    "Blank once it was taken back.": "撤回后为空。",
    "By path (`note`, `lines.17.qty`), the value before and after.":
        "按路径（`note`、`lines.17.qty`）：改前和改后的值。",
    "Days after it on which something is booked.": "此后有记账的天数。",
    "Exclusive.": "不含该时间。",
    "Grows with each change; the ETag holds it.": "每次修改递增；ETag 中即为此值。",
    "In the bin since then.": "移入回收站的时间。",
    "None where there is no such object any more.": "该对象已不存在时为 null。",
    "Numbers as exact texts; null where there is none.": "数值以精确文本表示；没有则为 null。",
    "Of the mark that holds, else blank.": "所符合标记的颜色，否则为空。",
    "RFC 9457": "RFC 9457 错误文档",
    "Rows that are not told one by one.": "未逐行列出的行数。",
    "The balance now, as it would be.": "当前余额将变成的值。",
    "The derived state that holds, else the state.": "所符合的派生状态，否则为状态。",
    "The draft as it would be.": "草稿试算结果。",
    "The id of an upload (POST …/files), a file as the record gives it, or {name, text | base64}.":
        "上传得到的编号（POST …/files）、记录中给出的附件，或 {name, text | base64}。",
    "The last closed day; null = nothing is closed.": "已结账的最后一天；null 表示未结账。",
    "The line to change; without it a new line.": "要修改的明细行；不填为新行。",
    "The login or name that it is about.": "相关的账号或名称。",
    "The lowest from then on.": "此后的最低值。",
    "The record as it is then.": "处理之后的记录。",
    "The state in which it counts, if not yet.": "尚未生效时，在哪个状态生效。",
    "There are others beyond the first 500": "前 500 条之后还有",
    "To be given back with a decision, so that none is stale.": "审批时须带回，以免基于过期内容。",
    "What a document that is dated before today would change behind it; null where nothing.":
        "单据日期早于今天时，会改变其后的哪些数；没有则为 null。",
    "What a guard or closed period would say.": "控制规则或已结账期间会给出的拒绝原因。",
    "What changed, without the values.": "改了哪些字段，不含值。",
    "What it has in common with those it is told with.": "与合并提醒的其他预警的共同点。",
    "What stands there now.": "现在的值。",
    "What stood there in the version that was seen; not for lines.": "所看版本中的值；明细行没有。",
    "What tells it apart: key of the register, or the record.": "用以区分的台账维度或记录。",
    "What was said": "评论",
    "What was sent; not where nothing was.": "提交的值；未提交则没有。",
    "When its group's next message says it; null: nothing waits.": "合并提醒的下次时间；null 表示没有待提醒的。",
    "Whether who shared it may still do so; else it gives nothing.": "共享人是否仍有权共享；否则共享无效。",
    "Why fields are null that could not be computed; left out where there are none.":
        "哪些字段因无法计算而为 null 及原因；没有则省略。",
    "Who asked; null for a program of its own.": "申请人；由程序自行提出的为 null。",
    "By path; `lines.7.qty` of a row by its id, `lines.+1.qty` of the first that is to come.":
        "按路径：`lines.7.qty` 是编号为 7 的明细行，`lines.+1.qty` 是将新增的第一行。",
    "Why it does not go on.": "为何停滞。",
    "Why there is no value, else blank.": "没有值的原因，否则为空。",
    "With 409 and 412 of a stale edit: where what was sent differs from what stands.":
        "因内容过期返回 409 或 412 时：提交的值与现值不同之处。",
    "With all below it.": "含下级部门。",
}


def spoken(part: Any, language: str) -> Any:
    """A part of the document in a language; as it is where that is not Chinese. Names and values stay as they are."""
    if not language.startswith("zh"):
        return part
    if isinstance(part, list):
        return [spoken(one, language) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: CHINESE.get(one, one) if name in SPOKEN and isinstance(one, str) else spoken(one, language)
        for name, one in part.items()
    }
