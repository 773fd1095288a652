"""The grammar of schedules."""

from __future__ import annotations

import pytest

from engine.definitions.schedules import Unclear, schedule


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("15 minutes", "*/15 * * * *"),
        ("60 minutes", "0 * * * *"),
        ("1 hour", "0 */1 * * *"),
        ("24 hours", "0 0 * * *"),
        ("day at 08:05", "5 8 * * *"),
        ("working day at 08:00", "0 8 * * *"),
        ("monday at 9:00", "0 9 * * 1"),
        ("sunday at 23:59", "59 23 * * 0"),
        ("month day 1 at 02:00", "0 2 1 * *"),
        ("month last day at 20:00", "0 20 L * *"),
        ("year 01-31 at 01:00", "0 1 31 1 *"),
        ('cron "*/5 8-18 * * 1-5"', "*/5 8-18 * * 1-5"),
    ],
)
def test_schedules(text: str, cron: str) -> None:
    found = schedule(text)
    assert found.cron == cron and found.working is text.startswith("working")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("15 bananas", "hours"),
        ("7 minutes", "take one of 1, 2, 3"),
        ("day", "`day at 08:00`"),
        ("mondai at 09:00", "monday"),
        ("day at 24:00", "08:30"),
        ("month day 31 at 08:00", "last day"),
        ("year 02-30 at 08:00", "01-31"),
        ('cron "61 * * * *"', "minute hour day"),
        ("", "15 minutes"),
    ],
)
def test_what_is_no_schedule_says_the_way_out(text: str, hint: str) -> None:
    with pytest.raises(Unclear) as refused:
        schedule(text)
    assert hint in refused.value.hint
