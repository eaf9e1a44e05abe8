"""Whether a source file has changed, for `--reload`."""

import time

from helpdesk.operation.home import CHECKOUT

_LOOK_EVERY_SECONDS = 1.0


class SourceFiles:
    """The Python files of the product, looked at once a second."""

    def __init__(self) -> None:
        self._newest = _newest_change()
        self._look_at = 0.0

    def have_changed(self) -> bool:
        """Whether one was written since this was last asked with yes."""
        if time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + _LOOK_EVERY_SECONDS
        before, self._newest = self._newest, _newest_change()
        return self._newest != before


def _newest_change() -> float:
    folders = (CHECKOUT / "helpdesk", CHECKOUT / "worker")
    return max(path.stat().st_mtime for folder in folders for path in folder.rglob("*.py"))
