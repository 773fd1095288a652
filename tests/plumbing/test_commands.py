"""The `formwork` command as a table: every name leads to a command, and looking at definitions loads no server."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from engine.cli.main import COMMANDS, formwork


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_says_what_it_does(name: str) -> None:
    answer = CliRunner().invoke(formwork, [name, "--help"])
    assert answer.exit_code == 0, answer.output
    found = formwork.get_command(click.Context(formwork), name)
    assert found is not None and found.name == name and found.help


def test_an_unknown_command_is_a_wrong_usage() -> None:
    answer = CliRunner().invoke(formwork, ["chek"])
    assert answer.exit_code == 2
    assert "chek" in answer.output


def test_checking_loads_no_server() -> None:
    program = (
        "import sys; from engine.cli.main import formwork, click\n"
        "formwork.get_command(click.Context(formwork), 'check')\n"
        "print(sorted({'flask', 'waitress', 'psycopg', 'openpyxl', 'argon2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "[]"
