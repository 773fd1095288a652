"""Steps that say something: `notify`, `comment`, `mail`, `webhook`, `refuse`."""

from __future__ import annotations

from engine.errors import Refused
from engine.kinds.actions.comment import Comment
from engine.kinds.actions.mail import Mail
from engine.kinds.actions.notify import Notify
from engine.kinds.actions.refuse import Refuse
from engine.kinds.actions.webhook import Webhook
from engine.runtime.services import discussions
from engine.runtime.services.automation import telling
from engine.runtime.services.papers import letters
from engine.runtime.services.records import Record
from engine.runtime.services.steps.runs import Run, runs
from engine.texts import Text


@runs(Notify)
def _notify(step: Notify, state: Run) -> None:
    state.tell(state.record, step, state.frame())


@runs(Comment)
def _comment(step: Comment, state: Run) -> None:
    """Written at the end of the command, when numbers are known."""
    session, frame = state.session, state.frame()
    record = (state.row if isinstance(state.row, Record) else state.own).root

    def write() -> None:
        forms = {name: step.say.render(frame, name)[: discussions.LONGEST] for name in session.tx.app.languages}
        if any(form.strip() for form in forms.values()) and not record.deleted:
            discussions.write(session, record, Text(forms))

    session.at_end.append(write)


@runs(Webhook)
def _webhook(step: Webhook, state: Run) -> None:
    telling.enter(state.session, state.record, step, state.frame())


@runs(Mail)
def _mail(step: Mail, state: Run) -> None:
    letters.enter(state.session, state.record, state.row or state.record, step.letter, state.frame())


@runs(Refuse)
def _refuse(step: Refuse, state: Run) -> None:
    raise Refused(state.session.rendered(step.say, state.frame()), code="refused")
