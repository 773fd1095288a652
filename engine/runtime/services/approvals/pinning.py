"""The definition that a running approval was started with: of the live version, or read again from the stored texts."""

from __future__ import annotations

from functools import lru_cache

from engine.definitions.app import App
from engine.definitions.automations import Automation
from engine.definitions.compile import load
from engine.definitions.flows import Flow
from engine.errors import Refused
from engine.runtime.storage import versions
from engine.runtime.storage.flow_states import Instance
from engine.runtime.storage.live import Tx
from engine.texts import say


def flow_of(tx: Tx, instance: Instance) -> Flow:
    """The flow as it was when the instance was started; where that text can't be read any more, the live one."""
    flow = app_at(tx, instance.version).flows.get(instance.flow) or tx.app.flows.get(instance.flow)
    if flow is None:
        text = say(zh="流程 {flow} 的定义已不存在", en="The definition of {flow} is gone", flow=instance.flow)
        raise Refused(text, code="no_flow")
    return flow


def automation_of(tx: Tx, name: str, version: int) -> Automation | None:
    """An automation as it was in the version with which a run of it began."""
    return app_at(tx, version).automations.get(name)


def app_at(tx: Tx, version: int) -> App:
    """A version of the app; the live one where its text can't be read any more."""
    if version == tx.live.version:
        return tx.app
    texts = versions.texts(tx.connection, tx.app.name, version)
    return _compiled(tuple(sorted(texts.items()))) or tx.app


@lru_cache(maxsize=8)
def _compiled(texts: tuple[tuple[str, str], ...]) -> App | None:
    """An old version, compiled once per process."""
    return load(dict(texts)).built            # a later engine may judge stricter: what runs goes on running
