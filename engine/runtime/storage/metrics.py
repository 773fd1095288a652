"""Figures of the running of a site: counters and histograms of this process, summed over all processes of the site.

On PostgreSQL several processes serve one site, and a scrape reaches any one of them: each adds what it has counted to
rows of the database every few seconds. On SQLite one process serves, and its memory is all."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping

Key = tuple[str, str]                          # name, labels as written: `class="api",code="200"`
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds


def labelled(**labels: str) -> str:
    """Labels as Prometheus writes them."""
    shown = ((name.rstrip("_"), value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n"))
             for name, value in labels.items())
    return ",".join(f'{name}="{value}"' for name, value in shown)


class Counted:
    """What this process has counted: in all, and since it was last handed over. Thread safe."""

    def __init__(self) -> None:
        self._all: dict[Key, float] = {}
        self._fresh: dict[Key, float] = {}
        self._guard = threading.Lock()

    def add(self, name: str, labels: str = "", value: float = 1.0) -> None:
        """Count."""
        with self._guard:
            self._add(name, labels, value)

    def observe(self, name: str, labels: str, seconds: float) -> None:
        """Count a duration: its bucket, the sum and the number."""
        place = bisect_left(BUCKETS, seconds)
        edge = f"{BUCKETS[place]:g}" if place < len(BUCKETS) else "+Inf"
        with self._guard:
            self._add(f"{name}_bucket", f'{labels},le="{edge}"'.lstrip(","), 1.0)
            self._add(f"{name}_sum", labels, seconds)
            self._add(f"{name}_count", labels, 1.0)

    def _add(self, name: str, labels: str, value: float) -> None:
        for figures in (self._all, self._fresh):
            figures[name, labels] = figures.get((name, labels), 0.0) + value

    def everything(self) -> dict[Key, float]:
        with self._guard:
            return dict(self._all)

    def take(self) -> dict[Key, float]:
        """What was counted since the last time; it is the caller's now."""
        with self._guard:
            fresh, self._fresh = self._fresh, {}
            return fresh

    def give_back(self, figures: Mapping[Key, float]) -> None:
        """What could not be handed over."""
        with self._guard:
            for key, value in figures.items():
                self._fresh[key] = self._fresh.get(key, 0.0) + value


def cumulated(figures: Mapping[Key, float]) -> dict[Key, float]:
    """Buckets as Prometheus wants them: each holds all shorter ones too."""
    found = {key: value for key, value in figures.items() if not key[0].endswith("_bucket")}
    groups: dict[Key, dict[str, float]] = {}
    for (name, labels), value in figures.items():
        if name.endswith("_bucket"):
            head, _, edge = labels.rpartition("le=")
            groups.setdefault((name, head), {})[edge.strip('"')] = value
    for (name, head), counts in groups.items():
        total = 0.0
        for edge in (*(f"{bound:g}" for bound in BUCKETS), "+Inf"):
            total += counts.get(edge, 0.0)
            found[name, f'{head}le="{edge}"'] = total
    return found


def exposition(figures: Mapping[Key, float], told: Mapping[str, tuple[str, str]]) -> str:
    """Figures in Prometheus' text format; `told` gives the type and the help of each family, which orders them."""
    lines: list[str] = []
    for family, (kind, help) in told.items():
        lines += [f"# HELP {family} {help}", f"# TYPE {family} {kind}"]
        lines += _samples(figures, family, kind)
    return "\n".join(lines) + "\n"


def _samples(figures: Mapping[Key, float], family: str, kind: str) -> Iterable[str]:
    names = [f"{family}{part}" for part in ("_bucket", "_sum", "_count")] if kind == "histogram" else [family]
    for name in names:
        for (one, labels), value in figures.items():
            if one == name:
                shown = f"{value:.6f}".rstrip("0").rstrip(".")
                yield f"{name}{{{labels}}} {shown}" if labels else f"{name} {shown}"
