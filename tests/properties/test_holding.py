"""What is said about conditions is true of every value: never holds means none holds, always holds means all do."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expressions.holding import Conditions
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue
from tests.expressions.worlds import Shop, Thing, checked

NUMBERS = [None, *(Decimal(number) for number in ("-1", "0", "0.5", "1", "2"))]
DAYS = [None, dt.date(2026, 1, 1), dt.date(2026, 1, 2)]
ROWS = [
    Thing("order", 1, {"qty": qty, "score": score, "date": date, "due": due, "kind": kind, "held": held})
    for qty, score in product(NUMBERS, NUMBERS)
    for date, due, kind, held in (
        (DAYS[0], DAYS[1], "normal", True),
        (DAYS[1], DAYS[0], "credit", False),
        (DAYS[1], DAYS[1], None, None),
        (DAYS[2], DAYS[1], "normal", False),
        (DAYS[1], DAYS[2], "credit", True),
    )
]
OPS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
SUMS = st.sampled_from(
    ["qty", "score", "0", "1", "-1", "0.5", "qty + score", "qty - score", "score - qty", "2 * qty", "-score", "qty + 1",
     "qty * score", "abs(qty)", "min(qty, score)"]
)  # fmt: skip
ATOMS = st.one_of(
    st.tuples(SUMS, OPS, SUMS).map(" ".join),
    st.tuples(st.sampled_from(["date", "due", "date(2026, 1, 1)", "date(2026, 1, 2)"]), OPS,
              st.sampled_from(["date", "due", "date(2026, 1, 2)"])).map(" ".join),
    st.sampled_from(["kind = 'normal'", "kind != 'normal'", "kind in ['normal', 'credit']", "kind is blank",
                     "not kind in ['credit']", "held", "held = false", "qty is blank", "score is not blank",
                     "date is blank", "kind = ''", "true", "qty = blank"]),
)  # fmt: skip
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(lambda one: f"({one[0]}{one[1]}{one[2]})"),
        inner.map(lambda one: f"not ({one})"),
    ),
    max_leaves=6,
)


@settings(max_examples=800, deadline=None)
@given(CONDITIONS)
def test_what_is_said_of_conditions_is_true_of_all_values(text: str) -> None:
    one = checked(text)
    holding, failing = Conditions().holding(one.node), Conditions().failing(one.node)
    values: list[Any] = [one.value(Frame(Shop(), row)) for row in ROWS]  # type: ignore[arg-type]
    if not holding:
        assert not any(value is True for value in values), text
    if not failing:
        assert all(value is True or isinstance(value, ErrorValue) for value in values), text


def test_the_rows_show_most_of_what_can_be_known() -> None:
    """Conditions that never or always hold are found: the property above would hold of saying nothing."""
    never = ("qty > score and score >= qty", "2 * qty > 2 and qty < 1", "held and not held")
    for text in never:
        assert not Conditions().holding(checked(text).node), text
    for text in ("held or not held", "not qty > 1 or qty > 0", "qty - score > 0 or score - qty >= 0"):
        assert not Conditions().failing(checked(text).node), text
