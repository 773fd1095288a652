"""What alerts look at after many changes: each thing once, and nothing lost when a look fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from engine.runtime.services.automation import alerting
from engine.runtime.storage.system import JOBS
from tests.alerts.test_alerts import Watch


@pytest.fixture
def watch(database_url: str) -> Iterator[Watch]:
    made = Watch(database_url)
    yield made
    made.market.site.database.close()


def test_what_changed_many_times_is_looked_at_once(watch: Watch) -> None:
    for product, qty in (("tea", "1"), ("tea", "1"), ("fish", "0.5"), ("tea", "9")):
        watch.receive(product, qty)
    with watch.market.site.database.read() as connection:
        waiting = connection.execute(select(JOBS.c.args).where(JOBS.c.state == "ready")).scalars().all()
    assert [args["rule"] for args in waiting].count("low") >= 4
    rules = {args["rule"] for args in waiting}
    assert watch.work() == len(rules) + 1                      # one look each, one mail
    assert watch.texts() == ["fish: 0.5 left"]                   # tea was short for a while
    with watch.market.site.database.read() as connection:
        assert connection.execute(select(JOBS.c.id).where(JOBS.c.state == "ready")).all() == []


def test_a_look_that_fails_gives_back_what_it_took_along(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    watch.receive("tea", "3")
    watch.receive("fish", "0.5")

    def break_down(*_: object) -> None:
        raise RuntimeError("out of order")

    with monkeypatch.context() as patch:
        patch.setattr(alerting, "_fire", break_down)
        watch.work()
    assert watch.open() == []
    watch.work(minutes=5)
    assert watch.texts() == ["fish: 0.5 left", "tea: 3 left"]
    assert sorted(watch.told()) == ["fish: 0.5 left", "tea: 3 left"]
