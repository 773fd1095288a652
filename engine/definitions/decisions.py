"""Decisions: rules that expressions call by name, as a formula or as a table of cases. Reads no rows of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.errors import Location
from engine.expressions.values import ErrorValue, Key, Ref, Row, Rows
from engine.kinds.fields.base import Field, Literal
from engine.texts import Text, say

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression
    from engine.expressions.scope import Frame
    from engine.expressions.values import Value

ONLY = ""  # the name of the one result of a decision that gives one


@dataclass(frozen=True, slots=True)
class Cell:
    """What one input may be for a case to hold: `any`, `in` (one of `values`), `from` … `to` (either may be None)."""

    test: str
    values: tuple[Any, ...] = ()

    def fits(self, value: Any) -> bool:
        """Whether a plain value (links by their key's text) fits; a blank one fits `any` and a listed blank only."""
        if self.test == "any":
            return True
        if self.test == "in":
            return value in self.values
        if value is None:
            return False
        low, high, strict_low, strict_high = self.values
        above = low is None or value > low or (value == low and not strict_low)
        below = high is None or value < high or (value == high and not strict_high)
        return above and below


@dataclass(frozen=True, slots=True)
class Case:
    """One row of a table: a cell per input, a value or expression per result."""

    cells: tuple[Cell, ...]
    gives: Mapping[str, Literal | Expression]

    def fits(self, given: Sequence[Any]) -> bool:
        """Whether every cell fits its input."""
        return all(cell.fits(value) for cell, value in zip(self.cells, given, strict=True))


@dataclass(frozen=True, slots=True)
class Matching:
    """Rules that are records: `pick` is the one that wins (with `hit: all` the list of all), blank where none fits.

    `alias` names it in what it `gives`."""

    pick: Expression
    alias: str
    gives: Mapping[str, Literal | Expression]


@dataclass(frozen=True, slots=True)
class Decision:
    """A function of its inputs, which are bare names in its expressions (names of the frame).

    `gives` is the one result, or `results` are several by name. `formula` computes the one result, or `cases` are
    tried in order: the first that fits (`hit: first`), the only one (`only`; two that fit are an error), or a list of
    the answers of all that fit (`all`). With `matching` the cases are records."""

    name: str
    label: Text
    inputs: Mapping[str, Field]
    gives: Field | None = None
    results: Mapping[str, Field] = field(default_factory=dict)
    formula: Expression | None = None
    cases: tuple[Case, ...] = ()
    matching: Matching | None = None
    hit: str = "first"
    otherwise: Mapping[str, Literal | Expression] = field(default_factory=dict)
    location: Location = Location("")

    def decide(self, frame: Frame) -> Value | Mapping[str, Value]:
        """The answer, an `ErrorValue` where no case fits; the inputs are names of the frame."""
        if self.formula is not None:
            return self.formula.value(frame)
        if self.matching is not None:
            return self._matched(self.matching, frame)
        given = [self._plain(name, frame) for name in self.inputs]
        for value in given:
            if isinstance(value, ErrorValue):
                return value
        fitting = [case for case in self.cases if case.fits(given)]
        if len(fitting) > 1 and self.hit == "only":
            return ErrorValue(
                "#N/A", say(zh="{name}：多条规则同时适用", en="{name}: several cases fit", name=self.label)
            )
        if self.hit == "all":
            return tuple(self._answer(ONLY, one.gives[ONLY], frame) for one in fitting or self._others())
        return self._answers(fitting[0].gives if fitting else self.otherwise, frame)

    def _matched(self, matching: Matching, frame: Frame) -> Value | Mapping[str, Value]:
        """The answer of the record that wins, or the answers of all that fit."""
        found = matching.pick.value(frame)
        if isinstance(found, ErrorValue):
            return found
        if self.hit == "all":
            items = found if isinstance(found, tuple) else found.items if isinstance(found, Rows) else ()
            if items:
                return tuple(self._answer(ONLY, matching.gives[ONLY], _beside(frame, matching, one)) for one in items)
            return tuple(self._answer(ONLY, one.gives[ONLY], frame) for one in self._others())
        if found is None:
            return self._answers(self.otherwise, frame)
        return self._answers(matching.gives, _beside(frame, matching, found))

    def _answers(self, chosen: Mapping[str, Literal | Expression], frame: Frame) -> Value | Mapping[str, Value]:
        if not chosen:
            return ErrorValue("#N/A", say(zh="{name}：没有适用的规则", en="{name}: no case fits", name=self.label))
        answers = {name: self._answer(name, one, frame) for name, one in chosen.items()}
        return answers[ONLY] if self.gives is not None else answers

    def _others(self) -> tuple[Case, ...]:
        """The case that nothing fits, where there is an answer for it."""
        return (Case((), self.otherwise),) if self.otherwise else ()

    def _plain(self, name: str, frame: Frame) -> Any:
        """An input as cells hold it: a link as the text of its key where a case names it so."""
        value = frame.names[name]
        ref = Ref(value.object, value.id) if isinstance(value, Row) and value.id is not None else value
        if not isinstance(ref, Ref):
            return ref
        place = list(self.inputs).index(name)
        for case in self.cases:
            for wanted in case.cells[place].values:
                if isinstance(wanted, Key) and frame.world.find(ref.object, wanted.text) == ref:
                    return wanted
        return ref

    def _answer(self, name: str, one: Literal | Expression, frame: Frame) -> Value:
        if not isinstance(one, Literal):
            return one.value(frame)
        if not isinstance(one.value, Key):
            return one.value  # type: ignore[no-any-return]
        field = self.gives if name == ONLY else self.results[name]
        targets = field.type.objects if field is not None else ()
        found = (frame.world.find(target, one.value.text) for target in targets)
        missing = say(zh="没有 {key}", en="there is no {key}", key=one.value.text)
        return next((ref for ref in found if ref is not None), ErrorValue("#N/A", missing))


def _beside(frame: Frame, matching: Matching, record: Any) -> Frame:
    """The frame in which the record has its name."""
    row = frame.world.record(record) if isinstance(record, Ref) else record
    return replace(frame, names={**frame.names, matching.alias: row})
