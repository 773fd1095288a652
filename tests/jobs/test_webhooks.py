"""Webhooks leave after the commit, signed, and again until they are taken; the way out leads nowhere else."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.errors import Failure
from engine.runtime.jobs import calling, hooks, outbound
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.kinds import Hopeless
from engine.runtime.jobs.outbound import Barred, Target
from engine.runtime.jobs.worker import drain
from engine.runtime.storage.system import JOBS
from tests.services.shops import SHOP, Shop

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ...").decode()
TOLD = SHOP.replace(
    "      cancel:\n        from: [draft, pending, approved]",
    "      tell:\n"
    "        do:\n"
    "          - {webhook: crm, with: {number: =note, total: =total, on: =date, customer: =customer, kind: order,\n"
    "             lines: =lines, more: [=total * 2, fixed, {deep: =true}]}}\n"
    "          - {refuse: {zh: 不行, en: No}, when: note = 'stop'}\n"
    "      cancel:\n        from: [draft, pending, approved]",
)


class Listener:
    """Another system: answers with the codes that it is given, keeps what it heard."""

    def __init__(self) -> None:
        self.codes: list[int] = []
        self.heard: list[tuple[dict[str, str], bytes]] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(listener.codes.pop(0) if listener.codes else 204)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()
    made.thread.join()


@pytest.fixture
def told(tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> Listener:
    """The settings name the listener."""
    place = tmp_path / "hooks.toml"
    url = f"http://localhost:{listener.port}/in?a=1"
    place.write_text(f'[shop.crm]\nurl = "{url}"\nsecret = "{SECRET}"\nplain = true\nprivate = true\n')
    monkeypatch.setenv(hooks.SETTING, str(place))
    return listener


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, TOLD)
    made.stocked(Bolt=100)
    yield made
    made.site.database.close()


def work(shop: Shop, **later: float) -> None:
    shop.now += dt.timedelta(**later)
    drain(shop.site, handlers(shop.site), shop.now)


def jobs(shop: Shop) -> list[Any]:
    with shop.site.database.read() as connection:
        return list(connection.execute(select(JOBS).where(JOBS.c.kind == "webhook").order_by(JOBS.c.id)).mappings())


def test_a_webhook_leaves_after_the_commit_signed_and_again_until_it_is_taken(shop: Shop, told: Listener) -> None:
    sale = shop.sold("li", "Acme", submit=False, Bolt=2)
    shop.update("li", sale, note="stop")
    with pytest.raises(Failure):
        shop.act("li", sale, "tell")
    assert jobs(shop) == [], "what is refused tells nobody"
    shop.update("li", sale, note="7")
    shop.act("li", sale, "tell")
    assert told.heard == []
    told.codes = [500, 429]
    work(shop)
    work(shop, minutes=1)
    work(shop, minutes=1)
    assert len(told.heard) == 3 and jobs(shop)[0]["state"] == "done"
    assert len({headers["webhook-id"] for headers, _ in told.heard}) == 1, "the same id in every attempt"
    headers, raw = told.heard[-1]
    assert headers["idempotency-key"] == headers["webhook-id"] and headers["content-type"] == "application/json"
    assert headers["host"] == f"localhost:{told.port}"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + raw
    expected = hmac.new(b"a secret of thirty-two bytes ...", signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(expected).decode()
    body = json.loads(raw)
    assert (body["type"], body["about"]) == ("shop.crm", {"object": "sale", "id": sale.id})
    data = body["data"]
    assert (data["number"], data["total"], data["kind"]) == ("7", "20", "order")
    assert data["more"] == ["40", "fixed", {"deep": True}]
    assert data["on"] == "2026-05-04" and data["customer"] == {"object": "customer", "id": 1}
    assert data["lines"][0]["object"] == "sale.lines"


def test_what_nobody_will_take_is_parked_and_says_why(
    shop: Shop, told: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = shop.sold("li", "Acme", submit=False, Bolt=2)
    told.codes = [302]
    shop.act("li", sale, "tell")
    work(shop)
    assert len(told.heard) == 1 and jobs(shop)[0]["state"] == "failed", "redirects are not followed"
    assert "302" in jobs(shop)[0]["error"]
    told.codes = [503] * 20
    shop.act("li", sale, "tell")
    for _ in range(10):
        work(shop, hours=2)
    assert jobs(shop)[1]["state"] == "failed" and jobs(shop)[1]["attempt"] == 8
    monkeypatch.delenv(hooks.SETTING)
    shop.act("li", sale, "tell")
    work(shop)
    assert "FORMWORK_HOOKS" in jobs(shop)[2]["error"]
    heard = len(told.heard)
    shop.act("li", sale, "tell")
    drain(shop.site, handlers(shop.site, rehearsing=True), shop.now)
    assert jobs(shop)[3]["state"] == "done" and len(told.heard) == heard, "a rehearsal lets nothing leave"


@pytest.mark.parametrize(("address", "public"), [
    ("93.184.215.14", True), ("2606:2800:21f:cb07::1", True), ("127.0.0.1", False), ("10.1.2.3", False),
    ("172.16.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False),
    ("0.0.0.0", False),
    ("224.0.0.1", False), ("255.255.255.255", False), ("::1", False), ("::", False), ("fe80::1%eth0", False),
    ("fd00::1", False), ("::ffff:127.0.0.1", False), ("::ffff:93.184.215.14", True), ("64:ff9b::7f00:1", False),
    ("2002:7f00:1::", False), ("ff02::1", False), ("64:ff9b:1::7f00:1", False), ("::ffff:0:7f00:1", False),
    ("::7f00:1", False), ("fec0::1", False), ("64:ff9b::5db8:d70e", True),
])
def test_addresses_of_our_own_network_are_known_in_every_dress(address: str, public: bool) -> None:
    assert outbound.public(address) is public


@pytest.mark.parametrize(("target", "words"), [
    (Target("http://crm.example/"), "https"), (Target("ftp://crm.example/", plain=True), "https"),
    (Target("https://me:secret@crm.example/"), "no user"), (Target("https:///in"), "host"),
    (Target("https://crm.example:99999/"), "read"), (Target("https://" + "a" * 70 + ".example/"), "host name"),
])
def test_an_address_that_is_never_called(target: Target, words: str) -> None:
    with pytest.raises(Barred, match=words):
        outbound.post(target, b"", {}, look_up=lambda host, port: pytest.fail("nothing is looked up"))


def found(*addresses: str) -> list[tuple[Any, ...]]:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]


def test_a_name_is_looked_up_once_and_every_address_of_it_counts(listener: Listener) -> None:
    with pytest.raises(Barred, match="not public"):
        outbound.post(
            Target(f"http://crm.example:{listener.port}/", plain=True), b"{}", {},
            look_up=lambda host, port: found("93.184.215.14", "127.0.0.1"),
        )
    asked: list[str] = []

    def once(host: str, port: int) -> list[tuple[Any, ...]]:
        asked.append(host)
        return found("127.0.0.1")              # a second look-up would lead elsewhere: there is none

    target = Target(f"http://crm.example:{listener.port}/in", plain=True, private=True)
    assert outbound.post(target, b"{}", {}, look_up=once) == 204
    assert asked == ["crm.example"] and listener.heard[0][0]["host"] == f"crm.example:{listener.port}"


def test_an_answer_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.4)
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def drip() -> None:
        line, _ = server.accept()
        with line:
            while not ended.wait(0.05):
                try:
                    line.send(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    begun = time.monotonic()
    target = Target(f"http://localhost:{server.getsockname()[1]}/", plain=True, private=True)
    with pytest.raises(OSError):
        outbound.post(target, b"{}", {}, look_up=lambda host, port: found("127.0.0.1"))
    assert time.monotonic() - begun < 5
    ended.set()
    thread.join()
    server.close()


def test_settings_that_are_wrong_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "hooks.toml"
    monkeypatch.setenv(hooks.SETTING, str(place))
    for text, words in (
        (None, "hooks.toml"), ("[shop", "FORMWORK_HOOKS"), ("[shop.other]", "shop.crm"),
        ('[shop.crm]\nurl = "https://x.example"', "secret"),
        ('[shop.crm]\nurl = "https://x.example"\nsecret = "no base64!"', "base64"),
    ):
        if text is not None:
            place.write_text(text)
        with pytest.raises(Hopeless, match=words):
            calling.configured("shop", "crm")
