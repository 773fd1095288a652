"""What the OpenAPI document promises is kept: the document is valid, and schemathesis finds no answer that it does not
describe: for people of several rights, request by request and in chains of requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from engine.runtime.services.identity import people
from engine.runtime.storage import alert_rows
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.file_stores import Folder
from tests.conftest import SOAK, unavailable
from tests.web.doors import Door, peopled
from tests.web.test_tokens import MORE, WITH_FILES

EXAMPLES = 100 if SOAK else 2                  # requests per operation, person and kind (good ones, bad ones)
CHAINS, STEPS = (100, 30) if SOAK else (3, 8)
# li sells, zhao keeps the store, wang approves, eve has no role, and a token reaches sales alone
CALLERS: dict[str, tuple[str, tuple[str, ...] | None]] = {
    "li": ("li", None), "zhao": ("zhao", None), "wang": ("wang", None), "eve": ("eve", None),
    "token": ("li", ("shop.sale:read,create,submit", "shop.customer:read", "shop.product:read")),
}
QUICK = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck), stateful_step_count=STEPS,
)


@pytest.fixture
def furnished(database_url: str, tmp_path: Path) -> Iterator[Door]:
    """The shop with some records, a waiting task and an alert, on each kind of database."""
    shop = peopled(database_url, WITH_FILES + MORE)
    shop.site.files = Folder(tmp_path / "files")
    shop.stocked(Bolt=1000, Nut=50)
    shop.sold("li", "Acme", Bolt=1)
    shop.sold("li", "Acme", Bolt=200)
    shop.sold("li", "Acme", submit=False, Nut=2)
    values = {"rule": "low", "key": "k", "labels": {}, "severity": "warning", "text": {"en": "low"}, "receivers": []}
    shop.site.run("shop", SERVICE, lambda tx: alert_rows.fire(tx, {**values, "told": 1}))
    yield Door(shop)
    shop.site.database.close()


def described(door: Door, caller: str) -> tuple[Any, dict[str, str], list[Any]]:
    """The document as schemathesis reads it, the headers of the caller, and what every answer is held to."""
    try:
        import schemathesis
        from schemathesis.specs.openapi import checks
    except ImportError:
        unavailable("schemathesis is not installed")
    login, scopes = CALLERS[caller]
    person = people.find(door.shop.site, login)
    assert person is not None
    token = people.make_token(door.shop.site, person.id, scopes=scopes)
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en", "Accept-Encoding": "identity"}
    schema = schemathesis.openapi.from_wsgi("/api/shop/openapi.json", door.app, headers=headers)
    judged = [
        schemathesis.checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]
    return schema, headers, judged


def test_the_document_names_what_addresses_take(furnished: Door) -> None:
    """What a request answers to an unknown key of its address is what the document says that it knows."""
    programs = furnished.program("wang"), furnished.program("ada")
    asked = 0
    for program in programs:
        for path, method, names in operations_of(program.get("/api/shop/openapi.json").json):
            answer = program.call(method, re.sub(r"\{\w+\}", "1", path) + "?zzz=1", None if method == "get" else {})
            detail = str(answer.json.get("detail", "")) if answer.is_json else ""
            said = re.search(r"zzz is not usable; allowed: (.*)", detail)
            if said is not None:
                assert {one for one in said[1].split(", ") if one} == names, (method, path)
                asked += 1
    assert asked > 40, asked


def operations_of(document: Any) -> Iterator[tuple[str, str, set[str]]]:
    """Path, method and the keys of the address of what a document describes."""
    for path, operations in document["paths"].items():
        for method in sorted({"get", "post", "patch", "delete"} & set(operations)):
            parameters = [*operations.get("parameters", ()), *operations[method].get("parameters", ())]
            yield path, method, {one["name"] for one in parameters if one["in"] == "query"}


def test_the_document_is_valid(furnished: Door) -> None:
    try:
        from openapi_spec_validator import OpenAPIV31SpecValidator
    except ImportError:
        unavailable("openapi-spec-validator is not installed")
    for login, scopes in CALLERS.values():
        document: Any = furnished.program(login, scopes).get("/api/shop/openapi.json").json
        assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_no_answer_is_outside_of_the_document(furnished: Door) -> None:
    server = furnished.shop.site.database.dialect == "postgresql"
    for caller in CALLERS if SOAK or not server else ("li", "wang"):
        failures, tried = outside(furnished, caller)
        assert not failures, caller + "\n\n" + "\n\n".join(failures)
        assert tried > 5 * EXAMPLES


def outside(door: Door, caller: str) -> tuple[list[str], int]:
    """Answers to one caller that the document does not describe, and how many requests were made up."""
    schema, headers, judged = described(door, caller)
    from schemathesis import GenerationMode

    failures: list[str] = []
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        def attempt(case: Any) -> None:
            nonlocal tried
            tried += 1
            case.call_and_validate(headers=headers, checks=judged)

        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                QUICK(given(case=operation.as_strategy(mode))(attempt))()
            except Unsatisfiable:              # nothing of this request can be wrong
                continue
            except (Exception, BaseExceptionGroup) as error:
                failures.append(f"{operation.label} ({mode.value}): {error}")
    return failures, tried


def test_no_chain_of_requests_leads_outside_of_the_document(furnished: Door) -> None:
    """What one answer gives (the number of a new record) goes into the next request."""
    schema, headers, judged = described(furnished, "li")

    class Chain(schema.as_state_machine()):    # type: ignore[misc]  # made by schemathesis while the test runs
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": headers}

        def validate_response(self, response: Any, case: Any, **more: Any) -> None:
            case.validate_response(response, headers=headers, checks=judged)

    Chain.run(settings=settings(QUICK, max_examples=CHAINS))
