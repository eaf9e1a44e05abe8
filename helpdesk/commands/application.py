"""What a command works with: the environment, and the application in a context."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from config import Settings, SettingsError, environment
from helpdesk.operation.home import Home, Running
from helpdesk.orm import db


def running_instance(name: str | None = None) -> Running:
    """The instance of this checkout that runs now. Raises SettingsError when none does, or several and no name."""
    homes = [home for home in Home.running_here() if name in (None, home.instance)]
    found = [running for home in homes if (running := home.running())]
    if not found:
        raise SettingsError("nothing runs here" + (f" by the name '{name}'" if name else "") + "; start `helpdesk up`")
    if len(found) > 1:
        raise SettingsError(f"several instances run here ({', '.join(home.instance for home in homes)}); name one")
    return found[0]


def command_environment() -> dict[str, str]:
    """The environment as given; without DATABASE_URL, that of the one instance that runs here."""
    given = environment()
    if given.get("DATABASE_URL"):
        return given
    try:
        return given | dict(running_instance().environment)
    except SettingsError as error:
        raise SettingsError(f"DATABASE_URL is not set and {error}") from None


@contextmanager
def application() -> Iterator[Flask]:
    """The application, in a context: `with application(), transaction(): verb(…)`."""
    from helpdesk import create_app

    app = create_app(Settings.from_environment(command_environment()))
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()
