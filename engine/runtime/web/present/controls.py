"""The controls of a form: what each field's macro needs to draw it. Knows kinds and records, no request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from babel.numbers import get_currency_symbol

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.expressions.compiled import Expression
from engine.expressions.values import ErrorValue, Ref
from engine.kinds.fields.base import Field, Literal
from engine.kinds.fields.link import Link
from engine.kinds.fields.locales import locale_of
from engine.kinds.fields.range import Interval
from engine.runtime.services import lookups, reading
from engine.runtime.services.identity import organisation
from engine.runtime.services.records import Record
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, candidates, uploads, values
from engine.runtime.web.present.titles import refs_in, titled
from engine.runtime.web.present.uploads import FileItem
from engine.texts import say

OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Option:
    code: str
    label: str
    color: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A link that is chosen now."""

    id: str
    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """A field view as the macros take it; `name` is its path (`lines.0.qty`)."""

    name: str
    label: str
    widget: str
    value: Any = ""
    text: str = ""
    help: str = ""
    placeholder: str = ""
    error: str = ""
    required: bool = False
    readonly: bool = False
    refresh: bool = False
    hidden: bool = False
    conditional: bool = False                  # whether it is hidden may change with what is typed
    multiple: bool = False
    compact: bool = False
    kind: str = ""
    shown: int | None = None
    mark: str = ""
    reason: str = ""                           # why a value to read could not be computed
    color: str = ""
    url: str = ""
    fresh: str = ""                            # of a link: where the form of a new record to link to is
    fresh_label: str = ""
    trace: bool = False                        # the address is that of the movements behind a balance
    options: Sequence[Option] = ()
    items: Sequence[Item | FileItem] = ()
    formula: Any = None
    scale: int | None = None
    prefix: str = ""
    suffix: str = ""
    min: str = ""
    max: str = ""
    step: str = ""
    max_length: int | None = None
    pattern: str = ""
    rows: int | None = None
    accept: str = ""
    ends: Sequence[tuple[str, str]] = ()       # of a range: label and text of its start and its end


@dataclass(frozen=True, slots=True)
class Setting:
    """What all controls of one form share: the language, what was typed, what is wrong, what asks the server."""

    app: str
    object: str
    language: str
    typed: Mapping[str, Any]
    errors: Mapping[str, str]
    refreshing: frozenset[str]


def control(
    setting: Setting, record: Record, field: Field, path: str, *, editable: bool, compact: bool = False
) -> Control:
    """The control of one field of a record or line; one that nobody may type in only shows its value."""
    if not editable or field.computed:
        return output(setting, record, field, path, compact=compact)
    found = typable(setting, record, field, path, record.get(field.name), compact=compact)
    if isinstance(field, Link) and record.session.tx.actor.kind == "public":
        return offered(setting, record, field, path, found)
    return found


def offered(setting: Setting, record: Record, link: Link, path: str, found: Control) -> Control:
    """The control of a link for somebody without an account: a list of what may be chosen stands in the page."""
    tx = record.session.tx
    records = lookups.lookup(tx, setting.object, stem(path), "", draft=record, limit=reading.MOST)
    options = [Option(link.to_input(Ref(one.object, one.id or 0)), one.title) for one in records]
    held = {item.id: item.title for item in found.items if isinstance(item, Item)}
    listed = {one.code for one in options}
    options += [Option(code, title) for code, title in held.items() if code not in listed]
    return replace(found, widget="choices" if found.multiple else "select", url="", items=(), options=options)


def typable(setting: Setting, record: Record, field: Field, path: str, value: Any, *, compact: bool = False) -> Control:
    """The control in which a field's value is typed."""
    field = field.seen_from(record.session.tx.timezone)
    shown = titled(record.session, value)
    typed = setting.typed.get(path)
    several = field.type.name == "list"
    held = (list(field.to_json(value) or ()) if several else field.to_input(value)) if typed is None else typed
    given: Any = [] if several and field.type.of is not None and field.type.of.name == "record" else held
    if field.widget in uploads.WIDGETS:
        return upload(setting, record, field, path, value, compact=compact)
    return Control(
        name=path,
        label=field.label.to(setting.language),
        widget=field.widget,
        prefix=sign_of(field, setting.language),
        value=given,
        text=field.format(shown, setting.language),
        help=text_of(field.help, setting),
        placeholder=text_of(field.placeholder, setting),
        error=setting.errors.get(path, ""),
        required=holds(field.required, record),
        refresh=stem(path) in setting.refreshing,
        hidden=field.show is not None and not holds(field.show, record),
        conditional=field.show is not None,
        multiple=several,
        compact=compact,
        mark=values.mark_of(record, field),
        url=lookup_of(setting, field, path),
        fresh=candidates.fresh(record.session.tx, field),
        fresh_label=candidates.fresh_label(record.session.tx, field),
        options=options_of(field, setting.language, record.session.tx),
        items=items_of(field, shown, given, record.session.tx.app),
        scale=field.type.scale if field.type.name == "number" else None,
        min=limit(field, field.min, record),
        max=limit(field, field.max, record),
        max_length=getattr(field, "max_length", None),
        pattern="",
        **{"kind": field.kind, **ends_of(field, value, typed, setting.language)},
    )


