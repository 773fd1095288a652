"""The formulas' module in Node, kept running: one JSON question in, one answer out. Knows no expression."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.frontend.nodes import NODE, ROOT


class Browser:
    """Node with the formulas' module in it, for as long as the tests run."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [str(NODE), "tests/frontend/evaluating.mjs"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def ask(self, question: Any) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the formulas' module broke down"
        return json.loads(line)

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
