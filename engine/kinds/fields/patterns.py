"""Regular expressions of definitions: only those that cannot make the matcher try for long. Knows no field."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from engine.kinds.fields.base import Unfit
from engine.texts import Text, say

LONGEST = 200                                  # of a pattern, and of a text that is matched with one
MOST_REPEATS = 2                               # `*`, `+`, `{2,}`: each multiplies the tries by the text's length
MOST_CHOICES = 8                               # `?`, `|`: each doubles them; `{1,8}` counts as three
BOUNDS = re.compile(r"\{(?P<least>[0-9]*)(?P<comma>,?)(?P<most>[0-9]*)\}")
CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")


@dataclass(slots=True)
class _Group:
    """An open group: where it began, and whether something in it can match in more than one way."""

    varies: bool = False


@dataclass(slots=True)
class _Scan:
    """One walk along a pattern, counting what makes a backtracking matcher try again."""

    pattern: str
    at: int = 0
    repeats: int = 0
    choices: int = 0
    open: list[_Group] = field(default_factory=lambda: [_Group()])
    closed: _Group | None = None               # the group that ended just before

    def run(self) -> Text | None:
        """What is wrong with the pattern, None if nothing is."""
        while self.at < len(self.pattern):
            wrong = self._step()
            if wrong is not None:
                return wrong
        if self.repeats > MOST_REPEATS or self.choices > MOST_CHOICES:
            return say("重复或选择过多（最多 {repeats} 个 * + 和 {choices} 个 ? |）",
                       "too many repetitions or choices: {repeats} of * + and {choices} of ? | at most",
                       repeats=MOST_REPEATS, choices=MOST_CHOICES)
        return None

    def _step(self) -> Text | None:
        character, closed, self.closed = self.pattern[self.at], self.closed, None
        if character == "\\":
            return self._escape()
        if character == "[":
            match = CLASS.match(self.pattern, self.at)
            self.at = match.end() if match else len(self.pattern)
        elif character == "(":
            return self._group()
        elif character == ")":
            self.closed = self.open.pop() if len(self.open) > 1 else None
            if self.closed is not None:
                self.open[-1].varies |= self.closed.varies
            self.at += 1
        elif character in "*+?{":
            return self._quantifier(closed)
        else:
            if character == "|":
                self._vary()
            self.at += 1
        return None

    def _escape(self) -> Text | None:
        if self.pattern[self.at + 1:self.at + 2] in tuple("123456789"):
            return say("不支持引用前面的分组", "references to earlier groups are not supported")
        self.at += 2
        return None

    def _group(self) -> Text | None:
        self.open.append(_Group())
        if self.pattern.startswith("(?:", self.at):
            self.at += 3
        elif self.pattern.startswith("(?", self.at):
            return say("不支持 (? …，只可用 (?: …)", "of the groups that begin with (? only (?: …) is supported")
        else:
            self.at += 1
        return None

    def _vary(self, ways: int = 2) -> None:
        self.choices += max(ways - 1, 0).bit_length()
        self.open[-1].varies = True

    def _quantifier(self, closed: _Group | None) -> Text | None:
        bounds = BOUNDS.match(self.pattern, self.at) if self.pattern[self.at] == "{" else None
        if self.pattern[self.at] == "{" and bounds is None:
            self.at += 1
            return None
        optional = self.pattern[self.at] == "?"
        if closed is not None and closed.varies and not optional:
            return say("重复的分组内不能再有重复或选择", "a repeated group may hold no repetition or choice itself")
        if bounds is None and not optional or bounds is not None and bounds["comma"] and not bounds["most"]:
            self.repeats += 1
            self.open[-1].varies = True
        elif optional:
            self._vary()
        elif bounds is not None and bounds["comma"]:
            self._vary(int(bounds["most"]) - int(bounds["least"] or 0) + 1)
        self.at = bounds.end() if bounds is not None else self.at + 1
        if self.pattern[self.at:self.at + 1] in ("?", "+"):
            self.at += 1                       # lazy or possessive: the same texts in another order
        return None


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, ready to match; raises `Unfit` where it is no regular expression or could take long."""
    try:
        found = re.compile(pattern)
    except re.error as error:
        raise Unfit(say("正则表达式有误：{why}", "this is no regular expression: {why}", why=str(error))) from None
    wrong = _Scan(pattern).run()
    if len(pattern) > LONGEST:
        wrong = say("正则表达式最多 {most} 个字符", "at most {most} characters", most=LONGEST)
    if wrong is not None:
        raise Unfit(wrong)
    return found
