"""`python -m tests.injections`: sqlmap against the questions of a served app, on both databases; prints what it found.

Beside the app stands a page that can be injected: where sqlmap does not find that one, its silence proves nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import waitress

from tests.clusters import fresh_database, running_cluster
from tests.web.doors import SAME_ORIGIN, Door
from tests.web.vaults import Vault

DIALECTS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
FOUND, CLEAN = "identified the following injection point", "do not appear to be injectable"
REACHED, NO_SQL = "back-end DBMS: ", "not able to fingerprint the back-end"
PATIENCE = 1_200                               # seconds for one address
QUESTION = {"from": "client", "by": {"k": "stage"}, "show": {"n": "count()"}, "where": "name = 'K'", "sort": ["-n"]}
# Who asks, what is asked, and the parameters that are tried; of a body the text of it.
TARGETS: tuple[tuple[str, str, str, str], ...] = (
    ("program", "/api/vault/client?sort=name&search=K&fields=code&count=exact&limit=5",
     "sort,search,fields,count,limit", ""),
    ("program", "/api/vault/client?filter=stage='a'", "filter", ""),
    ("program", "/api/vault/query", "", json.dumps(QUESTION)),
    ("browser", "/apps/vault/records/client?view=all&group=stage&sort=code&search=K&filter=stage='a'",
     "view,group,sort,search,filter", ""),
    ("browser", "/apps/vault/lookup/deal/client?q=K", "q", ""),
    ("browser", "/apps/vault/search?q=K", "q", ""),
    ("browser", "/apps/vault/records/client/filter?field=stage", "field", ""),
    ("stranger", "/open/vault/view/deal/track", "number,client.code", "number=KNR17QZ&client.code=KCD17QZ"),
)


class Served:
    """The app and the page beside it on a port of its own, with counts of the answers by status."""

    def __init__(self, url: str) -> None:
        self.vault = Vault(url)
        self.door = Door(self.vault)
        self.answers: dict[int, int] = {}
        self.failed: list[str] = []
        self._guard = threading.Lock()
        self._rows = sqlite3.connect(":memory:", check_same_thread=False)
        self._rows.executescript("create table t (id integer, name text); insert into t values (1, 'one')")
        self.server = waitress.create_server(self, host="127.0.0.1", port=0, threads=4)
        threading.Thread(target=self.server.run, daemon=True).start()
        self.at = f"http://127.0.0.1:{self.server.effective_port}"

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/open-wound":
            return self._wounded(environ, start)

        def counted(status: str, *rest: Any) -> Any:
            with self._guard:
                code = int(status[:3])
                self.answers[code] = self.answers.get(code, 0) + 1
                if code >= 500:                # noqa: PLR2004 - a failure of the server
                    self.failed.append(f"{status} {environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}")
            return start(status, *rest)

        return self.door.app.wsgi_app(environ, counted)

    def _wounded(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        given = parse_qs(environ.get("QUERY_STRING", "")).get("id", ["0"])[0]
        with self._guard:
            try:
                text = str(self._rows.execute(f"select name from t where id = {given}").fetchall())
            except sqlite3.Error as error:
                text = str(error)
        start("200 OK", [("Content-Type", "text/html")])
        return [f"<html><body>{text}</body></html>".encode()]

    def headers(self, who: str) -> dict[str, str]:
        """What goes along with every request of somebody."""
        if who == "program":
            return self.door.program("li").headers
        browser = self.door.browser("li" if who == "browser" else "")
        cookie = browser.client.get_cookie("__Host-sid") or browser.client.get_cookie("sid")
        return {**SAME_ORIGIN, "Accept": "text/html", **({"Cookie": f"{cookie.key}={cookie.value}"} if cookie else {})}

    def close(self) -> None:
        self.server.close()
        self.vault.site.database.close()


def asked(address: str, headers: dict[str, str], tried: str, body: str, dialect: str, folder: str) -> str:
    """All that sqlmap says of one address."""
    command = ["sqlmap", "-u", address, "--batch", "--level", "3", "--risk", "2", "--technique", "BEUSTQ", "--threads",
               "4", "--flush-session", "--disable-coloring", "--dbms", dialect, "--output-dir", folder]
    command += ["--headers", "\n".join(f"{name}: {value}" for name, value in headers.items())]
    command += ["-p", tried] if tried else []
    command += ["--data", body] if body else []
    # Refusals are answers: a question that cannot be read is 400, what is not there 404.
    command += ["--ignore-code", "400,404,422", "--skip-waf"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.stdout + done.stderr


def verdict(served: Served, target: tuple[str, str, str, str], dialect: str, folder: str) -> str:
    """Empty where sqlmap has tried an address and reached no database; else what it says.

    A `filter` is a condition in the language of definitions: `stage='a' and 1=1` is one too, and sqlmap takes it for
    SQL until it asks for something that only a database knows."""
    who, path, tried, body = target
    said = asked(served.at + path, served.headers(who), tried, body, DIALECTS[dialect], folder)
    own_language = FOUND in said and NO_SQL in said and tried == "filter"
    return "" if own_language or CLEAN in said and FOUND not in said else said[-3_000:]


def tried_out(dialect: str, url: str) -> list[str]:
    """What was found on one database."""
    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder, closing(Served(url)) as served:
        control = asked(f"{served.at}/open-wound?id=1", {}, "id", "", "SQLite", folder)
        if FOUND not in control or f"{REACHED}SQLite" not in control:
            return [f"{dialect}: sqlmap does not find what can be injected: its silence proves nothing"]
        for target in TARGETS:
            began, before = time.monotonic(), sum(served.answers.values())
            wrong = verdict(served, target, dialect, folder)
            many = sum(served.answers.values()) - before
            print(f"{dialect:10} {target[0]:8} {target[1].partition('?')[0]:36} {many:6} requests "
                  f"{time.monotonic() - began:5.0f} s  {'FOUND' if wrong else 'nothing'}", flush=True)
            found += [f"{dialect} {target[1]}: {wrong}"] if wrong else []
        print(f"{dialect:10} answers by status: {dict(sorted(served.answers.items()))}", flush=True)
        found += [f"{dialect}: {one}" for one in served.failed[:20]]
    return found


def main() -> int:
    if shutil.which("sqlmap") is None:
        print("sqlmap is not installed (Debian: apt-get install sqlmap)", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        found = tried_out("sqlite", f"sqlite:///{Path(folder) / 'site.db'}")
    with running_cluster() as server, fresh_database(server, "injections") as url:
        found += tried_out("postgresql", url)
    print("\n".join(found), file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
