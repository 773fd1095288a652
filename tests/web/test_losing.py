"""Who loses what they may in the middle of their work has lost it at the next request, whatever that is: no route of
the application tells or takes anything more than of somebody who never had it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services.identity import people, standings
from engine.runtime.storage.system import AUDIT
from tests.web.doors import Door, peopled
from tests.web.test_imports import LIST, form_of, uploaded
from tests.web.test_leaks import ELSEWHERE, OBJECTS, addresses, filled, told
from tests.web.vaults import Canary, Vault

# What is one's own, or does nothing to records of the app: settings of the page, the session itself.
OWN = ("/sign-", "/language", "/theme", "/profile", "/open/", "/forgot", "/reset", "/decide/", "/hooks/", "/people/",
       "/builder/", "/jobs/", "/static/")


def without_roles(vault: Vault, login: str) -> None:
    person = people.find(vault.site, login)
    assert person is not None
    with vault.site.database.write() as connection:
        people.set_roles(vault.site, connection, person.id, login, "vault", ())


def without_a_client(vault: Vault, login: str) -> None:
    standings.stand(vault.site, login, "vault", "buyer", "")


def disabled(vault: Vault, login: str) -> None:
    people.set_active(vault.site, login, False)


LOSSES: dict[str, tuple[str, Callable[[Vault, str], None]]] = {
    "the role": ("li", without_roles),
    "whom one stands for": ("kim", without_a_client),
    "the account": ("li", disabled),
}


@pytest.fixture
def vault(database_url: str) -> Iterator[Vault]:
    made = Vault(database_url)
    yield made
    made.site.database.close()


def written(vault: Vault) -> int:
    with vault.site.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(AUDIT)).scalar_one())


def commands(door: Door, vault: Vault) -> list[tuple[str, str]]:
    """Method and address of every route that changes something, with everything that may stand in its holes."""
    rules = [rule for rule in door.app.url_map.iter_rules() if not rule.rule.startswith((*OWN, *ELSEWHERE))]
    found = [(method, rule) for rule in rules for method in {"POST", "PATCH", "DELETE"} & (rule.methods or set())]
    return sorted({(method, path) for method, rule in found for path in filled(rule, vault, OBJECTS)})


@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_lost_is_lost_at_every_door(vault: Vault, loss: str) -> None:
    login, lose = LOSSES[loss]
    door = Door(vault)
    browser, program = door.browser(login), door.program(login)
    assert program.get("/api/vault/client").json["items"], "there is something to lose"
    lose(vault, login)
    lost: list[Canary] = vault.canaries if loss == "the account" else list(vault.forbidden(login))
    assert len(lost) == len(vault.canaries) or login == "li", "what was shared with li as a person stays"
    pattern, before, leaks = re.compile("|".join(re.escape(one.text) for one in lost)), written(vault), []
    asked = [("GET", path) for path in addresses(door, vault, OBJECTS)] + commands(door, vault)
    for method, path in asked:
        rest = path.startswith("/api/")
        if method == "GET":
            answer = (program if rest else browser).get(path)
        elif rest:
            answer = program.call(method, path, {"name": "Late"})
        else:
            answer = browser.post(path, {"name": "Late", "_key": "late"})
        assert answer.status_code < 500, (method, path, answer.text[:300])
        leaks += [f"{method} {path}: {hit[0]}" for hit in [pattern.search(told(answer))] if hit]
    assert not leaks, "\n".join(leaks[:20])
    assert written(vault) == before, "nothing was changed either"


def test_an_import_that_waits_is_not_run_for_who_may_no_longer_import(database_url: str) -> None:
    shop = peopled(database_url)
    door = Door(shop)
    zhao = door.browser("zhao")
    url = uploaded(zhao, b"Code no.,Price\nP1,1.50\n")
    assert zhao.post(url, {**form_of(zhao.get(url).text), "do": "rehearse"}).status_code == 303
    drain(shop.site, handlers(shop.site), shop.now)
    assert zhao.post(f"{url}/run").status_code == 303
    person = people.find(shop.site, "zhao")
    assert person is not None
    with shop.site.database.write() as connection:
        people.set_roles(shop.site, connection, person.id, "zhao", "shop", ())
    drain(shop.site, handlers(shop.site), shop.now)
    with shop.site.database.write() as connection:
        people.set_roles(shop.site, connection, person.id, "zhao", "shop", ("store",))
    assert ">P1<" not in zhao.get(LIST).text
    shop.site.database.close()
