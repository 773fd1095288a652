"""What the OpenAPI document promises is kept: the document is valid, and schemathesis finds no answer that it does not
describe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from engine.runtime.services import people
from tests.conftest import unavailable
from tests.web.doors import Door, peopled

EXAMPLES = 2                                   # requests per operation and kind (good ones, bad ones)
QUICK = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def furnished(database_url: str) -> Iterator[Door]:
    """The shop with some records, on each kind of database."""
    shop = peopled(database_url)
    shop.stocked(Bolt=100, Nut=50)
    shop.sold("li", "Acme", Bolt=1)
    shop.sold("li", "Acme", submit=False, Nut=2)
    yield Door(shop)
    shop.site.database.close()


def token(door: Door, login: str) -> str:
    person = people.find(door.shop.site, login)
    assert person is not None
    return people.make_token(door.shop.site, person.id)


def test_the_document_is_valid(furnished: Door) -> None:
    try:
        from openapi_spec_validator import OpenAPIV31SpecValidator
    except ImportError:
        unavailable("openapi-spec-validator is not installed")
    for login in ("li", "zhao", "wang"):
        document: Any = furnished.program(login).get("/api/shop/openapi.json").json
        assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_no_answer_is_outside_of_the_document(furnished: Door) -> None:
    try:
        import schemathesis
        from schemathesis.specs.openapi import checks
    except ImportError:
        unavailable("schemathesis is not installed")
    headers = {"Authorization": f"Bearer {token(furnished, 'li')}", "Accept-Language": "en"}
    schema = schemathesis.openapi.from_wsgi("/api/shop/openapi.json", furnished.app, headers=headers)
    judged = [
        schemathesis.checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]
    failures: list[str] = []
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        def attempt(case: Any) -> None:
            nonlocal tried
            tried += 1
            case.call_and_validate(headers=headers, checks=judged)

        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            try:
                QUICK(given(case=operation.as_strategy(mode))(attempt))()
            except Unsatisfiable:              # nothing of this request can be wrong
                continue
            except (Exception, BaseExceptionGroup) as error:
                failures.append(f"{operation.label} ({mode.value}): {error}")
    assert not failures, "\n\n".join(failures)
    assert tried > 5 * EXAMPLES
