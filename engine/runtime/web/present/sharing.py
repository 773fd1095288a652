"""The dialog of sharing, and shares as JSON. Knows the service, no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import Failure
from engine.kinds.fields.locales import show_date
from engine.runtime.services.identity import organisation
from engine.runtime.services.records import Record
from engine.runtime.services.rights import own, sharing
from engine.runtime.services.rights.sharing import Share
from engine.runtime.storage import people_rows
from engine.runtime.web.present import addresses, open_links, values
from engine.runtime.web.present.open_links import LinksView
from engine.texts import say

JSON = dict[str, Any]
SHARE = say(zh="共享…", en="Share …")
KINDS = {
    "user": say(zh="人员", en="People"), "department": say(zh="部门", en="Departments"),
    "role": say(zh="角色", en="Roles"),
}
READ, EDIT = say(zh="可查看", en="may read"), say(zh="可修改", en="may edit")
LAPSED = say(
    zh="暂不生效：共享者自己已无此权限", en="without effect now: who shared it has lost the right"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One who has the record."""

    name: str
    kind: str
    what: str
    until: str
    by: str
    lapsed: str
    stop_url: str


@dataclass(frozen=True, slots=True)
class SharingView:
    """The dialog: who has the record; the form, where the actor may share it (`groups`: a heading, and the choices as
    value, label and whether it is chosen)."""

    title: str
    url: str
    back: str
    rows: Sequence[Row]
    groups: Sequence[tuple[str, Sequence[tuple[str, str, bool]]]]
    may: bool
    may_edit: bool
    edit: bool
    until: str
    message: str
    errors: Mapping[str, str]
    links: LinksView | None
    typed: Mapping[str, str]


def offered(record: Record) -> bool:
    """Whether the dialog is worth a place in the record's menu: who may share it, or has it by a share."""
    return sharing.may(record) or bool(sharing.listing(record))


def of(
    record: Record, typed: Mapping[str, str], failure: Failure | None, made: str = ""
) -> SharingView:
    """The dialog, with what was typed where something is wrong with it."""
    tx, language = record.session.tx, record.session.tx.actor.language
    url = addresses.record(tx.app.name, record.object, record.id or 0, "shares")
    may = sharing.may(record)
    fields = dict.fromkeys(sharing.KINDS, "with")    # one control gives the kind and the name
    wrong = {fields.get(one.field, one.field): one.message.to(language) for one in failure.errors} if failure else {}
    return SharingView(
        record.title, url, addresses.record(tx.app.name, record.object, record.id or 0),
        [_row(record, one, url) for one in sharing.listing(record)],
        _groups(record, typed.get("with", "")) if may else (), may, may and own.holds(record, "edit"),
        typed.get("edit") == "true", typed.get("until", ""),
        "" if failure is None or wrong else failure.message.to(language), wrong,
        open_links.of(record, made), {key: typed.get(key, "") for key in ("link", "whom")},
    )


def _row(record: Record, one: Share, url: str) -> Row:
    tx, language = record.session.tx, record.session.tx.actor.language
    day = "" if one.until is None else show_date(one.until, language)
    until = day and say(zh="至 {day}", en="until {day}", day=day).to(language)
    by = say(
        zh="{who} · {at}", en="{who} · {at}", who=one.by, at=values.moment(one.at, tx.zone, language)
    ).to(language)
    return Row(
        one.name.to(language), one.kind, (EDIT if one.edit else READ).to(language), until, by,
        "" if one.holds else LAPSED.to(language), f"{url}/{one.number}/stop" if one.mine else "",
    )


def _groups(record: Record, chosen: str) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """Whom it can be shared with: people whose roles see records of the object, departments, such roles."""
    tx, language = record.session.tx, record.session.tx.actor.language
    seeing = sharing.seeing(tx, record.definition)
    users = [row for row in people_rows.users(tx.connection) if row["active"] and not row["service"]]
    if "everyone" not in seeing:
        holding = set(people_rows.with_roles(tx.connection, tx.app.name, seeing))
        users = [row for row in users if row["id"] in holding]
    found = {
        "user": [(row["login"], row["name"] or row["login"]) for row in users if row["id"] != tx.actor.id],
        "department": [(name, name) for name in organisation.departments(tx)],
        "role": [(name, role.label.to(language)) for name, role in tx.app.roles.items() if name in seeing],
    }
    return [
        (KINDS[kind].to(language), [(f"{kind}:{key}", label, chosen == f"{kind}:{key}") for key, label in listed])
        for kind, listed in found.items() if listed
    ]


def document(one: Share, language: str) -> JSON:
    """A share over REST. `holds`: whether who shared it may still do so."""
    return {
        "id": one.number, one.kind: one.grantee, "name": one.name.to(language), "edit": one.edit,
        "until": None if one.until is None else one.until.isoformat(), "by": one.by, "at": one.at.isoformat(),
        "holds": one.holds,
    }
