"""All that is wrong with what a program sent, in one answer. Knows the preview of a record, no route."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import Failure, FieldError, Invalid
from engine.runtime.services import commands, inputs, pointing, previews
from engine.runtime.storage.live import Tx
from engine.runtime.web.visits import opened


def completed(app: str, object: str, body: Mapping[str, Any], id: int | None, failure: Failure) -> Failure:
    """A refusal of a create or change together with whatever else is wrong: a command stops where the first kind of
    error (unreadable, out of sight, rules) shows."""
    if failure.errors:
        with opened(app) as tx:
            complete(tx, object, body, id, failure)
    return failure


def complete(tx: Tx, object: str, body: Mapping[str, Any], id: int | None, failure: Failure) -> None:
    """The same in a transaction at hand."""
    found = {(one.field, one.code): one for one in (*failure.errors, *_others(tx, object, body, id))}
    told: dict[str, FieldError] = {}
    for (field, _), one in found.items():      # of a field what was found first: what follows from it is no news
        told.setdefault(field or one.code, one)
    obj = commands.known(tx, object)
    alone = any(one.told == failure.message for one in failure.errors)      # else it is a summary of its own
    failure.errors = tuple(pointing.at(one, tx.app, obj) for one in told.values())
    if alone and isinstance(failure, Invalid):
        failure.message = pointing.summary(obj, failure.errors)


def _others(tx: Tx, object: str, body: Mapping[str, Any], id: int | None) -> list[FieldError]:
    values, unread = inputs.readable(tx, object, body)
    try:
        draft = previews.preview(tx, object, values, id)
    except Failure:                            # it may not be seen, or has moved on: what was said is all
        return unread
    judged = {check.called for check in draft.record.definition.checks}   # these may be answered, or raise an approval
    return [*unread, *(one for one in draft.errors if one.code not in judged)]
