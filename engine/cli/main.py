"""The `formwork` command itself: its commands by name, and how a user's mistake is told (never with a traceback)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import click

from engine import __version__
from engine.errors import BadDefinition, Failure
from engine.settings import BadSetting

# Where each command is. A module is loaded when its command is called: `check` waits for no database and no server.
COMMANDS = {
    "check": "definitions.check",
    "test": "testing.run_tests",
    "eval": "evaluating.evaluate_expression",
    "schema": "schemas.schema",
    "reference": "reference.reference",
    "new": "starting.new",
    "plan": "apps.plan",
    "publish": "apps.publish",
    "versions": "apps.versions",
    "rollback": "apps.rollback",
    "pull": "apps.pull",
    "import": "importing.import_",
    "export": "data.export",
    "verify": "data.verify",
    "close": "books.close",
    "reopen": "books.reopen",
    "user": "accounts.user",
    "token": "accounts.token",
    "serve": "serving.serve",
    "worker": "serving.worker",
    "doctor": "doctoring.doctor",
    "backup": "backups.backup",
    "restore": "backups.restore",
    "outbox": "backups.outbox",
    "demo": "company.demo",
}


class Commands(click.Group):
    """A group whose commands are loaded by name, on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(".")
        found = getattr(import_module(f"engine.cli.{module}"), attribute)
        assert isinstance(found, click.Command)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="formwork")
def formwork() -> None:
    """Formwork: business applications from definitions."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command. Exit codes: 0 well, 1 problems found, 2 wrong usage."""
    try:
        result = formwork.main(
            args=None if arguments is None else list(arguments), prog_name="formwork", standalone_mode=False
        )
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BadDefinition as bad:
        for problem in bad.problems:
            click.echo(str(problem), err=True)
        sys.exit(1)
    except Failure as failure:
        click.echo(failure.message.to("en"), err=True)
        for error_at in failure.errors:
            if error_at.told != failure.message:         # else said already
                click.echo(f"  {error_at.field}: {error_at.message.to('en')}", err=True)
        sys.exit(1)
    except (BadSetting, OSError) as mistake:
        click.echo(str(mistake), err=True)
        sys.exit(2)
    sys.exit(result if isinstance(result, int) else 0)


if __name__ == "__main__":
    main()
