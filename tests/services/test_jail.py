"""What takes apart files of strangers works in a process that reaches no network and has little memory and time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[2] / "engine/runtime/services"
JAIL = SERVICES / "jail.py"
WORK = """
import runpy, socket, sys
try:
    jailed = runpy.run_path(sys.argv[1])["enclose"](400_000_000, 5) if sys.argv[2] == "in" else False
    {work}
    print("done")
except Exception as error:
    print(type(error).__name__)
"""
TRIES = {
    "socket.socket(socket.AF_INET)": "PermissionError",
    "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)": "PermissionError",
    "socket.socket(socket.AF_UNIX)": "PermissionError",
    "bytearray(500_000_000)": "MemoryError",
    "open(sys.argv[1]).read()": "done",
}


@pytest.mark.skipif(sys.platform != "linux", reason="the filter of calls is Linux's")
@pytest.mark.parametrize("work", TRIES)
def test_a_jailed_process_does_its_work_and_reaches_nobody(work: str) -> None:
    def said(how: str) -> str:
        command = [sys.executable, "-I", "-c", WORK.format(work=work), str(JAIL), how]
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.strip()

    assert (said("in"), said("out")) == (TRIES[work], "done")


def test_every_child_that_takes_files_apart_is_jailed() -> None:
    children = sorted(SERVICES.rglob("*_child.py"))
    assert len(children) >= 4
    assert not [one.name for one in children if '["enclose"](memory, seconds)' not in one.read_text(encoding="utf-8")]
