"""The lines that an import refused, as CSV for a spreadsheet."""

import csv
from typing import TextIO

from helpdesk.importing import queries
from helpdesk.spreadsheets import harmless


def write_refused(file: TextIO, import_id: int) -> None:
    """In the order of the imported file, as many as are kept; open `file` with newline=""."""
    writer = csv.writer(file)
    writer.writerow(("line", "reason", "excerpt"))
    writer.writerows((one.line, harmless(one.reason), harmless(one.excerpt)) for one in queries.refusals(import_id))
