"""The page of a ticket as an agent sees it: its server time at 100,000 tickets beside that at 1,000."""

from benchmarks.filled_desks import FilledDesk
from benchmarks.growth import measure_growth
from benchmarks.measuring import Result


def run() -> Result:
    return measure_growth("console_ticket", FilledDesk.ticket_pages)
