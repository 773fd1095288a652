"""Patterns of definitions: the useful ones work, none can make the matcher try for long."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kinds.fields.base import Unfit
from engine.kinds.fields.patterns import LONGEST, compiled


@pytest.mark.parametrize(("pattern", "fits", "fails"), [
    ("[A-Z]{3}", "ABC", "ABCD"), (r"\d{6}(-\d{2})?", "123456-78", "123456-7"), ("(red|green|blue)", "green", "gren"),
    (r"[^\]x]+", "abc", "a]c"), ("(?:ab){2}", "abab", "ab"), (r"C\d+-\d+", "C1-22", "C1"), (r"\(\d+\)", "(5)", "5"),
    ("[1-9][0-9]{16}[0-9X]", "11010519491231002X", "11010519491231002"), ("a{2,3}", "aaa", "a"), ("a{x}", "a{x}", "aa"),
    (r"[\d]*?", "123", "x"),
])
def test_patterns(pattern: str, fits: str, fails: str) -> None:
    assert compiled(pattern).fullmatch(fits)
    assert not compiled(pattern).fullmatch(fails)


@pytest.mark.parametrize("pattern", [
    "(a+)+", "(a*)*b", "(a|a)*", "(?:(a+))+", "((a?)b?)*", "(a{1,9}){9}", r"(a)\1", "(?=a)a", "(?P<x>a)", "a*a*a*b",
    "a?" * 9, "a|" * 9, "(a+){2,}", "a{0,99}a{0,99}", "a{,200}a?b", "x" * 201, "(", "[", "*", "a{3,1}",
])
def test_refused(pattern: str) -> None:
    with pytest.raises(Unfit) as caught:
        compiled(pattern)
    assert caught.value.message.to("zh") != caught.value.message.to("en")


PIECES = st.sampled_from([
    "a", "b", ".", "[ab]", r"\w", "a*", "b+", "a?", "(", "(?:", ")", "|", "{2}", "{1,3}", "{2,}", "+", "*", "?",
])


@given(pieces=st.lists(PIECES, max_size=24))
def test_what_is_let_through_is_quick(pieces: list[str]) -> None:
    try:
        pattern = compiled("".join(pieces))
    except Unfit:
        return
    before = time.process_time()
    pattern.fullmatch("a" * (LONGEST - 1) + "!")
    assert time.process_time() - before < 2
    assert pattern.pattern == re.compile(pattern.pattern).pattern
