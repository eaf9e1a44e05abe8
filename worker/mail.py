"""The mail job: claim one (commit), send, record (commit). Nothing is held open over the network."""

from flask import current_app

from helpdesk import bells, clock
from helpdesk.mail import outbox
from helpdesk.mail.sending import NotSent, send
from helpdesk.transaction import transaction
from worker.turns import Turn


def send_waiting(_everything: int) -> None:
    turn = Turn(bells.MAIL, bells.EVERYTHING)
    while turn.goes_on():
        with transaction():
            mail = outbox.claim_next(at=clock.now())
        if mail is None:
            return
        try:
            send(mail, current_app.config["SETTINGS"])
        except NotSent as error:
            with transaction():
                outbox.record_failed(mail.id, str(error), is_final=error.is_final, at=clock.now())
        else:
            with transaction():
                outbox.record_sent(mail.id, at=clock.now())
    turn.end()
