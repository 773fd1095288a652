"""Forms for an occasion: who is offered which, and saving one. Rights are those of the person; the form narrows what
is asked and adds what the definition gives. Knows no request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.definitions.objects import Object
from engine.definitions.occasions import Occasion
from engine.definitions.surfaces import Surface
from engine.errors import FieldError, Forbidden, Invalid, NotFound
from engine.expressions.values import Ref
from engine.runtime.services import commands, saving, uniques
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.texts import say


def offered(tx: Tx, obj: Object) -> list[Occasion]:
    """The forms for a new record that the actor may fill in, as declared."""
    if not obj.occasions or not uniques.offers_new(tx, obj):
        return []
    return [one for one in obj.occasions.values() if _is_for(tx, obj, one)]


def found(tx: Tx, object: str, name: str) -> Occasion:
    """The form of this name. Raises `NotFound`, or `Forbidden` where it is for others."""
    obj = commands.known(tx, object)
    one = obj.occasions.get(name)
    if one is None:
        text = say(zh="“{object}”没有表单 {name}", en="{object} has no form {name}", object=obj.label, name=name[:40])
        raise NotFound(text)
    access.demand_create(tx, obj)
    if not _is_for(tx, obj, one):
        raise Forbidden(say(zh="表单“{form}”不供您使用", en="The form {form} is not for you", form=one.label))
    return one


def _is_for(tx: Tx, obj: Object, one: Occasion) -> bool:
    if one.by is None or access.unbound(tx.actor):
        return True
    return access.is_one_of(saving.start_new(Session(tx), obj), one.by)


def create(tx: Tx, form: Occasion, values: Mapping[str, Any], *, accept: Iterable[str] = ()) -> Record:
    """A new record by its form. Raises `Invalid` for what the form does not ask."""
    refuse_others(tx, form, values)
    return commands.create(tx, form.object, values, accept=accept, preset=form.set, before=form.before)


def refuse_others(tx: Tx, form: Occasion, values: Mapping[str, Any]) -> None:
    """Values of fields and columns that the form does not ask are refused, by name."""
    text = say(zh="表单“{form}”没有这个字段", en="The form {form} does not ask for this", form=form.label)
    paths = dict.fromkeys(commands.paths_of(tx.app.objects[form.object], values))
    errors = [FieldError(path, text, "form") for path in paths if not form.asks(path)]
    if errors:
        raise Invalid(errors[0].told, errors=errors)


def thanks(form: Occasion | Surface, record: Record) -> str:
    """What is said when the form is saved; blank where nothing is."""
    if form.thanks is None:
        return ""
    session = Session(record.session.tx)
    stored = session.record(Ref(record.object, record.id or 0)) or record
    return session.rendered(form.thanks, session.frame(stored)).to(session.tx.actor.language)
