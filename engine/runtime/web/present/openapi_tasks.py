"""The part of the OpenAPI document that tells of workflow tasks, which belong to no single app. Knows schemas only."""

from __future__ import annotations

from typing import Any

from engine.runtime.web.present.schemas import LINK

JSON = dict[str, Any]
VERBS = (
    "approve", "reject", "return", "transfer", "resubmit", "withdraw", "comment", "delegate", "answer", "take-back",
    "add-signer", "remove-signer", "urge", "done", "recall", "claim", "unclaim", "cc", "stash", "revoke", "abstain",
)
MOMENT: JSON = {"type": ["string", "null"], "format": "date-time"}
TASK: JSON = {
    "type": "object",
    "required": ["id", "app", "flow", "step", "kind", "record", "status", "version"],
    "properties": {
        "id": {"type": "integer"},
        "app": {"type": "string"},
        "flow": {"type": "string"},
        "flow_label": {"type": "string"},
        "step": {"type": "string"},
        "step_label": {"type": "string"},
        "kind": {"type": "string"},
        "record": LINK,
        "initiator": LINK,
        "status": {"type": "string"},
        "flow_status": {"type": "string"},
        "decision": {"type": ["string", "null"]},
        "opinion": {"type": ["string", "null"]},
        "version": {"type": "integer", "description": "To be given back with a decision, so that none is stale."},
        "at": MOMENT,
        "ended_at": MOMENT,
        "due_at": MOMENT,
    },
}
NAMES: JSON = {"type": "array", "items": {"type": "string"}}
OPEN: JSON = {
    **TASK,
    "properties": {
        **TASK["properties"], "verbs": NAMES, "require": NAMES,
        "edit": {**NAMES, "type": ["array", "null"], "description": "The fields that are open; null: all."},
        "seen": {"type": "string", "description": "To be given back with a decision that changes fields."},
    },
}
PERSON: JSON = {"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string", "minLength": 1}]}
DECISION: JSON = {
    "to": {
        "description": "To whom a transfer or delegation gives the task, or who is added (also several) or removed.",
        "oneOf": [PERSON, {"type": "array", "items": PERSON, "maxItems": 20}],
    },
    "kind": {"enum": ["before", "after", "parallel"], "description": "When those who are added decide."},
    "rule": {"enum": ["all", "any", "in_order"], "description": "How they decide together."},
    "back": {"type": "string", "description": "To which step a return goes; `start`: to who submitted it."},
    "choose": {
        "type": "object", "description": "People for later steps, by the names of these.",
        "additionalProperties": {"type": "array", "items": PERSON, "maxItems": 20},
    },
    "signature": {
        "type": "string", "description": "A PNG or JPEG of up to 200 KB as a data URL, where the step asks for one.",
    },
    "mode": {"enum": ["rerun", "direct"], "description": "Whether all is asked again, or this step at once."},
    "version": {"type": "integer", "minimum": 1, "description": "The version of the task that was seen."},
    "seen": {"type": "string", "description": "What came with the task: refused if an open field has changed since."},
}
STATE: JSON = {
    "name": "state", "in": "query", "description": "Which box: what waits, was done, was started or is for reading.",
    "schema": {"type": "string", "enum": ["open", "done", "started", "copied"]},
}
APP: JSON = {"name": "app", "in": "query", "schema": {"type": "string"}, "description": "Of this app only"}
ID: JSON = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
VERB: JSON = {"name": "verb", "in": "path", "required": True, "schema": {"type": "string", "enum": list(VERBS)}}
