"""Where a figure comes from: the address of the movements behind a balance. Knows registers and access, no request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.app import App
from engine.expressions.values import ErrorValue
from engine.kinds.fields.base import Field
from engine.runtime.services.records import Record
from engine.runtime.services.registers.holdings import key_value
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, filters
from engine.runtime.web.present.ledgers import key_condition


def of_field(record: Record, field: Field) -> str:
    """The movements behind a balance that a record shows; '' for other fields and where the actor may not look."""
    balance, tx = field.balance, record.session.tx
    if balance is None or balance.booked_by_this or record.id is None or not access.may(tx, balance.register, "see"):
        return ""
    if balance.measure not in access.visible_columns(tx, tx.app.registers[balance.register]):
        return ""
    keys = {}
    for name, expression in balance.keys.items():
        value = expression.value(record.frame())
        if isinstance(value, ErrorValue):
            return ""
        keys[name] = key_value(value)
    return of_keys(tx.app, balance.register, keys)


def of_keys(app: App, register: str, keys: Mapping[str, Any]) -> str:
    """The movements of a register on these keys."""
    declared = app.registers[register].keys
    condition = filters.joined(*(key_condition(declared[name], value) for name, value in keys.items()))
    base = addresses.register(app.name, register)
    return addresses.extended(base, view="movements", **({"filter": condition} if condition else {}))


def of_alert(tx: Tx, rule: str, labels: Mapping[str, Any]) -> str:
    """The movements behind an alert over a register; '' for other alerts and where the actor may not look."""
    alert = tx.app.alerts.get(rule)
    name = alert.over.object if alert is not None else ""
    register = tx.app.registers.get(name)
    if register is None or not access.may(tx, name, "see"):
        return ""
    return of_keys(tx.app, name, {key: value for key, value in labels.items() if key in register.keys})
