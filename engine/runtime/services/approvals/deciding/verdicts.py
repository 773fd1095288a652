"""The arithmetic of joint decisions: when a visit with several people, or a join of several arms, is decided. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Literal

Verdict = Literal["approved", "rejected"] | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes so far: approved, rejected, still open; `abstained` are cast and count for neither."""

    approved: int
    rejected: int
    pending: int
    abstained: int = 0

    @property
    def all(self) -> int:
        return self.approved + self.rejected + self.pending + self.abstained


VOTED = ("count", "fraction", "percent")       # modes in which so many must agree, and somebody may abstain


def needed(mode: str, need: str, slots: int) -> int:
    """How many approvals decide among `slots` people: ⌈r·N⌉ of a fraction (`2/3`, `60%`), at most N of a count."""
    if mode == "all":
        return slots
    if mode == "count":
        return max(1, min(int(need), slots))
    if mode in ("fraction", "percent"):
        return max(1, ceil(share(need) * slots))
    return 1


def share(need: str) -> Fraction:
    """An exact fraction: `2/3`, `60%`, `0.6`."""
    text = need.strip()
    return Fraction(text[:-1].strip()) / 100 if text.endswith("%") else Fraction(text.replace(" ", ""))


def verdict(mode: str, need: str, reject: str, tally: Tally) -> Verdict:
    """What a visit's votes mean, None while it is open. `reject`: `at_once` (one no is enough) or `at_end`.

    Votes by count or fraction are lost as soon as they cannot be won any more, whatever `reject` says."""
    if not tally.all:
        return None                            # nobody left to ask is never an approval
    wanted = needed(mode, need, tally.all)
    if mode in ("any", "all") and reject == "at_once" and tally.rejected:
        return "rejected"
    if mode == "all" and tally.pending:
        return None
    if tally.approved >= wanted:
        return "approved"
    if mode == "all" or tally.approved + tally.pending < wanted:
        return "rejected"
    return None


def joined(join: str, on_reject: str, tally: Tally) -> Verdict:
    """What the arms of a parallel block mean together. `join`: all, any or a number. `on_reject`: `end` (one rejected
    arm rejects the block), `wait` (the others finish first) or `go_on` (a rejected arm counts as finished)."""
    wanted = {"all": tally.all, "any": 1}.get(join) or min(int(join), tally.all)
    if on_reject == "end" and tally.rejected:
        return "rejected"
    finished = tally.approved + (tally.rejected if on_reject == "go_on" else 0)
    if finished >= wanted:
        return "approved"
    return None if tally.pending else "rejected"
