"""Errors of stored formulas: kept beside the value, the same in Python and in the database, never left out of a sum."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import inspect, select, text

from engine.errors import Refused
from engine.expressions.values import ErrorValue, Ref
from engine.runtime.services import commands, inputs, reading
from engine.runtime.services.reading import Query
from engine.runtime.services.registers import verification
from engine.runtime.services.reporting import reports
from engine.runtime.services.site import Site
from engine.runtime.storage import versions
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from tests.standing import stand

MILL = """
app: mill
name: {zh: 磨坊, en: Mill}
languages: [zh, en]
roles: {miller: {zh: 磨工, en: Miller}}
objects:
  owner:
    name: {zh: 货主, en: Owner}
    key: name
    title: "{name}"
    fields:
      name: {type: text, required: true, unique: true}
      mean: {formula: "average(batches.rate)", type: decimal, decimals: 2}
      worth: {formula: "iferror(sum(batches.rate), -1)", type: decimal, decimals: 2}
  batch:
    name: {zh: 批次, en: Batch}
    title: "{name}"
    fields:
      name: {type: text, required: true}
      owner: {type: link, to: owner, back: batches}
      grain: {type: decimal, decimals: 2}
      hours: {type: decimal, decimals: 2}
      plain: {formula: grain + hours * 2, type: decimal, decimals: 2}
      rate: {formula: grain / hours, type: decimal, decimals: 2, zh: 速率, en: Rate}
      twice: {formula: rate * 2, type: decimal, decimals: 2}
      safe: {formula: "iferror(rate, 0)", type: decimal, decimals: 2}
      parts:
        type: lines
        fields: {share: {type: decimal, decimals: 2}, per: {formula: 1 / share, type: decimal, decimals: 2}}
      pers: {formula: sum(parts.per), type: decimal, decimals: 2}
    states:
      open: {zh: 进行中, en: Open}
      fast: {zh: 快, en: Fast, within: open, when: rate > 10}
      slow: {zh: 慢, en: Slow, within: open, when: rate < 1}
      done: {zh: 完成, en: Done, final: true}
    actions: {finish: {from: open, to: done, zh: 完成, en: Finish}}
reports:
  rates: {from: batch, by: {owner: owner}, show: {n: count(), total: sum(rate), grain: sum(grain)}}
  whole: {from: batch, show: {total: sum(rate), most: max(rate), mean: average(rate)}}
  listed: {from: batch, show: {name: name, rate: rate}}
  quick: {from: batch, where: rate > 2, show: {n: count()}}
  kinds: {from: batch, by: {pace: rate > 2}, show: {n: count()}}
