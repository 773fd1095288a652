"""What the server counts, and `/metrics` in Prometheus' text format. Knows the site only."""

from __future__ import annotations

import threading
import time

from flask import Blueprint, Flask, Response, g, request
from flask.typing import ResponseReturnValue

from engine.runtime.services.site import Site
from engine.runtime.storage import metric_rows
from engine.runtime.storage.metrics import cumulated, exposition, labelled
from engine.runtime.web.routes import Access, route
from engine.runtime.web.snapshots import site

BLUEPRINT = Blueprint("figures", __name__)
CLASSES = {"api": "api", "hooks": "hooks", "builder": "builder", "static": "static", "healthz": "health",
           "readyz": "health", "metrics": "health"}
FAMILIES = {
    "formwork_requests_total": ("counter", "Requests by class of route, method and status."),
    "formwork_request_seconds": ("histogram", "Time to answer, by class of route."),
    "formwork_refused_total": ("counter", "Requests beyond a caller's rate."),
    "formwork_jobs_run_total": ("counter", "Jobs run, by kind and how they ended; kind alerts: evaluations of rules."),
    "formwork_database_errors_total": ("counter", "Failures of the database, by kind."),
    "formwork_jobs": ("gauge", "Jobs by state."),
    "formwork_jobs_oldest_seconds": ("gauge", "How long the oldest job that is due has been waiting."),
    "formwork_outbox_waiting": ("gauge", "Letters and webhooks that have not left yet."),
    "formwork_app_version": ("gauge", "The live version of each app."),
}


def install(app: Flask, served: Site, every: float = 0.0) -> None:
    """Count every request of an application; hand the figures over after so many seconds (0: at a scrape only)."""
    app.before_request(_begin)
    app.after_request(_count)
    if every and served.database.dialect == "postgresql":
        sender = Sender(served, every)
        app.before_request(sender.ensure)


def _begin() -> None:
    g.begun = time.perf_counter()


def _count(response: Response) -> Response:
    counted, kind = site().database.counted, CLASSES.get(request.path.split("/", 2)[1], "page")
    method = request.method if request.method in ("GET", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS") else "other"
    labels = labelled(class_=kind, method=method, code=str(response.status_code))
    counted.add("formwork_requests_total", labels)
    if response.status_code == 429:
        counted.add("formwork_refused_total", labelled(class_=kind))
    counted.observe("formwork_request_seconds", labelled(class_=kind), time.perf_counter() - g.get("begun", 0.0))
    return response


class Sender:
    """Hands the figures of this process over to the database, in a thread that begins with the first request (so that
    it is one of the process that serves, not of the one that it was forked from)."""

    def __init__(self, served: Site, every: float) -> None:
        self.served = served
        self.every = every
        self._started = threading.Event()
        self._guard = threading.Lock()

    def ensure(self) -> None:
        if not self._started.is_set():
            with self._guard:
                if not self._started.is_set():
                    threading.Thread(target=self._run, name="figures", daemon=True).start()
                    self._started.set()

    def _run(self) -> None:
        while True:
            time.sleep(self.every)
            metric_rows.hand_over(self.served.database)


@route(BLUEPRINT, "/metrics", Access.ADMIN)
def metrics() -> ResponseReturnValue:
    """Figures for an administrator's token: `formwork token admin --scope metrics`."""
    database = site().database
    if database.dialect == "postgresql":
        metric_rows.hand_over(database)
    with database.read() as connection:
        counted = metric_rows.counted(connection) if database.dialect == "postgresql" else database.counted.everything()
        figures = {**cumulated(counted), **metric_rows.standing(connection, site().now())}
    return Response(exposition(figures, FAMILIES), mimetype="text/plain; version=0.0.4")
