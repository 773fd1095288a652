"""`python -m bench.checking [FILE]`: what it costs to check a definition, beside reading its YAML alone.

Prints CPU seconds (the median of the rounds; engine and reference take turns), what loading it once more costs in one
process, what the compiled app holds of memory, and what hostile texts cost from the command line."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

from engine.definitions import compile as compiling

ROUNDS = 7
READ = """
import sys, yaml
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as file:
        yaml.load(file, Loader=yaml.CSafeLoader)
"""
HOSTILE = {
    "200 KB of brackets": "app: x\na: " + "[" * 200_000,
    "a bomb of aliases": "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    ),
    "tabs": "app: x\n\tobjects:\n\t\ta: b\n",
    "binary": "\x00\x01\x02" * 10_000,
    "5 MB": "app: x\n" + "# comment\n" * 500_000,
    "an expression 10,000 deep": (
        "app: x\nobjects: {a: {fields: {b: {type: text, formula: '" + "(" * 10_000 + "1" + ")" * 10_000 + "'}}}}"
    ),
}


def cpu(*command: str) -> float:
    """The CPU seconds of a whole process; its exit code does not matter."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *command], check=False, capture_output=True)  # noqa: S603 - our own commands
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(file: Path) -> None:
    """Measure and print."""
    loaded = compiling.load(file)
    if loaded.app is None:
        raise SystemExit("\n".join(str(problem) for problem in loaded.errors))
    names = [str(file.parent / name) for name in loaded.app.texts]
    rounds = [(cpu("-m", "engine.cli.main", "check", str(file)), cpu("-c", READ, *names)) for _ in range(ROUNDS)]
    ours, reading = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"check, cold process      {ours:6.2f} s CPU; its YAML alone {reading:.2f} s: ratio {ours / reading:.1f}")
    print(f"load again, same process {_again(file) * 1000:6.1f} ms CPU")
    print(f"a compiled app           {_memory(file):6.1f} MB")
    with tempfile.TemporaryDirectory() as folder:
        for name, text in HOSTILE.items():
            path = Path(folder) / "app.yaml"
            path.write_text(text, encoding="utf-8")
            print(f"{name:<24} {cpu('-m', 'engine.cli.main', 'check', str(path)):6.2f} s CPU")


def _again(file: Path) -> float:
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        compiling.load(file)
        spent.append(time.process_time() - began)
    return statistics.median(spent)


def _memory(file: Path) -> float:
    texts = {name: text + "\n" for name, text in compiling.load(file).app.texts.items()}  # type: ignore[union-attr]
    tracemalloc.start()
    held = compiling.load(texts)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held.app is not None
    return size / 1e6


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "apps/sales_erp.yaml"))
