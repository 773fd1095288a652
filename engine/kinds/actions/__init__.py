"""All kinds of steps that an action can take, in one dict. Knows not how they run."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.kinds.actions.act import Act
from engine.kinds.actions.allocate import Allocate
from engine.kinds.actions.anonymise import Anonymise
from engine.kinds.actions.assign import Assign
from engine.kinds.actions.base import Step
from engine.kinds.actions.comment import Comment
from engine.kinds.actions.create import Create
from engine.kinds.actions.delete import Delete
from engine.kinds.actions.each import Each
from engine.kinds.actions.ensure import Ensure
from engine.kinds.actions.if_ import If
from engine.kinds.actions.mail import Mail
from engine.kinds.actions.notify import Notify
from engine.kinds.actions.refuse import Refuse
from engine.kinds.actions.run import RunAutomation
from engine.kinds.actions.set import Set
from engine.kinds.actions.signal import Signal
from engine.kinds.actions.start import Start
from engine.kinds.actions.update import Update
from engine.kinds.actions.wait import Wait
from engine.kinds.actions.webhook import Webhook

STEPS: Mapping[str, type[Step]] = MappingProxyType({
    step.kind: step
    for step in (
        Create, Update, Delete, Anonymise, Act, Set, Each, If, Notify, Refuse, Ensure, Assign, Comment, Webhook,
        Start, RunAutomation, Wait, Signal, Mail, Allocate,
    )
})
