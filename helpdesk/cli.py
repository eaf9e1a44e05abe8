"""`helpdesk`, the operator's command.

Each command is a file of helpdesk/commands that calls one verb. Bad use, bad settings and refusals by the domain
end with exit code 2 and one line on stderr; a program that cannot be kept running ends with 1.
"""

import sys

import click
from sqlalchemy.exc import OperationalError

from config import SettingsError
from helpdesk.commands import (
    channels,
    checking,
    importing,
    migrations,
    people,
    reconciling,
    replaying,
    reporting,
    seeding,
    serving,
    simulating,
)
from helpdesk.errors import HelpdeskError
from helpdesk.operation.home import HomeError
from helpdesk.operation.readiness import NotReady
from helpdesk.operation.server_files import ServerError
from helpdesk.operation.supervisor import ProgramFailed

REFUSALS = (SettingsError, HelpdeskError, HomeError, ServerError, NotReady)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def helpdesk() -> None:
    """A helpdesk for direct messages: customers write, agents answer, managers watch the clock.

    \b
    To try it:            helpdesk up --demo
    To run it:            helpdesk up            on one machine
                          helpdesk web, worker, schedule   on many, with DATABASE_URL and REDIS_URL set
    When in doubt:        helpdesk check

    Settings are environment variables; .env.example explains each. Without DATABASE_URL, a command speaks to the
    instance that `helpdesk up` runs from this checkout.
    """


for command in (
    serving.up,
    serving.web,
    serving.worker,
    serving.schedule,
    serving.env,
    checking.check,
    migrations.migrate,
    migrations.migration,
    seeding.seed,
    people.brand,
    people.team,
    people.agent,
    channels.channel,
    replaying.replay,
    importing.import_from_elsewhere,
    reporting.report_numbers,
    reconciling.reconcile_numbers,
    simulating.simulate,
):
    helpdesk.add_command(command)


def main() -> None:
    try:
        helpdesk.main(prog_name="helpdesk", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
    except click.ClickException as error:
        _refuse(error.format_message())
    except click.Abort:
        sys.exit(130)
    except REFUSALS as error:
        _refuse(str(error))
    except OperationalError as error:
        _refuse(f"the database does not answer: {error.orig}")
    except ProgramFailed as error:
        click.echo(f"helpdesk: {error}", err=True)
        sys.exit(1)


def _refuse(reason: str) -> None:
    click.echo(f"helpdesk: {' '.join(reason.split())}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
