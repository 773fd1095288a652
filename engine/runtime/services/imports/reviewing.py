"""What somebody who imports looks at first: what was recognised, what has to be asked, the guessed mapping, first rows.

Writes nothing but the mapping that they settle on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Invalid, Refused
from engine.runtime.services.imports.background import find, unpacked
from engine.runtime.services.imports.guessing import guess
from engine.runtime.services.imports.looking import Look, look
from engine.runtime.services.imports.mappings import file_of, known_names, plan_of, shape_of
from engine.runtime.services.imports.questions import Question, Unclear
from engine.runtime.services.imports.rows import Row
from engine.runtime.storage import import_rows
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

SETTINGS = ("sheet", "header", "until", "encoding", "separator", "dates", "numbers", "accept")
MOST_SHOWN = 5


@dataclass(slots=True)
class Review:
    """An uploaded file as it would be imported. `fields` as in a mapping, `how` they were found (`name`, `similar`,
    `order`, `said`); `problem`: why it cannot be read at all."""

    columns: tuple[str, ...] = ()
    rows: Sequence[Row] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    how: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[Text] = ()
    questions: Sequence[Question] = ()
    problem: Text | None = None


def review(tx: Tx, id: int) -> Review:
    """What an import of the actor's own would do. Raises `NotFound`, `Forbidden`."""
    found = find(tx, id)
    content = import_rows.content(tx.connection, id)
    obj = tx.app.objects[found["object"]]
    mapping = {**found["mapping"], "object": obj.name, "file": found["file"]}
    with unpacked(content, found["file"]) as folder:
        try:
            seen = look(folder, file_of(mapping), known_names(obj))
        except Invalid as failure:
            return Review(questions=getattr(failure, "questions", ()), problem=failure.message)
        if not seen.columns:
            return Review(notes=seen.notes, questions=seen.questions)
        guessed = guess(tx.app, obj, seen)
        fields = mapping.get("fields") or guessed.fields
        how = {name: guessed.how.get(name, "said") if fields[name] == guessed.fields.get(name) else "said"
               for name in fields}
        shown = Review(seen.columns, seen.sample[:MOST_SHOWN], fields, how, seen.notes, seen.questions)
        if fields:
            _plan(tx, shown, {**mapping, "fields": dict(fields)}, seen, lambda spec, names: look(folder, spec, names))
    return shown


def _plan(tx: Tx, shown: Review, mapping: Mapping[str, Any], seen: Look, looker: Any) -> None:
    try:
        shown.notes = plan_of(mapping, tx.app, looker).notes
    except Unclear as failure:
        shown.questions = failure.questions
    except Invalid as failure:
        shown.problem = failure.message


def configure(tx: Tx, id: int, answers: Mapping[str, Any], fields: Mapping[str, Any] | None) -> None:
    """Keep what somebody says about their file: settings, and which column goes into which field (None: not said).

    Raises `Refused` once it runs, `Invalid` for what a mapping cannot say."""
    found = find(tx, id)
    if found["state"] in ("rehearsing", "running", "done"):
        raise Refused(say("这次导入已在进行或已完成", "This import is under way or done"), code="state")
    mapping = {name: value for name, value in answers.items() if name in SETTINGS and value not in (None, "", [])}
    if fields is not None:
        mapping["fields"] = dict(fields)
        key = tx.app.objects[found["object"]].key
        if key and all(name in fields for name in key):
            mapping["key"] = list(key)
    if not mapping.get("fields"):
        mapping.pop("fields", None)
    shape_of({**mapping, "object": found["object"], "file": found["file"]})
    import_rows.change(tx.connection, id, tx.now, {"mapping": mapping, "state": "new", "message": {}})
