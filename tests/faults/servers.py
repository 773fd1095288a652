"""A real server over a site, on a free loopback port, for tests that need HTTP and many clients at once."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import waitress
from waitress import wasyncore

from engine.runtime.services.site import Site
from engine.runtime.web.app import create_app


class Client:
    """One client with a connection of its own and a bearer token."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.token = token

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, key: str = "") -> tuple[int, Any]:
        """Status and JSON of one request."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        raw = answer.read()
        return answer.status, json.loads(raw) if raw else None

    def close(self) -> None:
        self.connection.close()


@contextmanager
def serving(site: Site, *, threads: int = 16) -> Iterator[int]:
    """The port of a server over a site that lives as long as the block."""
    with running(create_app(site), threads=threads) as port:
        yield port


@contextmanager
def running(application: Any, *, threads: int = 16) -> Iterator[int]:
    """The port of a server that lives as long as the block.

    Its loop ends by itself before its sockets are closed: closing them under the loop is an error in a thread."""
    sockets: dict[int, Any] = {}
    server = waitress.create_server(
        application, map=sockets, host="127.0.0.1", port=0, threads=threads, connection_limit=400
    )
    ended = threading.Event()

    def loop() -> None:
        while not ended.is_set():
            wasyncore.loop(timeout=0.1, map=sockets, count=1)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        ended.set()
        thread.join()
        server.task_dispatcher.shutdown()
        wasyncore.close_all(sockets, ignore_all=True)
