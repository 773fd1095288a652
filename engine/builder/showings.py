"""Steps of declared tests that look at what people are shown: lines of a print form, key figures of a record."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence

from engine.builder.staging import Failed, Trial, text, texts
from engine.definitions.nodes import Map
from engine.expressions.comparing import same_key
from engine.expressions.types import ANY
from engine.expressions.values import ErrorValue, Ref
from engine.runtime.services import key_figures, reading
from engine.runtime.services.key_figures import Reading
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import papers, sheets
from engine.runtime.web.present.papers import Piece

MOST_TOLD = 12                                 # lines of a paper that a failed test tells


def prints(trial: Trial, step: Map) -> None:
    """Lines of a print form, as the acting person gets it, are like the patterns; those of `lacks` are not on it."""
    ref, name = trial.of(step), text(step.get("prints"))
    paper = trial.run(lambda tx: papers.of(reading.get(tx, ref.object, ref.id), name))
    lines = [one for one in (paper.header, *lines_of(paper.pieces), paper.footer) if one]
    shown = "; ".join(lines[:MOST_TOLD]) or "nothing"
    for pattern in texts(step.get("has")):
        if not fnmatch.filter(lines, pattern):
            raise Failed("a line is missing on the paper", step.at, expected=pattern, got=shown)
    for pattern in texts(step.get("lacks")):
        found = fnmatch.filter(lines, pattern)
        if found:
            raise Failed("a line too much on the paper", step.at, expected=f"no line like {pattern}", got=found[0])


def lines_of(pieces: Sequence[Piece]) -> Iterator[str]:
    """The texts of a paper from top to bottom: a fact as `label: value`, a row of a table with blanks between its
    cells."""
    for piece in pieces:
        yield from filter(None, piece.text.splitlines())
        yield from (f"{fact.label}: {fact.text}" for fact in piece.facts)
        if piece.table is not None:
            heads = [label for label, _ in piece.table.heads]
            yield from (" ".join(filter(None, row)) for row in (heads, *piece.table.rows, piece.table.total))
        for side in piece.sides:
            yield from lines_of(side)
        if piece.picture is not None:
            yield from filter(None, [piece.picture.label])
        yield from piece.labels


def shows(trial: Trial, step: Map) -> None:
    """A key figure stands on the page that the acting person sees of a record, with this value and color."""
    name = text(step.get("shows"))
    found = next((one for one in _figures(trial, step) if one.figure.name == name), None)
    if found is None:
        raise Failed("a key figure is not shown", step.at, expected=f"{name} is shown", got="it is not")
    got = _said(trial, found)
    wanted, color = step.get("is"), text(step.get("color"))
    if wanted is not None and not _same(found, trial.evaluate(wanted, ANY)):
        raise Failed("a key figure is another", wanted.at, expected=f"{name} is {text(wanted)}", got=got)
    if color and found.color != color:
        raise Failed("a key figure has another color", step.at, expected=color, got=found.color or "none")


def hides(trial: Trial, step: Map) -> None:
    """The acting person is not shown a key figure of a record."""
    name = text(step.get("hides"))
    for one in _figures(trial, step):
        if one.figure.name == name:
            raise Failed("a key figure is shown", step.at, expected=f"{name} is not", got=_said(trial, one))


def _figures(trial: Trial, step: Map) -> list[Reading]:
    ref = trial.of(step)

    def read(tx: Tx) -> list[Reading]:
        record = reading.get(tx, ref.object, ref.id)
        return key_figures.of(record, access.visible_fields(tx, record.definition, record))

    found: list[Reading] = trial.run(read)
    return found


def _same(found: Reading, wanted: object) -> bool:
    if isinstance(found.value, ErrorValue):
        return False
    return bool(same_key(found.value) == same_key(wanted))


def _said(trial: Trial, found: Reading) -> str:
    if isinstance(found.value, ErrorValue):
        return found.value.reason.to("en")
    if isinstance(found.value, Ref):
        return str(found.value)
    said: str = trial.run(lambda tx: sheets.shown(tx, found.figure.value.type, found.value))
    return f"{found.value} ({said})" if said else "blank"
