"""SQL over jobs of approvals that were given up: of one approval, or whose approvals they are. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from engine.runtime.storage.flow_tables import VISITS
from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import JOBS

KINDS = ("flow_timer", "flow_call")            # jobs of approvals: their arguments name an instance or a visit
INSTANCE, VISIT = JOBS.c.args["instance"].as_integer(), JOBS.c.args["visit"].as_integer()


def _given_up(tx: Tx) -> ColumnElement[bool]:
    return (JOBS.c.state == "failed") & JOBS.c.kind.in_(KINDS) & (JOBS.c.app == tx.app.name)


def of_instance(tx: Tx, instance: int) -> list[Mapping[str, Any]]:
    """The jobs of an approval that were given up, newest first."""
    visits = select(VISITS.c.id).where(VISITS.c.instance == instance)
    query = select(JOBS).where(_given_up(tx), or_(instance == INSTANCE, VISIT.in_(visits))).order_by(JOBS.c.id.desc())
    return [dict(row) for row in tx.connection.execute(query).mappings()]


def instances(tx: Tx) -> tuple[Select[Any], Select[Any]]:
    """Selects of the approvals of which jobs were given up: named themselves, or by a visit."""
    named = select(INSTANCE).where(_given_up(tx), INSTANCE.is_not(None))
    through = select(VISITS.c.instance).join(JOBS, VISITS.c.id == VISIT).where(_given_up(tx))
    return named, through
