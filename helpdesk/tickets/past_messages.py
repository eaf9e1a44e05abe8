"""What the network's own record brings: history is kept quietly, and only what still waits for an answer is work.

| a message that was backfilled | then |
| --- | --- |
| from a customer, and the brand has answered since from the network's own app | kept; starts nothing |
| from a customer, in the conversation's last turn, which nobody answered there | as if it had just come |
| from the brand, in the episode of a ticket | the answer that it is: it stops clocks |
| from the brand, before any ticket | kept; opens none |

Our own replies do not count as answers to what we had not heard of when they were written (docs/decisions/0003).
"""

from collections.abc import Callable, Mapping, Sequence

from helpdesk.messaging import history_queries
from helpdesk.messaging.inbound import PlacedMessage
from helpdesk.tickets.models import Ticket

Filed = tuple[int, int]
"""(message, ticket)"""


def sort_out(
    placed: Sequence[PlacedMessage],
    latest: Mapping[int, Ticket],
    *,
    is_over: Callable[[Ticket, PlacedMessage], bool],
) -> tuple[list[PlacedMessage], list[Filed]]:
    """What is work, in the order given, and where history that lies in an episode is filed without starting anything.

    `latest` are the latest tickets by conversation, before any of `placed` opens one.
    """
    backfilled = {p.conversation_id for p in placed if p.is_backfilled}
    if not backfilled:
        return list(placed), []
    answered_at = history_queries.last_answers_from_the_app(backfilled)
    work: list[PlacedMessage] = []
    quiet: list[Filed] = []
    for message in placed:
        answer = answered_at.get(message.conversation_id)
        waits = not message.is_from_brand and (answer is None or message.sent_at > answer)
        ticket = latest.get(message.conversation_id)
        is_of_ticket = ticket is not None and message.sent_at >= ticket.opened_at and not is_over(ticket, message)
        if not message.is_backfilled or waits or (message.is_from_brand and is_of_ticket):
            work.append(message)
        elif is_of_ticket and ticket is not None:
            quiet.append((message.id, ticket.id))
    return work, quiet
