"""How often a caller may come: per person, token and address, counted together by all processes of a site."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.builder.pages import blueprint
from engine.runtime.services.identity import people, signing
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database
from engine.runtime.web import limits
from engine.runtime.web.app import WebSettings, create_app
from tests.services.shops import Shop
from tests.web.doors import SAME_ORIGIN, Door, Program, peopled

RATE = 2.0
AT_ONCE = int(RATE * limits.SPAN)


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = peopled(database_url)
    yield made
    made.site.database.close()


def processes(shop: Shop, url: str) -> list[Door]:
    """The doors of the processes of a site: two where several may serve it."""
    settings = WebSettings(rate=RATE, rate_strangers=RATE)
    doors = [Door(shop, settings)]
    if shop.site.database.dialect == "postgresql":
        again = object.__new__(Shop)
        again.now, again.app, again.site = shop.now, shop.app, Site(Database(url), now=lambda: shop.now)
        again.site._live = dict(shop.site._live)
        doors.append(Door(again, settings))
    return doors


def test_a_person_a_token_and_an_address_have_a_bucket_each(shop: Shop, database_url: str) -> None:
    doors = processes(shop, database_url)
    li = people.find(shop.site, "li")
    assert li is not None
    token = people.make_token(shop.site, li.id)
    callers = [Program(door.app.test_client(), token) for door in doors]
    begun = time.monotonic()
    answers = [callers[n % len(callers)].get("/api/shop/sale") for n in range(AT_ONCE + 20)]
    most = AT_ONCE + RATE * (time.monotonic() - begun) + 1
    codes = Counter(answer.status_code for answer in answers)
    assert AT_ONCE <= codes[200] <= most and codes[200] + codes[429] == len(answers), codes
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["Retry-After"] == "1" and refused.json["code"] == "too_many"  # type: ignore[index]
    assert refused.mimetype == "application/problem+json"
    assert doors[0].program("li").get("/api/shop/sale").status_code == 200, "another token has its own bucket"
    assert doors[-1].program("sun").get("/api/shop/sale").status_code == 200
    client = doors[0].app.test_client()
    seen = [client.get("/sign-in", headers=SAME_ORIGIN).status_code for _ in range(AT_ONCE + 20)]
    assert seen[:AT_ONCE] == [200] * AT_ONCE and 429 in seen[AT_ONCE:]
    guess = Program(doors[-1].app.test_client(), "fw_guess")
    guessed = {guess.get("/api/shop/sale").status_code for _ in range(AT_ONCE)}
    assert 429 in guessed, "guesses count as well"
    other = client.get("/sign-in", environ_overrides={"REMOTE_ADDR": "10.9.8.7"})
    assert other.status_code == 200
    assert client.get("/healthz").status_code == 200 and client.get("/static/none").status_code == 404
    time.sleep(float(refused.headers["Retry-After"]))
    assert callers[0].get("/api/shop/sale").status_code == 200, "after the told time there is one again"
    for door in doors[1:]:
        door.shop.site.database.close()


def test_without_settings_there_is_no_limit_and_buckets_are_forgotten(tmp_path: Path) -> None:
    now = [100.0]
    database = Database(f"sqlite:///{tmp_path / 'none.db'}")
    free = limits.Limits(database, 0, 0)
    for _ in range(1000):
        free.demand("user:1", "known")
    counted = limits.Limits(database, 1, 1, clock=lambda: now[0])
    for number in range(limits.MOST_KEYS + 5):
        counted.demand(f"address:{number}", "strange")
        now[0] += 1.0
    assert len(counted._busy_until) <= limits.MOST_KEYS
    database.close()


@pytest.mark.parametrize(("address", "shown"), [
    ("10.0.0.1", "10.0.0.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("::ffff:10.0.0.1", "10.0.0.1"), ("", ""),
])
def test_an_address_stands_for_its_subscriber(address: str, shown: str) -> None:
    assert limits.network(address) == shown


def test_attempts_to_sign_in_that_come_at_once_count_each_other(shop: Shop) -> None:
    app = create_app(shop.site, None, blueprint())

    def attempt(_: int) -> int:
        data = {"login": "li", "password": "wrong"}
        return app.test_client().post("/sign-in", data=data, headers=SAME_ORIGIN).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = Counter(pool.map(attempt, range(24)))
    assert codes == {401: signing.PER_PAIR, 429: 24 - signing.PER_PAIR}
    answer = app.test_client().post("/sign-in", data={"login": "li", "password": "correct horse"}, headers=SAME_ORIGIN)
    assert answer.status_code == 429 and answer.headers["Retry-After"] == "900"
