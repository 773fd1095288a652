"""`python -m bench.checking [FILE]`: what it costs to check a definition, beside reading its YAML alone.

Prints CPU seconds (the median of the rounds; all that is compared takes turns) of the command and of the check alone,
what loading an unchanged app once more costs in one process, what a compiled app holds of memory, and what hostile
texts cost from the command line, with the most memory that the process held."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.definitions import compile as compiling

ROUNDS = 7
FEW = 3
KILO = 1024
HELD = """
import sys
from pathlib import Path
from engine.cli.main import main
try:
    main(["check", sys.argv[1]])
except SystemExit:
    pass
lines = Path("/proc/self/status").read_text().splitlines()
print(*(line.split()[1] for line in lines if line.startswith("VmHWM")))
"""
CHECK = "engine.cli.main"
ASKED = "asked: 1 s"
ALONE = """
import sys
from pathlib import Path
import engine.cli.definitions as command
with command.undisturbed():
    command.load(Path(sys.argv[1]))
"""
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


@dataclass(frozen=True, slots=True)
class Spent:
    """What a whole process took: seconds of the processor and of the clock."""

    cpu: float
    wall: float


def spent(*arguments: str, cache: Path | None) -> Spent:
    """What Python takes for these arguments; its exit code does not matter.

    `cache` holds compiled bytecode, as an installation does; without it every module is compiled anew."""
    own = {"PYTHONDONTWRITEBYTECODE": "1"} if cache is None else {"PYTHONPYCACHEPREFIX": str(cache)}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHONDONT")} | own
    began = time.monotonic()
    with subprocess.Popen(  # noqa: S603 - our own commands
        [sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Spent(usage.ru_utime + usage.ru_stime, time.monotonic() - began)


def peak(path: Path) -> float:
    """The most memory in MB that a process held which checked a definition (Linux; without what its parent held)."""
    told = subprocess.run([sys.executable, "-c", HELD, str(path)], capture_output=True, text=True, check=True)  # noqa: S603
    return int(told.stdout.split()[-1]) / KILO


def median(values: Iterable[float]) -> float:
    return statistics.median(list(values))


def main(file: Path) -> None:
    """Measure and print."""
    loaded = compiling.load(file)
    if loaded.app is None:
        raise SystemExit("\n".join(str(problem) for problem in loaded.errors))
    names = [str(file.parent / name) for name in loaded.app.texts]
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "bytecode"
        for command in (("-m", CHECK, "check", str(file)), ("-c", ALONE, str(file)), ("-c", READ, *names)):
            spent(*command, cache=cache)       # a first time, for the bytecode and the disk
        rounds = [
            (
                spent("-m", CHECK, "check", str(file), cache=cache),
                spent("-m", CHECK, "check", str(file), cache=None),
                spent("-c", ALONE, str(file), cache=cache),
                spent("-c", "import engine.cli.definitions", cache=cache),
                spent("-c", READ, *names, cache=cache),
            )
            for _ in range(ROUNDS)
        ]
        figures = [median(one.cpu for one in column) for column in zip(*rounds, strict=True)]
        whole, bare, alone, started, reading = figures
        print(f"check, cold process      {whole:6.2f} s CPU (without cached bytecode {bare:.2f} s; {ASKED})")
        print(f"the check alone          {alone - started:6.2f} s CPU; its YAML alone {reading:.2f} s")
        print(f"load again, same process {_again(file) * 1000:6.1f} ms CPU (asked: 50 ms)")
        print(f"a compiled app           {_memory(file):6.1f} MB (asked: 20 MB); {peak(file):.0f} MB the whole process")
        _hostile(Path(folder), cache)


def _hostile(folder: Path, cache: Path) -> None:
    """What texts cost that somebody made to do harm, as whole processes."""
    for name, text in HOSTILE.items():
        path = folder / "app.yaml"
        path.write_text(text, encoding="utf-8")
        runs = [spent("-m", CHECK, "check", str(path), cache=cache) for _ in range(FEW)]
        figures = (median(one.cpu for one in runs), median(one.wall for one in runs), peak(path))
        print("{:<24} {:6.2f} s CPU, {:.2f} s wall, {:.0f} MB at most".format(name, *figures))


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
