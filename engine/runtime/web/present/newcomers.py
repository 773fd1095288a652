"""Ways to begin a new record: the whole form, and forms for an occasion. Knows no request."""

from __future__ import annotations

from collections.abc import Mapping

from engine.definitions.objects import Object
from engine.definitions.occasions import Occasion
from engine.runtime.services import occasions, uniques
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses


def ways(tx: Tx, obj: Object) -> list[Mapping[str, str]]:
    """The entries of a menu; none where the whole form is the only way."""
    forms = occasions.offered(tx, obj)
    if not forms:
        return []
    whole = {"label": obj.label.to(tx.actor.language), "url": addresses.new_record(tx.app.name, obj.name)}
    return [{**whole, "icon": obj.icon or "file"}, *(entry(tx, obj, one) for one in forms)]


def entry(tx: Tx, obj: Object, form: Occasion) -> Mapping[str, str]:
    """What leads to a form for an occasion."""
    url = addresses.extended(addresses.new_record(tx.app.name, obj.name), _form=form.name)
    return {"label": form.label.to(tx.actor.language), "url": url, "icon": "file-pencil"}


def begun(tx: Tx, names: list[str], most: int) -> list[Mapping[str, str]]:
    """What the actor may begin, of these objects in their order, each with its forms for an occasion."""
    found: list[Mapping[str, str]] = []
    for name in dict.fromkeys(names):
        obj = tx.app.objects[name]
        if uniques.offers_new(tx, obj):
            url = addresses.new_record(tx.app.name, name)
            found.append({"label": obj.label.to(tx.actor.language), "url": url, "icon": obj.icon})
            found += (entry(tx, obj, form) for form in occasions.offered(tx, obj))
    return found[:most]
