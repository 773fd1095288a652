"""Other systems call: signed, of this moment, typed, once per delivery; everything else is refused in plain words."""

from __future__ import annotations

import base64
import datetime as dt
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from engine.cli import doctoring
from engine.runtime.jobs import hooks
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.storage import job_rows
from engine.runtime.web.app import WebSettings
from tests.services.sites import fresh
from tests.web.doors import Door, peopled

KEYS = [b"the key of this year, 32 bytes..", b"the key of last year, 32 bytes.."]
APP = """\
app: shop
languages: [en, zh]
roles: {sales: Sales, boss: Boss, clerk: Clerk}
objects:
  client: {key: name, fields: {name: {type: text, required: true, unique: true}}}
  paid:
    fields: {client: {type: link, to: client}, amount: money, note: text, day: date}
    unique: [note]
automations:
  money:
    webhook: bank
    inputs:
      client: {type: link, to: client, required: true}
      amount: {type: money, required: true, min: 0.01, en: Amount}
      kind: {type: choice, options: {in: In, out: Out}, default: in}
      day: {type: date, default: =today()}
      note: {type: text, max_length: 9}
    read: {amount: data.lines.0.total, client: data.payer}
    when: webhook.kind = 'in'
    do:
      - create: paid
        with: {client: =webhook.client, amount: =webhook.amount, note: =webhook.note, day: =webhook.day}
  all:
    webhook: bank
    inputs: {mark: text}
    each: client where name = 'Marked' and webhook.mark is not blank
    do: [{set: {name: =name & webhook.mark}}]
  out: {created: paid, do: [{webhook: crm, with: {amount: =amount}}]}
access: {any: {sales: full}}
"""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def door(
    request: pytest.FixtureRequest, _server: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    with fresh(request.param, _server, tmp_path_factory, "hooked") as url:
        made = Door(peopled(url, APP))
        made.shop.create("li", "client", name="Acme")
        yield made
        made.shop.site.database.close()


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The administrator's file: the hook takes the keys of this year and of last year."""
    secrets = [f"whsec_{base64.b64encode(key).decode()}" for key in KEYS]
    place = tmp_path / "hooks.toml"
    place.write_text(f"[shop.bank]\nreceive = {json.dumps(secrets)}\n")
    place.chmod(0o600)
    monkeypatch.setenv(hooks.SETTING, str(place))
    return place


def body(**more: Any) -> dict[str, Any]:
    return {"kind": "in", "data": {"payer": "Acme", "lines": [{"total": 10.5}]}, "what we never asked": [1], **more}


def call(door: Door, id: str, told: Any, *, key: bytes = KEYS[0], ago: int = 0, **headers: str) -> TestResponse:
    raw = told if isinstance(told, bytes) else json.dumps(told).encode()
    moment = int(time.time()) - ago
    signed = {
        "webhook-id": id, "webhook-timestamp": str(moment), "webhook-signature": hooks.signature(key, id, moment, raw),
        "Content-Type": "application/json", "Accept-Language": "en",
    }
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return door.app.test_client().post("/hooks/shop/bank", data=raw, headers={**signed, **changed})


def work(door: Door) -> list[Any]:
    """What was created, after the jobs."""
    drain(door.shop.site, handlers(door.shop.site, rehearsing=True), door.shop.now + dt.timedelta(minutes=1))
    return list(door.program("li").get("/api/shop/paid?sort=id").json["items"])


def test_a_delivery_starts_its_automations_once(door: Door) -> None:
    answers = [call(door, "one", body(note="n1"))]
    answers += [call(door, "one", body(note="n1"), key=KEYS[1], ago=-60) for _ in range(2)]
    threads = [threading.Thread(target=lambda: answers.append(call(door, "one", body(note="n1")))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [202] * 7
    assert all(answer.json == answers[0].json for answer in answers) and answers[0].json["id"] == "one"
    assert len(answers[0].json["jobs"]) == 2, "one for each automation"
    found = work(door)
    assert [(one["amount"], one["note"], one["client"]["title"]) for one in found] == [("10.50", "n1", "Acme")]
    assert found[0]["day"] is not None
    other = call(door, "one", body(note="n2"))
    assert other.status_code == 422 and other.json["code"] == "idempotency"
    assert call(door, "two", body(note="n2", kind="out")).status_code == 202
    assert len(work(door)) == 1, "`when` does not hold"


def test_what_is_wrong_is_told_at_once_and_nothing_is_kept(door: Door) -> None:
    wrong = {"kind": "maybe", "note": "more than nine", "data": {"payer": "Nobody", "lines": [{"total": "0"}]}}
    answer = call(door, "w1", wrong)
    assert answer.status_code == 422
    assert {one["field"]: one["code"] for one in answer.json["errors"]} == {
        "kind": "type", "note": "invalid", "data.payer": "not_found", "data.lines.0.total": "min",
    }
    assert {e["field"]: e["code"] for e in call(door, "w1", {"data": []}).json["errors"]} == {
        "data.payer": "required", "data.lines.0.total": "required",
    }
    assert call(door, "w1", body(note="w1")).status_code == 202, "a refused delivery may come again, corrected"
    before = len(work(door))
    assert call(door, "w2", body(note="w1")).status_code == 202
    assert len(work(door)) == before, "its rules refuse what it would make"
    with door.shop.site.database.read() as connection:
        assert "already" in str(job_rows.listing(connection, "failed")[0]["error"])
    for raw in (b"[]", b"1", b"{", b'{"a": NaN}', b'{"a": 1, "a": 2}', b""):
        assert call(door, "w3", raw).status_code == 400, raw
    assert call(door, "w3", body(), Content_Type="text/plain").status_code == 400
    assert call(door, "w3", b'{"a": "' + b"x" * 1_100_000 + b'"}').status_code == 413


@pytest.mark.parametrize("headers", [
    {"webhook_signature": ""}, {"webhook_signature": "v1,"}, {"webhook_signature": "v1,é"}, {"webhook_id": "other"},
    {"webhook_id": ""}, {"webhook_timestamp": "now"}, {"webhook_timestamp": "-1"}, {"webhook_timestamp": "9" * 40},
    {"webhook_timestamp": str(int(time.time()) + 1)}, {"webhook_id": "a" * 300},
])
def test_nobody_gets_in_without_the_secret(door: Door, headers: dict[str, str]) -> None:
    answer = call(door, "s1", body(note="s1"), **headers)
    assert (answer.status_code, answer.json["code"]) == (401, "signature")
    assert call(door, "s1", body(note="s1"), key=b"another key").status_code == 401


def test_rows_that_an_automation_goes_over_know_what_was_told(door: Door) -> None:
    name = door.shop.create("li", "client", name="Marked")
    assert call(door, "rows", body(note="rows", mark="!")).status_code == 202
    work(door)
    assert door.program("li").get(f"/api/shop/client/{name.id}").json["name"] == "Marked!"


def test_an_old_call_is_none_and_the_sender_learns_why(door: Door) -> None:
    for ago in (360, -360):
        answer = call(door, "old", body(note="old"), ago=ago)
        assert answer.status_code == 401 and "5 minutes" in answer.json["detail"]
    assert call(door, "old", body(note="old"), ago=240).status_code == 202


def test_what_is_not_declared_or_not_configured_says_so(
    door: Door, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = door.app.test_client()
    assert client.post("/hooks/shop/nosuch", json={}).status_code == 404
    assert client.post("/hooks/nosuch/bank", json={}).status_code == 404
    assert client.get("/hooks/shop/bank").status_code == 405
    found = [(f.level, f.what) for f in doctoring.of_hooks(door.shop.site)]
    assert found == [("warning", "webhook out"), ("ok", "webhook in")]
    for text in ("", "[shop.bank]\nreceive = []", "[shop.bank]\nreceive = 'no base64!'", "[shop"):
        settings.write_text(text)
        answer = call(door, "u1", body(note="u1"))
        assert answer.status_code == 503 and answer.json["code"] == "unconfigured" and "Retry-After" in answer.headers
        assert "receive" in answer.json["detail"] and str(settings) not in answer.text
        assert [f.level for f in doctoring.of_hooks(door.shop.site)] == ["warning", "warning"]
    monkeypatch.delenv(hooks.SETTING)
    assert call(door, "u1", body(note="u1")).status_code == 503


def test_who_calls_too_often_waits(door: Door) -> None:
    narrow = Door(door.shop, WebSettings(rate_strangers=1))
    codes = [call(narrow, f"r{n}", body(note=f"r{n}")).status_code for n in range(8)]
    assert codes[:4] == [202] * 4 and codes[-1] == 429