def upload(setting: Setting, record: Record, field: Field, path: str, value: Any, *, compact: bool = False) -> Control:
    """The control of a field of files: what it holds, and where the next one is sent to."""
    public = record.session.tx.actor.kind == "public"
    return Control(
        name=path,
        label=field.label.to(setting.language),
        widget=field.widget,
        items=uploads.in_form(record, field, value, setting.typed.get(path)),
        help=text_of(field.help, setting),
        error=setting.errors.get(path, ""),
        required=holds(field.required, record),
        hidden=field.show is not None and not holds(field.show, record),
        conditional=field.show is not None,
        multiple=field.type.name == "list",
        compact=compact,
        # Who has no account sends files with the form: there is no place for what belongs to nobody yet.
        url="" if public else addresses.records(setting.app, setting.object) + "/files",
        accept=uploads.accepted(field),
        kind=field.kind,
    )


INPUTS = {"date": "date", "datetime": "datetime-local"}


def ends_of(field: Field, value: Any, typed: Any, language: str) -> dict[str, Any]:
    """What the two controls of a range hold, and their sort; what was typed is kept as it was."""
    if not isinstance(field, Interval):
        return {}
    kept = isinstance(typed, list) and len(typed) == 2
    texts = typed if kept else field.ends(value)
    labels = (say(zh="起", en="from").to(language), say(zh="止", en="to").to(language))
    return {"ends": tuple(zip(labels, texts, strict=True)), "kind": INPUTS.get(field.of, "text")}


def output(setting: Setting, record: Record, field: Field, path: str, *, compact: bool = False) -> Control:
    """A value that is shown in the form; a formula that the browser can evaluate travels with it."""
    field = field.seen_from(record.session.tx.timezone)
    value = record.get(field.name)
    shown = None if isinstance(value, ErrorValue) else titled(record.session, value)
    tree = field.formula.browser() if field.formula is not None else None
    return Control(
        name=path,
        label=field.label.to(setting.language),
        widget=OUTPUT,
        kind=field.kind,
        shown=getattr(field, "shown", None),
        prefix=sign_of(field, setting.language),
        value=field.to_input(shown),
        text=field.format(shown, setting.language),
        help=text_of(field.help, setting),
        error=setting.errors.get(path, ""),
        readonly=True,
        compact=compact,
        mark=values.mark_of(record, field),
        formula=tree,
        scale=field.type.scale if field.type.name == "number" else None,
        hidden=field.show is not None and not holds(field.show, record),
        conditional=field.show is not None,
    )


def read(record: Record, field: Field, language: str) -> Control:
    """A value on a page to read."""
    cell = values.cell(record, field, language)
    return Control(
        name=field.name,
        label=cell.label,
        widget=field.widget,
        text=cell.text,
        url=cell.url,
        color=cell.color,
        mark=cell.mark,
        reason=cell.reason,
        items=uploads.read(record, field),
        hidden=field.show is not None and not holds(field.show, record),
        conditional=field.show is not None,
    )


def holds(rule: bool | Expression, record: Record) -> bool:
    """A rule that is fixed or depends on the record; an error in it counts as no."""
    return rule if isinstance(rule, bool) else rule.value(record.frame()) is True


def limit(field: Field, bound: Expression | None, record: Record) -> str:
    """A least or greatest value as the control holds it; blank where there is none, or where a day bounds a moment."""
    found = None if bound is None else bound.value(record.frame())
    day = field.kind == "datetime" and not isinstance(found, dt.datetime)
    return "" if found is None or day or isinstance(found, ErrorValue) else field.to_input(found)


def sign_of(field: Field, language: str) -> str:
    """The sign of the currency of a money field where it is fixed; blank otherwise."""
    currency = getattr(field, "currency", None)
    return get_currency_symbol(str(currency.value), locale_of(language)) if isinstance(currency, Literal) else ""


