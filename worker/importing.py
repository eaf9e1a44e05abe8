"""The import job: a history file that came through a page, half a minute at a time."""

from flask import current_app

from helpdesk import bells
from helpdesk.errors import Conflict
from helpdesk.importing.uploads import go_on_with
from worker.turns import Turn


class _TurnIsOver(Exception):
    """Others want their turn; what is left is rung for anew."""


def go_on_importing(import_id: int) -> None:
    turn = Turn(bells.IMPORT, import_id)

    def progress(_phase: str, _done: int, _total: int) -> None:
        if not turn.goes_on():
            raise _TurnIsOver

    try:
        go_on_with(import_id, settings=current_app.config["SETTINGS"], progress=progress)
    except _TurnIsOver:
        turn.end()
    except Conflict:
        # Another worker is at it.
        return
