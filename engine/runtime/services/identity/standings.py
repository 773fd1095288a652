"""For which customer or supplier somebody from outside holds a role: given and taken back by administrators."""

from __future__ import annotations

from engine.errors import FieldError, Invalid, NotFound
from engine.expressions.values import Ref
from engine.runtime.services import events
from engine.runtime.services.identity import people
from engine.runtime.services.identity.people import Person
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage import people_rows
from engine.runtime.storage.actors import SERVICE
from engine.texts import say


def stand(site: Site, login: str, app: str, role: str, key: str, by: Person | None = None) -> None:
    """Let a person hold the role for the record of this key; a blank key takes that back. Raises `Invalid` where there
    is no such record."""
    person = people.find(site, login)
    with site.read(app, SERVICE) as tx:
        known = tx.app.roles.get(role)
        if person is None or known is None or not known.stands_for:
            raise NotFound(say(zh="没有这样的角色", en="There is no such role"))
        found = Session(tx).find(known.stands_for, key.strip()) if key.strip() else None
        if key.strip() and found is None:
            label = tx.app.objects[known.stands_for].label
            text = say(zh="没有“{key}”这样的{object}", en="There is no {object} called {key}", key=key, object=label)
            raise Invalid(text, errors=[FieldError(f"stands.{app}.{role}", text)])
    record = None if found is None else found.id
    with site.database.write() as connection:
        held = people_rows.standing(connection, person.id, app)[1]
        if held.get(role) == record:
            return
        people_rows.set_stand(connection, person.id, app, role, record)
        events.note(
            connection, site.now(), "stands_for", by=by, subject=login, app=app, role=role, record=record,
            key=key.strip(),
        )


def stands(site: Site, login: str, app: str) -> dict[str, tuple[str, str]]:
    """By role of those that stand for a record: the record's key, and what it is called; blank without one."""
    person = people.find(site, login)
    with site.read(app, SERVICE) as tx:
        roles = {one.name: one.stands_for for one in tx.app.roles.values() if one.stands_for}
        held = people_rows.standing(tx.connection, person.id, app)[1] if person is not None and roles else {}
        session, found = Session(tx), {}
        for role, object in roles.items():
            id = held.get(role)
            record = None if id is None else session.record(Ref(object, id))
            keys = () if record is None else (record.get(name) for name in tx.app.objects[object].key)
            key = "/".join(str(value) for value in keys if value is not None)
            found[role] = ("", "") if record is None else (key, record.title)
    return found
