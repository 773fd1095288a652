"""What a rule looked at in a record, told to somebody: paths, labels, and the values that this reader may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.definitions.access import Hidden
from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.expressions.compiled import Expression
from engine.expressions.values import ErrorValue, Ref, Row
from engine.runtime.services import spoken
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.texts import Text, plain, say

HARMLESS = ("@today", "@now")                  # of the clock: everybody knows them
HIDDEN = say(zh="您无权查看", en="not yours to see")
NOTHING = say(zh="空", en="blank")


@dataclass(frozen=True, slots=True)
class Looked:
    """One thing that a rule read: its path, how that is called, what it is worth in words; `hidden` where the reader
    may not see it."""

    path: str
    label: Text
    value: Text
    hidden: bool

    @property
    def words(self) -> Text:
        if self.hidden:
            return say(zh="{label}：{value}", en="{label}: {value}", label=self.label, value=self.value)
        return say(zh="{label} = {value}", en="{label} = {value}", label=self.label, value=self.value)


def looked(rule: Expression, mine: Record, theirs: Record) -> tuple[Looked, ...]:
    """What the rule read of the record. `mine` is the record as the reader has it, `theirs` as the person has it whom
    the rule was judged for (their `me` is meant)."""
    return tuple({one.path: one for one in _looked(rule, mine, theirs)}.values())


def _looked(rule: Expression, mine: Record, theirs: Record) -> Iterator[Looked]:
    for path in rule.reads:
        if path[0] == "@me":
            yield Looked("me", spoken.ME, plain(theirs.session.tx.actor.name), hidden=False)
        elif path[0].startswith("@"):
            if path[0] not in HARMLESS:
                name = path[0].removeprefix("@")
                yield Looked(name, plain(name), HIDDEN, hidden=True)
        else:
            value = _value(mine, path)
            label = spoken.called(mine.session.tx.app, mine.object, path)
            yield Looked(".".join(path), label, HIDDEN if value is None else value, hidden=value is None)


def _value(record: Record, path: tuple[str, ...]) -> Text | None:
    """A value at a path in words; None where a part of the way is out of the reader's sight."""
    name, *rest = path
    tx, obj = record.session.tx, record.definition
    if not access.granted(record, "see"):
        return None
    if name in obj.fields and name not in access.visible_fields(tx, obj, record):
        return None
    value = record.get(name)
    if not rest:
        return _words(record, name, value)
    target = record.session.record(value) if isinstance(value, Ref) else value
    if isinstance(target, Record):
        if target.object == "user":
            return _words(target, rest[0], target.get(rest[0]))
        return _value(target, tuple(rest))
    return NOTHING if value is None else plain("…") if name in obj.fields and obj.fields[name].kind == "lines" else None


def _words(record: Record, name: str, value: object) -> Text:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, ErrorValue):
        return plain(value.code)
    if isinstance(value, Ref):
        target = record.session.record(value)
        return plain(value.title or (target.title if target is not None else f"#{value.id}"))
    if isinstance(value, (tuple, list, Row)):
        return plain("…")
    field = record.definition.fields.get(name)
    if field is None or isinstance(value, bool):
        return plain(str(value))
    here = field.seen_from(record.session.tx.timezone)
    return Text({language: here.format(value, language) for language in ("zh", "en")})


def paths_of(app: App, obj: Object) -> list[str]:
    """Every field of an object, lines' fields as `lines.qty`, in their order."""
    found = []
    for name in obj.fields:
        found.append(name)
        if name in obj.lines:
            found += [f"{name}.{inner}" for inner in app.objects[f"{obj.name}.{name}"].fields]
    return found


def label_of(app: App, obj: Object, path: str) -> Text:
    """A field of `paths_of` in words."""
    head, _, tail = path.partition(".")
    label = obj.fields[head].label
    if not tail:
        return label
    inner = app.objects[f"{obj.name}.{head}"].fields[tail].label
    return say(zh="{head} · {tail}", en="{head} · {tail}", head=label, tail=inner)


def outcome(holds: bool | None, looked: Sequence[Looked]) -> Text:
    """Whether a rule holds, and what it read, as the end of a sentence."""
    if holds is None and not looked:
        return plain("")
    values = joined(one.words for one in looked)
    if holds:
        return say(zh="，此记录符合（{values}）", en=", and this one does ({values})", values=values)
    return say(zh="，此记录不符合（{values}）", en=", and this one does not ({values})", values=values)


def joined(texts: Iterable[Text]) -> Text:
    """Texts one after the other, each once."""
    parts = list(dict.fromkeys((one.to("zh"), one.to("en")) for one in texts))
    return say(zh="；".join(zh for zh, _ in parts), en="; ".join(en for _, en in parts))


def unless(rule: Hidden, app: App, object: str) -> Text:
    """When a field is left out, in words at the end of a sentence; blank where it always is."""
    when = rule.when or rule.unless
    if when is None:
        return plain("")
    words = spoken.told(app, object, when)
    if rule.when:
        return say(zh="（{rule} 时）", en=" (when {rule})", rule=words)
    return say(zh="（除非 {rule}）", en=" (unless {rule})", rule=words)
