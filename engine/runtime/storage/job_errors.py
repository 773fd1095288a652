"""Why a job failed, kept as one text for logs and told in the reader's language. Knows no job."""

from __future__ import annotations

import re

from engine.errors import Failure
from engine.texts import FALLBACK, Text

OTHER = re.compile(r"\n⟦([A-Za-z][\w-]*)⟧ ")     # begins the same in another language
KIND = re.compile(r"\A[A-Z]\w*: ")


def kept(error: Exception) -> str:
    """The class of the error and what it says in English; below that, what a refusal says in its other languages."""
    said = error if isinstance(error, Failure) else error.__cause__
    same = isinstance(said, Failure) and str(said) == str(error)    # what is hopeless repeats the refusal behind it
    spoken = said.message.spoken() if same and isinstance(said, Failure) else {}
    others = [f"\n⟦{name}⟧ {text}" for name, text in spoken.items() if name != FALLBACK and text != str(error)]
    return f"{type(error).__name__}: {error}{''.join(others)}"


def told(error: str) -> Text:
    """What was kept, in each of its languages; then without the class, which says nothing to people."""
    first, *others = OTHER.split(error)
    forms = {FALLBACK: KIND.sub("", first, count=1) if others else first}
    return Text(forms | dict(zip(others[::2], others[1::2], strict=True)))
