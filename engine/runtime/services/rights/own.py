"""What an actor may by own roles on a record. One that is seen only because a flow asks the actor, or because somebody
shared it, is not the actor's to change: `edit: true` means all that the role sees."""

from __future__ import annotations

from collections.abc import Sequence

from engine.definitions.access import Grant, Permission
from engine.definitions.objects import Object
from engine.runtime.services.records import Record
from engine.runtime.services.rights.granting import Lent, permissions, unbound
from engine.runtime.storage.live import Tx

WRITING = ("edit", "delete")                   # verbs on records that the actor's own grants must show


def holds(record: Record, verb: str) -> bool:
    """Whether a grant of the actor's own roles gives the verb on this very record."""
    given = permissions(record.session.tx, record.object, verb)
    own = [p.when for _, p in given if not isinstance(p, Lent)]
    return any(when is None or when.value(record.session.frame(record)) is True for when in own)


def in_sight(record: Record) -> bool:
    """Whether a grant of the actor's own roles shows the record, or there is none to be shown yet."""
    root = record.root
    return root.id is None or root.object == "user" or unbound(root.session.tx.actor) or holds(root, "see")


def writing(tx: Tx, obj: Object, record: Record | None, verb: str) -> Sequence[tuple[Grant, Permission]]:
    """The permissions of `create` or `edit` that can be for this record: of one out of own sight what is lent."""
    given = permissions(tx, obj.owner or obj.name, verb)
    if record is None or not given or verb not in WRITING or in_sight(record):
        return given
    return [one for one in given if isinstance(one[1], Lent)]
