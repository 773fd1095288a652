"""For what the waiting step of a flow waits, in words: how long, until when, or what lets it go on. Keeps no time."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from engine.definitions.app import App
from engine.definitions.flows import Wait
from engine.definitions.parts import parts_of
from engine.expressions.nodes import Literal
from engine.expressions.values import Duration
from engine.kinds.actions.signal import Signal
from engine.runtime.services.spoken import Words
from engine.texts import Text, listed, say

UNTIL = say(zh="直到{what}", en="until {what}")
COME = say(zh="直到“{what}”", en="until {what}")
SO_LONG = say(zh="等待{what}", en="for {what}")
OF = say(zh="{object}：{action}", en="{object}: {action}")
UNITS: tuple[tuple[int, Text, Text], ...] = (   # seconds of each, one, several
    (86400, say(zh="{n} 天", en="{n} day"), say(zh="{n} 天", en="{n} days")),
    (3600, say(zh="{n} 小时", en="{n} hour"), say(zh="{n} 小时", en="{n} hours")),
    (60, say(zh="{n} 分钟", en="{n} minute"), say(zh="{n} 分钟", en="{n} minutes")),
    (1, say(zh="{n} 秒", en="{n} second"), say(zh="{n} 秒", en="{n} seconds")),
)
MONTHS = (say(zh="{n} 个月", en="{n} month"), say(zh="{n} 个月", en="{n} months"))
WORKING_DAYS = (say(zh="{n} 个工作日", en="{n} working day"), say(zh="{n} 个工作日", en="{n} working days"))
WORKING = say(zh="工作时间 {span}", en="{span} of working time")


def told(app: App, step: Wait, words: Words) -> str:
    """For what a step waits, in the language of `words`."""
    language = words.language
    if step.signal:
        senders = list(dict.fromkeys(_senders(app, step.signal, words)))
        return COME.filled(what=listed(senders or [step.signal], language)).to(language)
    if step.until is None:
        return ""
    node = step.until.node
    if isinstance(node, Literal) and isinstance(node.value, Duration):
        return SO_LONG.filled(what=span(node.value, language)).to(language)
    return (UNTIL if step.moment else SO_LONG).filled(what=words.condition(step.until)).to(language)


def _senders(app: App, signal: str, words: Words) -> Iterator[str]:
    """What people call the actions and automations that send a signal."""
    for obj in app.objects.values():
        for action in obj.actions.values():
            if _sends(action.do, signal):
                label = action.label.to(words.language)
                here = obj.name == words.object
                yield label if here else OF.filled(object=obj.label, action=label).to(words.language)
    for automation in app.automations.values():
        if _sends(automation.do, signal):
            yield automation.label.to(words.language)


def _sends(steps: object, signal: str) -> bool:
    return any(isinstance(one, Signal) and one.name == signal for one in parts_of(steps))


def span(value: Duration, language: str) -> str:
    """A duration: `2 days`, `1 month, 3 working days`."""
    parts = [_counted(MONTHS, Decimal(value.months), language)] if value.months else []
    parts += [_counted(WORKING_DAYS, value.working_days, language)] if value.working_days else []
    parts += [_exact(value.seconds, language)] if value.seconds or not parts and not value.working_seconds else []
    if value.working_seconds:
        parts.append(WORKING.filled(span=_exact(value.working_seconds, language)).to(language))
    return listed(parts, language)


def _exact(seconds: Decimal, language: str) -> str:
    """In the largest unit of which it is a whole number."""
    size, one, more = next((unit for unit in UNITS if not seconds % unit[0]), UNITS[-1])
    return _counted((one, more), seconds / size, language)


def _counted(forms: tuple[Text, Text], n: Decimal, language: str) -> str:
    return forms[n != 1].filled(n=f"{n.normalize():f}").to(language)
