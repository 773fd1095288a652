"""What a back-dated document would change behind it, as JSON and in words. Knows no request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.definitions.registers import Register
from engine.expressions.values import Ref, Value
from engine.kinds.fields.base import Field
from engine.locales import day_text
from engine.runtime.services import reading
from engine.runtime.services.registers.backdating import Anew, Effect, Figure, Foresight, Late
from engine.runtime.web.present.sheets import json_value
from engine.texts import Text, say

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """The note of a form or dialog: `kind` of alert, a title, a sentence each; what changes as (where, how)."""

    kind: str
    title: str
    lines: tuple[str, ...]
    changes: tuple[tuple[str, str], ...]
    more: str = ""


def as_json(found: Foresight | None, language: str) -> JSON | None:
    """As the API gives it; null where no day before today changes."""
    if found is None:
        return None
    return {
        "counting": found.counting or None,
        "refusal": None if found.refusal is None else found.refusal.to(language),
        "effects": [_effect_json(one, language) for one in found.effects],
        "more": found.more,
        "closed": [
            {
                "register": one.register.name,
                "period": one.period.name,
                "until": json_value(one.until),
                "counts_on": json_value(one.on_day),
            }
            for one in found.late
        ],
        "revalued": [
            {
                "register": one.register.name,
                "measure": one.measure,
                "since": json_value(one.since),
                "later_days": one.later_days,
            }
            for one in found.anew
        ],
    }


def _effect_json(one: Effect, language: str) -> JSON:
    return {
        "register": one.register.name,
        "label": one.register.label.to(language),
        "keys": {name: one.register.keys[name].to_json(value) for name, value in one.keys.items()},
        "since": json_value(one.since),
        "later_days": one.later_days,
        "figures": [_figure_json(one.register, figure) for figure in one.figures],
    }


def _figure_json(register: Register, one: Figure) -> JSON:
    def shown(amount: Decimal) -> Any:
        return register.measures[one.measure].to_json(amount)

    return {
        "measure": one.measure,
        "was": shown(one.was),
        "becomes": shown(one.becomes),
        "lowest": shown(one.lowest),
        "lowest_on": json_value(one.lowest_on),
        "now": shown(one.now),
    }


def told(found: Foresight | None, language: str) -> Told | None:
    """In words, for a form or the dialog of an action."""
    if found is None:
        return None
    lines = [found.refusal] if found.refusal is not None else []
    lines += [_late(one) for one in found.late] + [_anew(one) for one in found.anew]
    kind = "danger" if found.refusal is not None else "warning" if found.grave else "info"
    more = say(zh="另有 {n} 行", en="and {n} more rows", n=found.more).to(language) if found.more else ""
    changes = tuple(one for effect in found.effects for one in _changes(effect, language))
    return Told(kind, _title(found).to(language), tuple(line.to(language) for line in lines), changes, more)


def _title(found: Foresight) -> Text:
    if found.refusal is not None:
        return say(zh="日期在过去：照此将被拒绝", en="Dated in the past: as it stands this would be refused")
    if found.counting:
        return say(
            zh="日期在过去：进入“{state}”后将改变以往的结存",
            en="Dated in the past: once it is “{state}”, earlier balances change",
            state=found.counting,
        )
    return say(zh="日期在过去：将改变以往的结存", en="Dated in the past: earlier balances change")


def _late(one: Late) -> Text:
    return say(
        zh="“{period}”已关账至 {until}：“{register}”改记入 {day}",
        en="{period} is closed up to {until}: {register} counts it on {day} instead",
        period=one.period.label, until=day_text(one.until), register=one.register.label, day=day_text(one.on_day),
    )


def _anew(one: Anew) -> Text:
    return say(
        zh="“{register}”自 {since} 起的{measure}将重新计算（此后 {n} 天有记账）",
        en="{measure} of {register} is computed again from {since} on (later days with bookings: {n})",
        register=one.register.label, since=day_text(one.since), measure=one.register.measures[one.measure].label,
        n=one.later_days,
    )


def _changes(one: Effect, language: str) -> Iterator[tuple[str, str]]:
    """A sentence per measure, and where it is: register, keys and measure."""
    keys = " · ".join(text for text in (_key(one.register, n, v, language) for n, v in one.keys.items()) if text)
    for figure in one.figures:
        field = one.register.measures[figure.measure]
        places = (one.register.label.to(language), keys, field.label.to(language))
        yield " · ".join(filter(None, places)), _course(one, figure, field, language).to(language)


def _course(one: Effect, figure: Figure, field: Field, language: str) -> Text:
    was, becomes, lowest, now = (
        str(field.format(amount, language)) for amount in (figure.was, figure.becomes, figure.lowest, figure.now)
    )
    if not one.later_days:
        return say(
            zh="自 {since} 起 {was} → {becomes}", en="from {since} on {was} → {becomes}",
            since=day_text(one.since), was=was, becomes=becomes,
        )
    return say(
        zh="{since} 当日 {was} → {becomes}，此后最低 {lowest}（{on}），现在 {now}；此后 {n} 天有记账",
        en="{was} → {becomes} on {since}, lowest afterwards {lowest} on {on}, {now} now; later days with bookings: {n}",
        since=day_text(one.since), was=was, becomes=becomes, lowest=lowest, on=day_text(figure.lowest_on),
        now=now, n=one.later_days,
    )


def _key(register: Register, name: str, value: Value, language: str) -> str:
    if isinstance(value, Ref):
        return reading.called(value, language)
    return "" if value is None else str(register.keys[name].format(value, language))

