"""Records that may be the same as the one of an open form: named with their addresses, as far as the reader sees them.
Knows no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.runtime.services.similars import TOLD, Similar
from engine.runtime.web.present import addresses
from engine.texts import say


@dataclass(frozen=True, slots=True)
class Likes:
    """By the label of a field: title and address of records, and in words how many more there are."""

    title: str
    fields: Sequence[tuple[str, Sequence[tuple[str, str]], str]]


def told(found: Sequence[Similar], app: str, language: str) -> Likes | None:
    """In words, for a form; None where nothing is like it."""
    if not found:
        return None
    title = say(zh="可能已有这条记录", en="This may be there already")
    return Likes(title.to(language), [_of_field(one, app, language) for one in found])


def _of_field(one: Similar, app: str, language: str) -> tuple[str, Sequence[tuple[str, str]], str]:
    links = [
        (record.title, addresses.record(app, record.object, record.id)) for record in one.seen[:TOLD]
        if record.id is not None
    ]
    more = len(one.seen) - len(links)
    rest = [say(zh="另有 {n} 条", en="{n} more", n=more).to(language)] if more else []
    if one.unseen:
        rest.append(say(zh="{n} 条您无权查看的记录", en="{n} out of your sight", n=one.unseen).to(language))
    joint = "，" if language == "zh" else ", "
    return one.field.label.to(language), links, joint.join(rest)
