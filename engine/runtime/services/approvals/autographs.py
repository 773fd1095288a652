"""The signature that a step asks for: read with the decision, kept with it, named by the sealed history."""

from __future__ import annotations

from engine.definitions import blocks
from engine.definitions.flows import Approve, Flow
from engine.errors import FieldError, Invalid
from engine.runtime.storage.flow_states import HUMAN, State
from engine.texts import say

MOST = 200_000                                 # bytes of a signature
PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def wanted(flow: Flow, state: State, task: int) -> bool:
    """Whether the step of a task asks for a signature."""
    visit = state.visits[state.tasks[task].visit]
    step = blocks.step_at(flow, visit.at) if visit.kind in HUMAN else None
    return isinstance(step, Approve) and step.signature


def checked(content: bytes) -> bytes:
    """The picture of a signature; raises `Invalid` for anything else."""
    if content and (len(content) > MOST or kind_of(content) == ""):
        text = say(zh="签名应为不超过 200 KB 的 PNG 或 JPEG 图片", en="A signature is a PNG or JPEG of up to 200 KB")
        raise Invalid(text, errors=[FieldError("signature", text, "type")])
    return content


def kind_of(content: bytes) -> str:
    """The media type of a picture, blank where it is none that signatures are kept as."""
    return next((kind for start, kind in PICTURES.items() if content.startswith(start)), "")
