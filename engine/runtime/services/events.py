"""What happens to the site beside its records: signing in, accounts, rights, definitions. Noted in the transaction that
does it, never changed; no password, code or token is ever among the details."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from engine.runtime.storage import event_rows
from engine.texts import Text, say

if TYPE_CHECKING:
    from engine.runtime.services.identity.people import Person
    from engine.runtime.storage.actors import Actor

# Every kind of event: its group, and how it is told.
KINDS: Mapping[str, tuple[str, Text]] = {
    "signed_in": ("sign_in", say(zh="登录", en="signed in")),
    "refused": ("sign_in", say(zh="登录失败", en="was refused at signing in")),
    "barred": ("sign_in", say(zh="尝试过多，暂停登录", en="tried too often to sign in")),
    "signed_out": ("sign_in", say(zh="退出", en="signed out")),
    "code_refused": ("sign_in", say(zh="验证码不对", en="gave a wrong code")),
    "session_ended": ("sign_in", say(zh="会话被结束", en="had sessions ended")),
    "password_changed": ("account", say(zh="修改密码", en="changed the password")),
    "password_set": ("account", say(zh="密码被重设", en="had the password set")),
    "reset_asked": ("account", say(zh="申请重设密码", en="asked for a new password by mail")),
    "factor_on": ("account", say(zh="启用两步验证", en="turned the second factor on")),
    "factor_off": ("account", say(zh="停用两步验证", en="had the second factor turned off")),
    "recovery_used": ("account", say(zh="使用恢复码登录", en="signed in with a recovery code")),
    "account_added": ("account", say(zh="新建账号", en="was added")),
    "invited": ("account", say(zh="已发送邀请邮件", en="was invited by mail")),
    "account_changed": ("account", say(zh="账号已修改", en="was changed")),
    "account_disabled": ("account", say(zh="账号已停用", en="was disabled")),
    "account_enabled": ("account", say(zh="账号已启用", en="was enabled")),
    "places_changed": ("account", say(zh="兼任部门变更", en="belongs to other further departments")),
    "department_added": ("account", say(zh="新建部门", en="was added as a department")),
    "department_changed": ("account", say(zh="部门已修改", en="was changed as a department")),
    "department_removed": ("account", say(zh="部门已删除", en="was removed as a department")),
    "identity_linked": ("account", say(zh="关联单点登录", en="was linked to an identity")),
    "roles_changed": ("rights", say(zh="角色变更", en="got other roles")),
    "stands_for": ("rights", say(zh="代表的记录变更", en="stands for another record")),
    "token_made": ("rights", say(zh="新建令牌", en="got a token")),
    "token_revoked": ("rights", say(zh="收回令牌", en="lost a token")),
    "shared": ("rights", say(zh="共享记录", en="got a record shared")),
    "unshared": ("rights", say(zh="取消共享", en="lost a shared record")),
    "link_made": ("rights", say(zh="新建外部链接", en="got a link for outsiders")),
    "link_ended": ("rights", say(zh="收回外部链接", en="lost a link for outsiders")),
    "link_used": ("rights", say(zh="外部链接被使用", en="was opened by a link for outsiders")),
    "published": ("definitions", say(zh="发布应用", en="was published")),
    "erased": ("data", say(zh="抹除历史数据", en="had values of histories erased")),
    "emptied": ("data", say(zh="清理过期日志", en="had old entries removed")),
}
GROUPS: Mapping[str, Text] = {
    "sign_in": say(zh="登录", en="Signing in"),
    "account": say(zh="账号", en="Accounts"),
    "rights": say(zh="权限", en="Rights"),
    "definitions": say(zh="应用定义", en="Definitions"),
    "data": say(zh="数据", en="Data"),
}


def note(
    connection: Connection, at: dt.datetime, kind: str, *, by: Person | Actor | None = None, subject: str = "",
    app: str = "", address: str = "", actor_name: str = "", **details: Any,
) -> None:
    """Append one event: who did it (`by`, else `actor_name`), the login or name that it is about."""
    assert kind in KINDS, kind
    event_rows.append(connection, {
        "at": at, "kind": kind, "actor": None if by is None else by.id,
        "actor_name": (actor_name if by is None else by.login)[:200], "subject": subject[:200], "app": app,
        "address": address[:64], "details": details,
    })
