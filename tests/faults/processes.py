"""Real server and worker processes over a site, to be killed at any moment; and a mail server for their letters."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240                            # patience with a machine that has much else to do


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Processes:
    """`formwork serve` without a worker, and `formwork worker`, over one database."""

    def __init__(self, url: str, folder: Path, **environment: str) -> None:
        self.port = free_port()
        self.folder = folder
        quick = {"FORMWORK_RATE": "0", "FORMWORK_RATE_STRANGERS": "0"}  # the load comes with one token
        self.environment = {**os.environ, **quick, "DATABASE_URL": url, "FORMWORK_DATA_DIR": str(folder), **environment}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.kills = 0

    def start(self) -> None:
        """Start what does not run, and wait until the server answers."""
        for name, arguments in (("server", ["serve", "--no-worker", "--port", str(self.port)]), ("worker", ["worker"])):
            if name not in self.running or self.running[name].poll() is not None:
                with (self.folder / f"{name}.log").open("ab") as log:
                    self.running[name] = subprocess.Popen(  # noqa: S603
                        [sys.executable, "-m", "engine.cli.main", *arguments], cwd=ROOT, env=self.environment,
                        stdout=log, stderr=log,
                    )
        until = time.monotonic() + START_SECONDS
        while not self.ready():
            assert self.running["server"].poll() is None, self.log()
            assert time.monotonic() < until, f"the server does not answer\n{self.log()}"
            time.sleep(0.05)

    def ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def kill(self, *names: str) -> None:
        """SIGKILL: no chance to tidy up."""
        for name in names:
            os.kill(self.running[name].pid, signal.SIGKILL)
        for name in names:
            self.running[name].wait()
            self.kills += 1

    def log(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-4000:] for path in sorted(self.folder.glob("*.log")))


@contextmanager
def processes(url: str, folder: Path, **environment: str) -> Iterator[Processes]:
    """Both, dead at the end of the block."""
    made = Processes(url, folder, **environment)
    try:
        yield made
    finally:
        made.kill(*(name for name, process in made.running.items() if process.poll() is None))


class Letters(socketserver.ThreadingTCPServer):
    """Just enough of a mail server: keeps the Message-ID of every letter, and to whom it went."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.got: Counter[str] = Counter()

    @property
    def address(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Talk(socketserver.StreamRequestHandler):
    server: Letters

    def handle(self) -> None:
        try:
            self._talk()
        except OSError:                        # the sender was killed
            return

    def _talk(self) -> None:
        self._say("220 letters")
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                self._say("354 go on")
                self._take()
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:                       # cut off: the letter has not been taken
                raise ConnectionError
            lines.append(line)
        self.server.got[str(message_from_bytes(b"".join(lines))["Message-ID"])] += 1
        self._say("250 taken")

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@contextmanager
def letters() -> Iterator[Letters]:
    """A mail server for as long as the block runs."""
    with Letters() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
