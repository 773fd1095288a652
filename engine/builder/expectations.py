"""Steps of declared tests that look: what holds, who may do what, what is fired and told, how a refusal reads."""

from __future__ import annotations

import fnmatch

from engine.builder.staging import Failed, Trial, text_of, texts_of
from engine.builder.teststeps import DECISIONS
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.errors import Failure
from engine.expressions.values import ErrorValue
from engine.runtime.services import access, alerts, notices, reading, tasks
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.live import Tx


def expect(trial: Trial, step: Map) -> None:
    node = step.get("expect")
    for item in node if isinstance(node, List) else [node]:
        assert isinstance(item, Scalar)
        found = trial.evaluate(item, expect_boolean=True)
        if found is not True:
            reason = f" ({found.reason.to('en')})" if isinstance(found, ErrorValue) else ""
            raise Failed(f"expected {item.text}{_sides(trial, item)}{reason}", item.at)


def _sides(trial: Trial, item: Scalar) -> str:
    """What the left side of a comparison really is, for the message."""
    for operator in (" != ", " <= ", " >= ", " = ", " < ", " > "):
        left, found, _ = item.text.rpartition(operator)
        if found and left.count("(") == left.count(")") and " and " not in left and " where " not in left.split("(")[0]:
            try:
                return f", got {_shown(trial.evaluate(Scalar(left, item.at, item.body)))}"
            except Failed:
                return ""
    return ""


def _shown(found: object) -> str:
    if isinstance(found, ErrorValue):
        return found.reason.to("en")
    return "blank" if found is None else f"{found}"


def _may(trial: Trial, step: Map, verb: str) -> bool:
    """Whether the acting person may do this with a record (or create one of an object)."""
    if verb == "create":
        return bool(trial.run(lambda tx: access.may(tx, text_of(step.get("of")), "create")))
    ref = trial.of(step)

    def ask(tx: Tx) -> bool:
        try:
            record = reading.get(tx, ref.object, ref.id)
        except Failure:
            return False
        if verb in ("see", "edit", "delete"):
            return access.granted(record, verb)
        if verb in record.definition.actions:
            return access.action_right(record, record.definition.actions[verb]).ok
        return any(t.record == ref for t in tasks.inbox(tx, "todo")) if verb in DECISIONS else False

    return bool(trial.run(ask))


def can(trial: Trial, step: Map) -> None:
    for verb in texts_of(step.get("can")):
        if not _may(trial, step, verb):
            raise Failed(f"{trial.actor.login} cannot {verb}", step.at)


def cannot(trial: Trial, step: Map) -> None:
    for verb in texts_of(step.get("cannot")):
        if _may(trial, step, verb):
            raise Failed(f"{trial.actor.login} can {verb}", step.at)


def fires(trial: Trial, step: Map) -> None:
    trial.work_off()
    name, about = text_of(step.get("fires")), step.get("of")
    ref = None if about is None else trial.record(about)
    found = trial.run(
        lambda tx: [a for a in alerts.open(tx) if a.rule == name and (ref is None or ref in a.labels.values())], SERVICE
    )
    if not found:
        raise Failed(f"the alert {name} does not fire", step.at)


def told(trial: Trial, step: Map) -> None:
    wanted = step.get("told")
    negative = wanted is None
    who = trial.person(wanted if wanted is not None else step.get("not_told"))  # type: ignore[arg-type]
    about = "*" if step.get("about") is None else text_of(step.get("about"))
    trial.work_off()
    messages = trial.run(lambda tx: [m.text for m in notices.inbox(tx)], who)
    fits = any(fnmatch.fnmatchcase(form, about) for text in messages for form in (text.to("zh"), text.to("en")))
    if fits == negative:
        said = "; ".join(text.to("zh") for text in messages[:3]) or "nothing"
        raise Failed(f"{who.login} was told: {said}", step.at)


def check_refusal(failure: Failure, wanted: Node) -> None:
    if isinstance(wanted, Scalar) and wanted.text == "true":
        return
    pattern = text_of(wanted)
    texts = [failure.message, *(e.message for e in failure.errors)]
    if not any(fnmatch.fnmatchcase(text.to(language), pattern) for text in texts for language in ("zh", "en")):
        raise Failed(
            f"expected a refusal like {pattern}, got: {failure.message.to('zh')} / {failure.message.to('en')}",
            wanted.at,
        )
