"""`python -m benchmarks` measures every claim, `python -m benchmarks ingest_drain` one, `… ingest` those so named."""

import json
import subprocess
import sys
from importlib import import_module

from benchmarks.measuring import table

NAMES = (
    "ingest_accept",
    "ingest_drain",
    "ingest_backlog",
    "ingest_visible",
    "deliver",
    "history_import",
    "what_if",
    "dashboards",
    "due_promises",
    "clock_transitions",
    "console_list",
    "console_ticket",
    "console_render",
    "first_load",
    "fragment",
)


def main() -> int:
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = [name for name in NAMES if name == asked] or [name for name in NAMES if name.startswith(asked)]
    if not chosen:
        print(f"there is no benchmark {asked!r}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    if len(chosen) == 1:
        print(import_module(f"benchmarks.{chosen[0]}").run().line)
        return 0
    return _run_each(chosen)


def _run_each(names: list[str]) -> int:
    """Each in a process of its own, so that none finds what another has loaded; then the table of them."""
    rows, failed = [], []
    for name in names:
        print(f"\n{name}", flush=True)
        lines = _echoed([sys.executable, "-m", "benchmarks", name])
        try:
            rows.append(json.loads(lines[-1]))
        except (IndexError, ValueError):
            failed.append(name)
    heads = ("name", "value", "unit", "limit", "ratio", "goal", "met", "n", "spread")
    shown = [[_in_words(row[head]) for head in heads] for row in rows]
    print("\n" + table(heads, shown))
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _echoed(argv: list[str]) -> list[str]:
    """The lines that a command printed, shown as they come."""
    lines: list[str] = []
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return lines


def _in_words(value: object) -> object:
    return f"{value[0]:g} – {value[1]:g}" if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main())
