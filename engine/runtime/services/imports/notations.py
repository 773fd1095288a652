"""How a column writes its numbers and days, told by its cells; what they leave open is asked. Looks nothing up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from engine.runtime.services.imports.cells import CURRENCY, read_day
from engine.runtime.services.imports.plans import Notation

POINT, COMMA, SPACE = "1,234.5", "1.234,5", "1 234,5"
EITHER = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")        # 1.234 and 1,234: one sign, three digits after it
SHAPES = (
    (POINT, re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[0-9]{1,3}(?:,[0-9]{3}){2,}|[0-9]*\.[0-9]+")),
    (COMMA, re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3}){2,}|[0-9]*,[0-9]+")),
    (SPACE, re.compile(r"[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+(?:,[0-9]+)?")),
)
ISO = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[T ].*)?")
FIRST = 50                                     # days that tell which forms come into question
CLOCKS = ("", " H:mm", " H:mm:ss")
ORDERS = ("D{0}M{0}YYYY", "M{0}D{0}YYYY", "YYYY{0}M{0}D", "D{0}M{0}YY", "M{0}D{0}YY", "YY{0}M{0}D")
FORMS = (
    *(order.format(sign) for sign in "/.-" for order in ORDERS),
    "YYYY年M月D日", "YYYYMMDD", "D MMM YYYY", "D-MMM-YYYY", "D-MMM-YY", "MMM D, YYYY", "MMM D YYYY",
)


def number_forms(texts: Iterable[str]) -> tuple[set[str], str]:
    """The notations of which the numbers give evidence, and a number that may be read in two ways (blank: none)."""
    evidence: set[str] = set()
    doubtful = ""
    for text in texts:
        match = CURRENCY.fullmatch(text.strip("()").removesuffix("%").strip())
        if match is None:
            continue
        digits = match["number"].strip()
        if EITHER.fullmatch(digits):
            doubtful = doubtful or text
            continue
        evidence.update(name for name, shape in SHAPES if shape.fullmatch(digits))
    return evidence, doubtful


def day_forms(texts: Sequence[str]) -> tuple[list[str], str]:
    """The forms in which the days may be written, those that read most of them; and a day that shows the doubt.

    Blank where some day is in ISO notation, or no form reads any."""
    odd = list(dict.fromkeys(texts))
    if not odd or any(ISO.fullmatch(text) for text in odd):
        return [], ""                          # beside ISO days others are slips, not another form
    reads: dict[str, frozenset[str]] = {}
    for form in FORMS:
        for clock in CLOCKS:
            if any(_fits(text, form + clock) for text in odd[:FIRST]):
                fit = frozenset(text for text in odd if _fits(text, form + clock))
                if not clock or fit != reads.get(form):        # a midnight is read without its clock, too
                    reads[form + clock] = fit
    best = [form for form, fit in reads.items() if not any(fit < other for other in reads.values())]
    return best, odd[0]


def _fits(text: str, form: str) -> bool:
    return read_day(text, Notation((form,))) is not None
