"""What the control of a link offers: records with the columns that tell them apart, and the form of a new one."""

from __future__ import annotations

from engine.definitions.objects import Object
from engine.expressions.values import Ref
from engine.kinds.fields.base import Field
from engine.kinds.fields.link import Link
from engine.runtime.services import uniques
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, columns, values

MOST_HINTS = 3
LONGEST_HINT = 40                              # signs of one text
TOLD = ("text", "choice", "number", "date", "boolean")   # what a hint can say; the titles of links would be looked up


def candidate(tx: Tx, link: Link, record: Record) -> dict[str, str]:
    """A record that a link may take, as its control lists it: the kind of record where there are several, then the
    first columns of its list that its title does not tell."""
    obj, language = record.definition, tx.actor.language
    said = [obj.label.to(language)] if link.several else []
    shown = access.visible_fields(tx, obj, record)
    for field in telling(tx, obj):
        if field.name in shown and len(said) < MOST_HINTS and record.get(field.name) is not None:
            said.append(values.cell(record, field, language).text[:LONGEST_HINT])
    return {
        "id": link.to_input(Ref(record.object, record.id or 0)),
        "title": record.title,
        "hint": " · ".join(text for text in said if text),
    }


def telling(tx: Tx, obj: Object) -> list[Field]:
    """The fields in the columns of an object's list that its title leaves out; of lines what they are about and how
    many."""
    if obj.owner:
        return [
            f for f in obj.fields.values()
            if f.stored and f.show is None and (f.kind == "quantity" or isinstance(f, Link) and "." not in f.to[0])
        ]
    view = next((v for v in obj.views.values() if v.default), next(iter(obj.views.values()), None))
    titled = {path[0] for path in obj.title.reads} if obj.title is not None else set(obj.key)
    found = columns.of_view(tx, obj, view, frozenset(obj.fields), tx.actor.language)
    return [
        c.field for c in found
        if c.field is not None and "." not in c.path and c.path not in titled
        and c.field.stored and c.field.type.name in TOLD
    ]


def fresh(tx: Tx, field: Field) -> str:
    """Where the form of a new record for a link is; blank where the actor makes none."""
    if not isinstance(field, Link) or field.several or not field.to or tx.actor.kind != "user":
        return ""
    obj = tx.app.objects.get(field.to[0])
    if obj is None or obj.name == "user" or obj.owner or not uniques.offers_new(tx, obj):
        return ""
    return addresses.quick(tx.app.name, obj.name)


def fresh_label(tx: Tx, field: Field) -> str:
    """The kind of record that `fresh` makes."""
    return tx.app.objects[field.to[0]].label.to(tx.actor.language) if isinstance(field, Link) and field.to else ""


def typed_field(obj: Object) -> str:
    """The field that takes what somebody typed to find a record that is not there: the first text of its title."""
    titled = [path[0] for path in obj.title.reads if len(path) == 1] if obj.title is not None else list(obj.key)
    texts = [f for f in obj.fields.values() if f.type.name == "text" and not f.computed and f.default is None]
    named = [f for f in texts if f.name in titled] or [f for f in texts if f.required is True]
    first = next((f for f in named if f.name not in obj.key), next(iter(named), None))
    return first.name if first is not None else ""
