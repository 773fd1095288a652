"""Small questions that keep programs from filling forms: a sum in words, answered in digits. Nothing is kept of them:
what was asked comes back sealed, with the key of the form's one sending, so that an answer serves once."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from engine.digits import SMALL_DIGITS, whole
from engine.runtime.storage import site_rows
from engine.runtime.storage.database import Database
from engine.texts import Text, say

FACT = "puzzles"                               # where the site keeps what it seals them with
LIVES = dt.timedelta(hours=2)
MOST = 9
NUMBERS = (
    ("零", "zero"), ("一", "one"), ("二", "two"), ("三", "three"), ("四", "four"), ("五", "five"), ("六", "six"),
    ("七", "seven"), ("八", "eight"), ("九", "nine"),
)


@dataclass(frozen=True, slots=True)
class Puzzle:
    """A question and what comes back with its answer."""

    question: Text
    seal: str


def ask(key: str, form: str, sending: str, now: dt.datetime) -> Puzzle:
    """A question for one sending of a form."""
    one, other = 1 + secrets.randbelow(MOST), 1 + secrets.randbelow(MOST)
    question = say(
        zh="{a}加{b}等于几？（请填数字）", en="What is {a} plus {b}? (in digits)",
        a=say(zh=NUMBERS[one][0], en=NUMBERS[one][1]), b=say(zh=NUMBERS[other][0], en=NUMBERS[other][1]),
    )
    asked = int(now.timestamp())
    return Puzzle(question, f"{asked}.{_seal(key, form, sending, asked, one + other)}")


def solved(key: str, form: str, sending: str, seal: str, answer: str, now: dt.datetime) -> bool:
    """Whether this answers the question that was asked for this sending, not too long ago."""
    head, _, given = seal.partition(".")
    asked, number = whole(head, SMALL_DIGITS + 4), whole(answer.strip(), 3)
    if asked is None or number is None or not sending or not 0 <= now.timestamp() - asked <= LIVES.total_seconds():
        return False
    return hmac.compare_digest(_seal(key, form, sending, asked, number), given)


def _seal(key: str, form: str, sending: str, asked: int, answer: int) -> str:
    text = "\n".join((form, sending, str(asked), str(answer)))
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def key_of(database: Database, now: dt.datetime) -> str:
    """What this site seals its questions with; made when it is first needed."""
    with database.read() as connection:
        known = _kept(connection)
    if known:
        return known
    with database.write() as connection:
        known = _kept(connection) or secrets.token_hex(32)
        site_rows.put_fact(connection, FACT, {"key": known}, now)
    return known


def _kept(connection: Connection) -> str:
    found = site_rows.fact(connection, FACT)
    return "" if found is None else str(found[1]["key"])
