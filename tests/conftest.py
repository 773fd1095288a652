"""What every test may ask for: databases of both kinds, and how hard to try. Of the engine it knows passwords only."""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings
from werkzeug.routing import Rule

from tests import copies
from tests.clusters import NoServer, fresh_database, running_cluster

SERVER = "FORMWORK_TEST_POSTGRES"  # an address given from outside is used instead of a server of our own
SOAK = bool(os.environ.get("FORMWORK_SOAK"))
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
_numbers = itertools.count(1)

settings.register_profile("default", deadline=None, max_examples=50, suppress_health_check=SLOW)
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
settings.register_profile("soak", settings.get_profile("default"), max_examples=5000)
settings.load_profile("soak" if SOAK else "ci" if os.environ.get("CI") else "default")


def unavailable(reason: str) -> NoReturn:
    """Skips the test, since the machine lacks something; fails it where `CI` is set, so that nothing is lost unseen."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; with CI set a part that cannot run is a failure", pytrace=False)
    pytest.skip(reason)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves the long runs out unless they are asked for."""
    for item in items:
        if item.get_closest_marker("soak") and not SOAK:
            item.add_marker(pytest.mark.skip(reason="a long run: make soak"))


def pytest_collection_finish() -> None:
    """Modules and definitions stay until the run ends: the collector of garbage need not look at them for every list
    that a test makes. A fourth of the processor's time went there."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Hashing costs what it should in production; hundreds of sign-ins need not. Other processes hash as ever."""
    from argon2 import PasswordHasher

    from engine.runtime.services.identity import people

    kept = people.HASHER, people.NOBODY
    people.HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    people.NOBODY = people.HASHER.hash("nobody")
    yield
    people.HASHER, people.NOBODY = kept


@pytest.fixture(scope="session", autouse=True)
def _quick_addresses() -> Iterator[None]:
    """An application compiles what builds the addresses of its routes, nine tenths of what making it costs; hundreds
    of applications are made here, and each is asked for a few addresses."""
    compile_builder = Rule._compile_builder

    def later(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        made: list[Callable[..., tuple[str, str]]] = []

        def build(*called: object, **values: object) -> tuple[str, str]:
            if not made:
                made.append(compile_builder(rule, append_unknown))
            return made[0](*called, **values)

        return build

    Rule._compile_builder = later
    yield
    Rule._compile_builder = compile_builder


@pytest.fixture(scope="session")
def _server() -> Iterator[tuple[str, str]]:
    """(address, why there is none) of a PostgreSQL server that lives as long as the run."""
    if os.environ.get(SERVER):
        yield os.environ[SERVER], ""
        copies.drop_all()
        return
    try:
        with running_cluster() as address:
            os.environ[SERVER] = address
            yield address, ""
            del os.environ[SERVER]
    except NoServer as error:
        yield "", str(error)


@pytest.fixture
def postgres_server(_server: tuple[str, str]) -> str:
    """The address of the PostgreSQL server's maintenance database; skips with the reason if there is no server."""
    address, reason = _server
    return address or unavailable(reason)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """SQLAlchemy's address of a fresh, empty PostgreSQL database, gone after the test."""
    with fresh_database(postgres_server, f"test_{os.getpid()}_{next(_numbers)}") as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """SQLAlchemy's address of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'site.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database; a test that takes it runs once on each kind."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))
