"""What a file leaves open, asked instead of guessed: each question names the key of the mapping that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import FieldError, Invalid
from engine.texts import Text, say


@dataclass(frozen=True, slots=True)
class Choice:
    """A possible answer: the value for the mapping, and how it is shown (blank: as itself)."""

    value: object
    label: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that the file does not tell. `path` is the mapping's key (`header`, `fields.date.dates`)."""

    path: str
    text: Text
    choices: tuple[Choice, ...] = ()


class Unclear(Invalid):
    """The import cannot begin before these questions are answered."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = tuple(questions)
        first = self.questions[0]
        super().__init__(shown(first), errors=[FieldError(q.path, shown(q), "question") for q in questions],
                         code="question")


def shown(question: Question) -> Text:
    """The question with its possible answers, as a line of text."""
    answers = " | ".join(choice.label or str(choice.value) for choice in question.choices)
    if not answers:
        return question.text
    return say("{text}（{answers}）", "{text} ({answers})", text=question.text, answers=answers)
