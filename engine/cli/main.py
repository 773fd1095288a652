"""The `formwork` command itself: its groups, and how a user's mistake is told (never with a traceback)."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from engine import __version__
from engine.cli import accounts, apps, company, data, definitions, serving
from engine.errors import Failure
from engine.runtime.services.site import BadDefinition
from engine.settings import BadSetting

COMMANDS = (
    *definitions.COMMANDS,
    *apps.COMMANDS,
    *data.COMMANDS,
    *accounts.COMMANDS,
    *serving.COMMANDS,
    *company.COMMANDS,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="formwork")
def formwork() -> None:
    """Formwork: business applications from definitions."""


for command in COMMANDS:
    formwork.add_command(command)


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
            click.echo(f"  {error_at.field}: {error_at.message.to('en')}", err=True)
        sys.exit(1)
    except (BadSetting, OSError) as mistake:
        click.echo(str(mistake), err=True)
        sys.exit(2)
    sys.exit(result if isinstance(result, int) else 0)


if __name__ == "__main__":
    main()
