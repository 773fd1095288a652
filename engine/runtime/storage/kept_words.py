"""Words taken out of what is kept for a time only: answers under keys of requests, jobs that are done. What is still to
be sent goes out as it was entered.

A word of Latin letters is taken out where it stands by itself: to blank Al is no reason to blank a part of `Alarm`, or
of a name by which a failed job finds its automation when it runs again. Other scripts write no spaces."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, or_, select, update

from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import JOBS, REPLIES

ENDED = ("done", "cancelled", "failed")
MOST = 500                                     # words that are looked for in one go
LATIN = re.compile("[A-Za-z0-9_]")


def erase(tx: Tx, words: Collection[str]) -> None:
    """Take these words out of kept answers, and out of the app's jobs that have ended."""
    longest = sorted(words, key=len, reverse=True)
    for start in range(0, len(longest), MOST):
        _erase(tx, longest[start : start + MOST])


def _erase(tx: Tx, words: Collection[str]) -> None:
    spoken = re.compile("|".join(map(_alone, words)))
    found = select(REPLIES.c.actor, REPLIES.c.key, REPLIES.c.reply).where(_holds(REPLIES.c.reply, words))
    for row in tx.connection.execute(found).all():
        mine = (REPLIES.c.actor == row.actor) & (REPLIES.c.key == row.key)
        tx.connection.execute(update(REPLIES).where(mine).values(reply=_without(row.reply, spoken)))
    ended = JOBS.c.app == tx.app.name, JOBS.c.state.in_(ENDED)
    jobs = select(JOBS.c.id, JOBS.c.args).where(*ended, _holds(JOBS.c.args, words))
    for id, args in tx.connection.execute(jobs).all():
        tx.connection.execute(update(JOBS).where(JOBS.c.id == id).values(args=_without(args, spoken)))


def _holds(column: ColumnElement[Any], words: Collection[str]) -> ColumnElement[bool]:
    """Whether JSON has one of the words, as it is written there or as it reads."""
    shown = cast(column, Text)
    forms = {form for word in words for form in (word, json.dumps(word)[1:-1])}
    return or_(*(shown.contains(form, autoescape=True) for form in sorted(forms)))


def _alone(word: str) -> str:
    """The pattern of a word; one that begins or ends with a Latin letter or a digit is no part of a longer one."""
    before = "(?<![A-Za-z0-9_])" if LATIN.match(word[0]) else ""
    after = "(?![A-Za-z0-9_])" if LATIN.match(word[-1]) else ""
    return before + re.escape(word) + after


def _without(value: Any, words: re.Pattern[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(inner, words) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, words) for inner in value]
    return words.sub("", value) if isinstance(value, str) else value
