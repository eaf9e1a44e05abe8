"""`helpdesk brand`, `team` and `agent`: who answers, and for whom."""

import click

from helpdesk import clock
from helpdesk.commands.application import application
from helpdesk.errors import NotFound
from helpdesk.people import api_tokens, queries, staff
from helpdesk.people.models import Agent, Role, Team
from helpdesk.sla.defaults import publish_defaults
from helpdesk.tickets.staffing import let_go
from helpdesk.transaction import transaction


@click.group()
def brand() -> None:
    """Businesses that answer their customers here."""


@brand.command("add")
@click.option("--handle", required=True, help="How customers find it, such as larkpost.")
@click.option("--name", required=True)
@click.option("--time-zone", default="UTC", show_default=True, help="An IANA zone, such as Europe/London.")
def add_brand(handle: str, name: str, time_zone: str) -> None:
    """Add a brand with a first calendar and promises; a manager changes them later."""
    with application(), transaction():
        added = staff.add_brand(handle=handle, name=name, time_zone=time_zone)
        publish_defaults(added.id, at=clock.now())
        click.echo(f"added brand {added.id}: {added.name} (@{added.handle})")


@click.group()
def team() -> None:
    """Teams of a brand; unassigned tickets belong to one."""


@team.command("add")
@click.option("--brand", "handle", required=True, help="The brand's handle.")
@click.option("--name", required=True)
@click.option("--open-to-all-agents", is_flag=True, help="Agents of the brand's other teams may read and note.")
def add_team(handle: str, name: str, open_to_all_agents: bool) -> None:
    """Add a team to a brand."""
    with application(), transaction():
        added = staff.add_team(queries.brand_by_handle(handle), name=name, is_open_to_all_agents=open_to_all_agents)
        click.echo(f"added team {added.id}: {added.name}")


@click.group()
def agent() -> None:
    """People on the staff: agents, leads, managers, admins."""


@agent.command("add")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.AGENT.value, show_default=True)
@click.option("--team", "teams", multiple=True, help="As brand-handle/Team name; may be given several times.")
@click.option("--password", help="Without it the person sets one through the printed link.")
def add_agent(email: str, name: str, role: str, teams: tuple[str, ...], password: str | None) -> None:
    """Add a person; prints the invitation link."""
    with application() as app, transaction():
        added = staff.add_agent(
            email=email, name=name, role=Role(role), teams=[_team(words) for words in teams], password=password
        )
        click.echo(f"added {added.role} {added.id}: {added.name} <{added.email}>")
        if password is None:
            secret = staff.invite(added, at=clock.now())
            click.echo(f"{app.config['SETTINGS'].public_url}/invitations/{secret}")


@agent.command("list")
def list_agents() -> None:
    """Everybody on the staff, with role and teams."""
    with application():
        for row in queries.everybody():
            state = "" if row.is_active else "  (deactivated)"
            click.echo(f"{row.id}\t{row.role}\t{row.name} <{row.email}>\t{row.teams or '-'}{state}")


@agent.command("deactivate")
@click.argument("email")
def deactivate_agent(email: str) -> None:
    """Sign a person out for good; their open tickets go back to their teams."""
    with application(), transaction():
        found = _agent(email)
        n = let_go(found, by=None, at=clock.now())
        click.echo(f"deactivated {found.name}; {n} open ticket{'' if n == 1 else 's'} handed on")


@agent.command("token")
@click.argument("email")
@click.option("--name", required=True, help="What it is for, such as 'nightly export'.")
def make_token(email: str, name: str) -> None:
    """Make a token by which a program acts as this person; it is printed this once."""
    with application(), transaction():
        token, secret = api_tokens.make_token(_agent(email), name=name, at=clock.now())
        click.echo(f"made token {token.id}: {token.name}")
        click.echo(secret)


@agent.command("revoke-token")
@click.argument("number", type=int)
def revoke_token(number: int) -> None:
    """End a token by its number."""
    with application(), transaction():
        token = api_tokens.revoke_token(number, at=clock.now())
        click.echo(f"revoked token {token.id}: {token.name}")


def _agent(email: str) -> Agent:
    found = queries.agent_by_email(email)
    if found is None:
        raise NotFound(f"nobody on the staff has the e-mail {email}")
    return found


def _team(words: str) -> Team:
    handle, slash, name = words.partition("/")
    if not slash:
        raise click.BadParameter(f"{words!r} is not of the form brand-handle/Team name", param_hint="--team")
    return queries.team_by_name(queries.brand_by_handle(handle).id, name)