access: {batch: {miller: full}, owner: {miller: full}}
"""


class Mill:
    """The app on a fresh database."""

    def __init__(self, url: str) -> None:
        self.site = stand(url, "mill", lambda site: site.publish({"app.yaml": MILL}))

    def run(self, function: Any) -> Any:
        return self.site.run("mill", SERVICE, function)

    def make(self, object: str, **values: Any) -> int:
        return self.run(lambda tx: commands.create(tx, object, inputs.read(tx, object, values)).id)  # type: ignore[no-any-return]

    def change(self, id: int, **values: Any) -> None:
        self.run(lambda tx: commands.update(tx, "batch", id, inputs.read(tx, "batch", values)))

    def figures(self, object: str, id: int, *names: str) -> list[Any]:
        with self.site.read("mill", SERVICE) as tx:
            record = reading.get(tx, object, id)
            return [told(record.get(name)) for name in names]

    def found(self, filter: str, object: str = "batch") -> list[int]:
        with self.site.read("mill", SERVICE) as tx:
            return sorted(record.id or 0 for record in reading.page(tx, object, Query(filter=filter)).items)

    def report(self, name: str) -> list[list[Any]]:
        with self.site.read("mill", SERVICE) as tx:
            return [[told(value) for value in row] for row in reports.run(tx, name).rows]

    def fields(self, name: str = "batch") -> Any:
        with self.site.read("mill", SERVICE) as tx:
            return tx.app.objects[name].fields


def told(value: Any) -> Any:
    return value.code if isinstance(value, ErrorValue) else value.title if isinstance(value, Ref) else value


@pytest.fixture
def mill(database_url: str) -> Iterator[Mill]:
    made = Mill(database_url)
    yield made
    made.site.database.close()


@pytest.fixture
def filled(mill: Mill) -> tuple[Mill, int, int, int]:
    """Two owners; one of them has a batch of no hours."""
    ann, bob = mill.make("owner", name="Ann"), mill.make("owner", name="Bob")
    mill.make("batch", name="a", owner=ann, grain=10, hours=2)
    bad = mill.make("batch", name="b", owner=ann, grain=7, hours=0)
    mill.make("batch", name="c", owner=bob, grain=9, hours=3)
    return mill, ann, bob, bad


def test_only_what_can_be_an_error_keeps_one(mill: Mill) -> None:
    assert {name for name, field in mill.fields().items() if field.may_fail} == {"rate", "twice", "pers"}
    assert {name for name, field in mill.fields("batch.parts").items() if field.may_fail} == {"per"}


def test_an_error_is_kept_with_its_reason_and_goes_with_its_cause(filled: tuple[Mill, int, int, int]) -> None:
    mill, _, _, bad = filled
    assert mill.figures("batch", bad, "plain", "rate", "twice", "safe") == [7, "#DIV/0!", "#DIV/0!", 0]
    with mill.site.read("mill", SERVICE) as tx:
        found = reading.get(tx, "batch", bad).get("rate")
        assert isinstance(found, ErrorValue) and found.at == (Ref("batch", bad), "rate")
        assert (found.reason.to("zh"), found.reason.to("en")) == ("除数为零", "Division by zero")
    mill.change(bad, hours=2)
    assert mill.figures("batch", bad, "rate", "twice", "safe") == [Decimal("3.5"), 7, Decimal("3.5")]
    mill.change(bad, hours=0, parts=[{"share": 2}, {"share": 0}])
    assert mill.figures("batch", bad, "rate", "pers") == ["#DIV/0!", "#DIV/0!"]


def test_the_database_filters_as_python_judges(filled: tuple[Mill, int, int, int]) -> None:
    mill, ann, bob, bad = filled
    everything = mill.found("true")
    for condition, expected in {
        "rate > 2": [everything[0], everything[2]],
        "rate <= 2 or true": [everything[0], everything[2]],
        "iferror(rate, 0) = 0": [bad],
        "iserror(rate)": [bad],
        "iserror(twice) and safe = 0": [bad],
        "rate is blank": [],
        "owner.worth = -1": everything[:2],
    }.items():
        assert mill.found(condition) == expected, condition
    assert mill.found("iserror(mean)", "owner") == [ann]
    assert mill.found("mean = 3", "owner") == [bob]
    assert mill.found("sum(batches.rate) > 1", "owner") == [bob]
    assert mill.found("any(batches, rate > 4)", "owner") == [ann], "the first batch settles it"
    assert mill.found("worth = -1", "owner") == [ann]


def test_a_total_over_an_error_is_an_error_that_says_where(filled: tuple[Mill, int, int, int]) -> None:
    mill, _, _, bad = filled
    assert mill.report("rates") == [["Ann", 2, "#DIV/0!", 17], ["Bob", 1, 3, 9]]
    assert mill.report("whole") == [["#DIV/0!"] * 3]
    assert mill.report("listed") == [["a", 5], ["b", "#DIV/0!"], ["c", 3]]
    with mill.site.read("mill", SERVICE) as tx:
        total = reports.run(tx, "whole").rows[0][0]
        assert isinstance(total, ErrorValue)
        assert total.reason.to("en") == "Rate of b: Division by zero"
        assert total.reason.to("zh") == "b的“速率”：除数为零"
    mill.change(bad, hours=7)
    assert mill.report("whole") == [[9, 5, 3]]


def test_a_report_whose_condition_is_an_error_says_so(filled: tuple[Mill, int, int, int]) -> None:
    mill, _, _, bad = filled
    with pytest.raises(Refused) as refused:
        mill.report("quick")
    assert "Rate of b: Division by zero" in refused.value.message.to("en")
    assert dict(mill.report("kinds")) == {"#DIV/0!": 1, True: 2}
    mill.change(bad, hours=7)
    assert mill.report("quick") == [[2]]


def test_expressions_over_other_records_give_the_error(filled: tuple[Mill, int, int, int]) -> None:
    mill, ann, bob, _ = filled
    assert mill.figures("owner", ann, "mean", "worth") == ["#DIV/0!", -1]
    assert mill.figures("owner", bob, "mean", "worth") == [3, 3]


def test_a_derived_state_that_cannot_be_told_stays(mill: Mill) -> None:
    id = mill.make("batch", name="x", grain=30, hours=2)
    assert mill.figures("batch", id, "status") == ["fast"]
    mill.change(id, hours=0)
    assert mill.figures("batch", id, "status", "rate") == ["fast", "#DIV/0!"]
    fresh = mill.make("batch", name="y", grain=1, hours=0)
    assert mill.figures("batch", fresh, "status") == ["open"]
    mill.change(id, hours=60)
    assert mill.figures("batch", id, "status") == ["slow"]
    mill.change(id, hours=0)
    mill.run(lambda tx: commands.act(tx, "batch", id, "finish"))
    assert mill.figures("batch", id, "status") == ["done"]


def test_verify_compares_kept_formulas(filled: tuple[Mill, int, int, int]) -> None:
    mill, _, _, bad = filled
    assert verification.verify(mill.site, "mill") == []

    def damage(tx: Tx) -> None:
        tx.connection.execute(text(f'UPDATE mill__batch SET rate__error = NULL, plain = NULL WHERE id = {bad}'))

    mill.run(damage)
    found = verification.verify(mill.site, "mill", repair=True)
    assert sorted((one.what, one.place, one.text) for one in found) == [
        ("formula", f"batch {bad}.plain", " ≠ 7.00"), ("formula", f"batch {bad}.rate", " ≠ #DIV/0!"),
    ]
    assert verification.verify(mill.site, "mill") == []


def test_publishing_adds_and_fills_the_column_and_takes_it_away(filled: tuple[Mill, int, int, int]) -> None:
    mill, _, _, bad = filled
    safer = MILL.replace("formula: grain / hours,", "formula: grain / 2,")
    plan = mill.site.publish({"app.yaml": safer}).plan
    assert sorted(str(o) for o in plan.operations if "column" in o.kind) == [
        "drop column mill__batch.rate__error", "drop column mill__batch.twice__error"]
    plan = mill.site.publish({"app.yaml": MILL}).plan
    assert sorted(str(o) for o in plan.operations if "column" in o.kind) == [
        "add column mill__batch.rate__error: 3 rows", "add column mill__batch.twice__error: 3 rows"]
    assert mill.figures("batch", bad, "rate", "twice") == ["#DIV/0!", "#DIV/0!"]


def test_a_site_of_an_older_engine_is_brought_up_when_it_is_opened(
    filled: tuple[Mill, int, int, int], database_url: str
) -> None:
    mill, _, _, bad = filled

    def age(tx: Tx) -> None:
        for name in ("rate", "twice", "pers"):
            tx.connection.execute(text(f"ALTER TABLE mill__batch DROP COLUMN {name}__error"))
        tx.connection.execute(text("ALTER TABLE mill__batch__parts DROP COLUMN per__error"))
        tx.connection.execute(text("DROP TABLE sys_layout"))

    mill.run(age)
    mill.site.database.close()
    mill.site = Site(Database(database_url))
    assert mill.figures("batch", bad, "rate", "twice") == ["#DIV/0!", "#DIV/0!"]
    assert verification.verify(mill.site, "mill") == []
    with mill.site.database.read() as connection:
        columns = {column["name"] for column in inspect(connection).get_columns("mill__batch__parts")}
        assert "per__error" in columns
        layout = connection.execute(select(text("layout")).select_from(text("sys_layout"))).scalar_one()
        assert layout == versions.LAYOUT
