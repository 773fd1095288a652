"""The grammar of schedules: `15 minutes`, `working day at 08:00`, `month last day at 20:00`. Knows no clock."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.suggest import did_you_mean

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FORMS = (
    "`15 minutes`, `2 hours`, `day at 08:00`, `working day at 08:00`, `monday at 09:00`, `month day 1 at 02:00`, "
    '`month last day at 20:00`, `year 01-01 at 01:00` or `cron "0 8 * * *"`'
)
TIME = re.compile(r"(\d{1,2}):(\d{2})\Z")
EVERY = re.compile(r"(\d+)\s+([a-z]+)\Z")
AT = re.compile(r"(.+?)\s+at\s+(\S+)\Z")
CLOCK = re.compile(r"(?:\bat)?\s*\b(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?\s*(?:(?P<half>am|pm)|h|o'clock)?\Z")
CRON = re.compile(r"cron\s+[\"']?([^\"']+)[\"']?\Z")
SPOKEN = {
    "daily": "day",
    "weekly": "monday",
    **dict.fromkeys(("weekday", "weekdays", "workday", "workdays", "working days"), "working day"),
    "monthly": "month day 1",
    "month": "month day 1",
    "yearly": "year 01-01",
    "year": "year 01-01",
}
IN_AN_HOUR, IN_A_DAY = 60, 24
LAST_DAYS = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
SAFE_DAY = 28                                  # every month has it


@dataclass(frozen=True, slots=True)
class Schedule:
    """Planned times by the wall clock of the app's zone. `working`: on working days only."""

    text: str
    cron: str
    working: bool = False


class Unclear(Exception):
    """The text is no schedule: what is wrong, and the way out."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def schedule(text: str) -> Schedule:
    """The schedule that a text stands for; raises `Unclear`, with the right spelling where the text is near one."""
    try:
        return _schedule(text)
    except Unclear as unclear:
        meant = _meant(" ".join(text.lower().split()))
        raise Unclear(unclear.message, f"write `{meant}`") if meant else unclear from None


def _schedule(text: str) -> Schedule:
    plain = " ".join(text.split())
    if match := CRON.match(plain):
        return _cron(text, match[1].strip())
    if match := EVERY.match(plain):
        return Schedule(text, _every(int(match[1]), match[2]))
    match = AT.match(plain)
    if match is None:
        raise Unclear(f"`{text}` is no schedule", f"write {FORMS}")
    when, clock = match[1], time(match[2])
    day = {"day": "* * *", "working day": "* * *", "month last day": "L * *"}.get(when) or _day(text, when)
    return Schedule(text, f"{clock} {day}", when == "working day")


def time(text: str) -> str:
    """`08:30` as the first two fields of a cron line; raises `Unclear`."""
    match = TIME.match(text)
    if match is None or int(match[1]) >= IN_A_DAY or int(match[2]) >= IN_AN_HOUR:
        raise Unclear(f"`{text}` is no time of day", "write `08:30`")
    return f"{int(match[2])} {int(match[1])}"


def _meant(text: str) -> str:
    """The schedule that was meant by `daily at 8` or `monday 9am`; blank where none is near."""
    if not text:
        return ""
    spoken = CLOCK.search(text)
    hour, minute = (int(spoken["hour"]), int(spoken["minute"] or 0)) if spoken else (8, 0)
    if spoken and spoken["half"]:
        hour = hour % 12 + (12 if spoken["half"] == "pm" else 0)
    day = (text[: spoken.start()] if spoken else text).removeprefix("every ").strip() or "day"
    meant = f"{SPOKEN.get(day, day)} at {hour:02}:{minute:02}" if day != "hourly" else "1 hour"
    try:
        _schedule(meant)
    except Unclear:
        return ""
    return meant


def _every(count: int, unit: str) -> str:
    """So many minutes or hours, which must divide the hour or the day: else the steps would not be even."""
    whole = {"minute": IN_AN_HOUR, "minutes": IN_AN_HOUR, "hour": IN_A_DAY, "hours": IN_A_DAY}.get(unit)
    if whole is None:
        raise Unclear(f"`{count} {unit}` is no schedule", did_you_mean(unit, ("minutes", "hours")) or f"write {FORMS}")
    if not 0 < count <= whole or whole % count:
        fits = ", ".join(str(one) for one in range(1, whole + 1) if whole % one == 0)
        raise Unclear(f"{count} {unit} do not come out even", f"take one of {fits}")
    if whole == IN_AN_HOUR:
        return f"*/{count} * * * *" if count < whole else "0 * * * *"
    return f"0 */{count} * * *" if count < whole else "0 0 * * *"


def _day(text: str, when: str) -> str:
    first, _, rest = when.partition(" ")
    if when in DAYS:
        return f"* * {(DAYS.index(when) + 1) % 7}"
    if first == "month" and rest.startswith("day ") and rest[4:].isdigit():
        number = int(rest[4:])
        if not 1 <= number <= SAFE_DAY:
            raise Unclear(f"not every month has a day {number}", "write `month last day at …`, or a day up to 28")
        return f"{number} * *"
    if first == "year" and (match := re.match(r"(\d{2})-(\d{2})\Z", rest)):
        month, number = int(match[1]), int(match[2])
        if not 1 <= month <= 12 or not 1 <= number <= LAST_DAYS.get(month, 31):  # noqa: PLR2004 - months
            raise Unclear(f"`{rest}` is no day of the year", "write month and day: `year 01-31 at 01:00`")
        return f"{number} {month} *"
    hint = did_you_mean(when, (*DAYS, "day", "working day", "month last day")) or f"write {FORMS}"
    raise Unclear(f"`{text}` is no schedule", hint)


def _cron(text: str, line: str) -> Schedule:
    from croniter import croniter

    if len(line.split()) != 5 or not croniter.is_valid(line):  # noqa: PLR2004 - fields of a cron line
        raise Unclear(f"`{line}` is no cron line", "minute hour day month weekday: `0 8 * * 1`")
    return Schedule(text, line)
