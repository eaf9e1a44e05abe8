"""The platform's own record of what happened, so that truth can be compared at the end.

One entry a line where a file is given: {"what": "written" | "taken" | "in-app" | "fault", "at": ISO time, …}.
Written is what a customer wrote, taken what the brand sent through the API, in-app what it wrote in X's own app;
each has id, conversation, customer (username) and text. A fault has a name and what it befell.
"""

import json
import threading
from pathlib import Path
from typing import IO, Any

from helpdesk import clock
from helpdesk.simulator.x_world import DirectMessage, User

Entry = dict[str, Any]


class Record:
    def __init__(self, path: Path | None = None) -> None:
        """A file that is there is written on. Raises OSError."""
        self._entries: list[Entry] = []
        self._lock = threading.Lock()
        # Line by line, so that a reader never waits and a kill loses nothing.
        self._file: IO[str] | None = path.open("a", buffering=1, encoding="utf-8") if path else None

    def message(self, what: str, message: DirectMessage, customer: User) -> None:
        pair = sorted((message.sender_id, message.recipient_id), key=int)
        self._add(
            {
                "what": what,
                "id": message.id,
                "conversation": "-".join(pair),
                "customer": customer.username,
                "text": message.text,
                "at": message.created_at.isoformat(),
            }
        )

    def fault(self, name: str, about: str = "") -> None:
        self._add({"what": "fault", "name": name, "about": about, "at": clock.now().isoformat()})

    def entries(self, *, after: int = 0, what: str = "") -> list[Entry]:
        """In their order, those behind the first `after`; all kinds, or one."""
        with self._lock:
            return [entry for entry in self._entries[after:] if what in ("", entry["what"])]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _add(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)
            if self._file is not None and not self._file.closed:
                self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
