"""Signatures that were drawn with decisions: small pictures, kept once and never changed. Decides nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import insert, select

from engine.runtime.storage.flow_tables import AUTOGRAPHS
from engine.runtime.storage.live import Tx


def digest(content: bytes) -> str:
    """What the history of an approval tells of a signature."""
    return hashlib.sha256(content).hexdigest()


def keep(tx: Tx, instance: int, task: int, content: bytes) -> None:
    """Keep the signature of a decision."""
    values = {"instance": instance, "task": task, "digest": digest(content), "content": content, "at": tx.now}
    tx.connection.execute(insert(AUTOGRAPHS).values(**values))


def one(tx: Tx, task: int, digest: str) -> bytes | None:
    """The signature of a task that the history names."""
    query = select(AUTOGRAPHS.c.content).where(AUTOGRAPHS.c.task == task, AUTOGRAPHS.c.digest == digest).limit(1)
    found = tx.connection.execute(query).scalar_one_or_none()
    return None if found is None else bytes(found)


def latest(events: Iterable[Mapping[Any, Any]]) -> dict[int, str]:
    """The digest of the last signature of each task, out of a history."""
    return {event["task"]: str(event["data"]["signature"]) for event in events if event["data"].get("signature")}


def sound(tx: Tx, events: Iterable[Mapping[Any, Any]]) -> bool:
    """Whether every signature that a history names is there as it was drawn."""
    named = [(event["task"], str(event["data"]["signature"])) for event in events if event["data"].get("signature")]
    kept = ((told, one(tx, task, told)) for task, told in named)
    return all(content is not None and digest(content) == told for told, content in kept)