def text_of(text: Any, setting: Setting) -> str:
    return "" if text is None else str(text.to(setting.language))


def stem(path: str) -> str:
    """The path without row numbers: `lines.0.qty` is `lines.qty`."""
    return ".".join(part for part in path.split(".") if not part.isdigit() and part != "__index__")


def options_of(field: Field, language: str, tx: Tx) -> list[Option]:
    """The options of a choice, or the values of the site's list that the field is bound to."""
    if field.listed:
        return [Option(name, name) for name in organisation.listed(tx, field.listed)]
    options: Mapping[str, Any] = getattr(field, "options", None) or {}
    return [
        Option(code, o.label.to(language), values.color_of(o.color) if o.color else "") for code, o in options.items()
    ]


def leads(field: Field) -> bool:
    """Whether its values are links, one or several."""
    return field.type.name == "record" or (field.type.of is not None and field.type.of.name == "record")


def lookup_of(setting: Setting, field: Field, path: str) -> str:
    """Where a link's control asks for candidates."""
    if not leads(field):
        return ""
    url = addresses.lookup(setting.app, setting.object, stem(path))
    outward = isinstance(field, Link) and field.where is not None and bool(field.where.reads)
    return addresses.extended(url, draft="1") if outward else url


def items_of(field: Field, shown: Any, given: Any, app: App) -> list[Item]:
    """The links that are chosen now; what was typed and could not be read is kept as it was."""
    found = [
        Item(
            field.to_input(ref),
            ref.title,
            values.address_of(app, ref) if isinstance(ref, Ref) else "",
        )
        for ref in refs_in(shown)
    ]
    typed = [given] if isinstance(given, str) and given else given if isinstance(given, list) else []
    known = {item.id for item in found}
    unread = [Item(str(t), str(t)) for t in typed if str(t) not in known] if field.type.name == "record" else []
    return unread or found


def to_filter(tx: Tx, obj: Object, field: Field, name: str) -> Control:
    """The control in which a value to filter by is picked: nothing is required, nothing asks the server."""
    found = free(tx, field, name, "")
    return replace(
        found, url=addresses.lookup(tx.app.name, obj.name, field.name) if leads(field) else ""
    )


def free(tx: Tx, field: Field, name: str, value: str) -> Control:
    """The control of a value that belongs to no record: a filter's, a report's parameter."""
    language = tx.actor.language
    widget, options = field.widget, options_of(field, language, tx)
    if field.type.name == "boolean":
        widget, options = "select", [Option(code, field.format(code == "true", language)) for code in ("true", "false")]
    if leads(field):
        widget = "link"
    return Control(
        name=name,
        label=field.label.to(language),
        widget="text" if widget == "textarea" else widget,
        value=value,
        options=options,
        help=field.help.to(language) if field.help else "",
        items=[Item(value, value)] if value and widget == "link" else (),
    )


def refreshing(fields: Mapping[str, Field], lines: Mapping[str, Mapping[str, Field]]) -> frozenset[str]:
    """Paths (without row numbers) on whose change the server has to compute something: copies, refills, balances,
    conditions, formulas that the browser cannot evaluate, and what is compared with other records."""
    found: set[str] = {field.name for field in fields.values() if field.similar}
    for field in fields.values():
        found |= {seen for path in asks(field) for seen in (_own(path), _own(path[:1])) if seen}
    for name, inner in lines.items():
        for field in inner.values():
            for path in asks(field):
                if path[0] == "parent":
                    found |= {path[1]} if len(path) > 1 else set()
                else:
                    found.add(f"{name}.{path[0]}")
    return frozenset(found)


def _own(path: tuple[str, ...]) -> str:
    return "" if path[0].startswith("@") else ".".join(path[:2])


def asks(field: Field) -> list[tuple[str, ...]]:
    """The paths that a field reads in a way that only the server can follow."""
    found: list[tuple[str, ...]] = [field.copy] if field.copy else []
    found += [(name,) for name in field.refill]
    expressions: list[Expression | None] = [field.show, field.edit, *field.mark.values()]
    if isinstance(field.required, Expression):
        expressions.append(field.required)
    if field.balance is not None:
        expressions += field.balance.keys.values()
    if field.formula is not None and field.formula.browser() is None:
        expressions.append(field.formula)
    if isinstance(field.default, Expression) and field.refill:
        expressions.append(field.default)
    return found + [path for e in expressions if e is not None for path in e.reads]
