"""How long it takes to try a changed promise on a month of 40,000 tickets.

Ours: `metrics.what_if`, from the first SELECT to the last interval judged, over imported tickets of 28 days. The
changed rule asks for half the time and counts all hours, so every interval is timed twice.
"""
