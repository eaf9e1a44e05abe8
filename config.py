"""Settings: the one place that reads the environment. Imports nothing of ours."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

SYSTEM_DATA_FOLDER = Path("/var/lib/helpdesk")


class SettingsError(Exception):
    """One line that names the variable and what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an installation can be told. Every field is one variable of the same name in capitals."""

    database_url: str
    redis_url: str
    secret_key: str
    files_folder: Path
    public_url: str = "http://127.0.0.1:8000"
    x_api_url: str = "https://api.x.com"
    x_time_scale: float = 1.0
    x_media_hosts: tuple[str, ...] = ("ton.twitter.com", "ton.x.com", "pbs.twimg.com", "video.twimg.com")
    allow_private_addresses: bool = False
    max_upload_bytes: int = 25 * 1024 * 1024
    max_webhook_bytes: int = 1024 * 1024
    raw_events_kept_days: int = 30
    smtp_url: str = ""
    mail_from: str = "helpdesk@localhost"
    metrics_token: str = ""
    log_level: str = "INFO"
    demo: bool = False

    @property
    def mail_folder(self) -> Path:
        """Where mails are put that no mail server takes."""
        return self.files_folder.parent / "mail"

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Settings read from the environment.

        Raises SettingsError with one line that names the first variable that is missing or wrong.
        """
        read = _Reader(os.environ if environment is None else environment)
        return cls(
            database_url=_with_psycopg(
                read.url("DATABASE_URL", schemes=("postgresql", "postgres", "postgresql+psycopg"))
            ),
            redis_url=read.url("REDIS_URL", schemes=("redis", "rediss", "unix", "redis+unix")),
            secret_key=read.secret("SECRET_KEY", at_least=32),
            files_folder=Path(read.text("FILES_FOLDER")),
            public_url=read.url("PUBLIC_URL", schemes=("http", "https"), default=cls.public_url).rstrip("/"),
            x_api_url=read.url("X_API_URL", schemes=("http", "https"), default=cls.x_api_url).rstrip("/"),
            x_media_hosts=read.words("X_MEDIA_HOSTS", default=cls.x_media_hosts),
            x_time_scale=read.share("X_TIME_SCALE", default=cls.x_time_scale),
            allow_private_addresses=read.yes_or_no("ALLOW_PRIVATE_ADDRESSES", default=False),
            max_upload_bytes=read.positive("MAX_UPLOAD_BYTES", default=cls.max_upload_bytes),
            max_webhook_bytes=read.positive("MAX_WEBHOOK_BYTES", default=cls.max_webhook_bytes),
            raw_events_kept_days=read.positive("RAW_EVENTS_KEPT_DAYS", default=cls.raw_events_kept_days, at_least=7),
            smtp_url=read.optional_url("SMTP_URL", schemes=("smtp", "smtps")),
            mail_from=read.text("MAIL_FROM", default=cls.mail_from),
            metrics_token=read.text("METRICS_TOKEN", default=""),
            log_level=read.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO"),
            demo=read.yes_or_no("DEMO", default=False),
        )


def environment() -> dict[str, str]:
    """A copy of the environment, for the programs that we start."""
    return dict(os.environ)


def data_folder() -> Path:
    """Where instances that embed their servers keep their data: DATA_FOLDER, else the place that is usual."""
    given = os.environ.get("DATA_FOLDER")
    if given:
        return Path(given).absolute()
    if os.getuid() == 0:
        return SYSTEM_DATA_FOLDER
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "helpdesk"


class _Reader:
    """Reads one variable at a time and says in one line what is wrong with it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    def text(self, name: str, default: str | None = None) -> str:
        value = self.environment.get(name, "").strip()
        if value:
            return value
        if default is None:
            raise SettingsError(f"{name} is not set; `helpdesk up` sets it for you, .env.example explains it")
        return default

    def url(self, name: str, *, schemes: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(name, default)
        if urlsplit(value).scheme not in schemes:
            raise SettingsError(f"{name} must start with one of {', '.join(s + '://' for s in schemes)}")
        return value

    def optional_url(self, name: str, *, schemes: tuple[str, ...]) -> str:
        return self.url(name, schemes=schemes) if self.text(name, "") else ""

    def secret(self, name: str, *, at_least: int) -> str:
        value = self.text(name)
        if len(value) < at_least:
            raise SettingsError(f"{name} must have at least {at_least} characters")
        return value

    def words(self, name: str, *, default: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.text(name, ",".join(default)).replace(",", " ").split())

    def positive(self, name: str, *, default: int, at_least: int = 1) -> int:
        value = self.text(name, str(default))
        if not value.isascii() or not value.isdigit() or len(value) > 18 or int(value) < at_least:
            wanted = "a whole number above 0" if at_least == 1 else f"a whole number, {at_least} or more"
            raise SettingsError(f"{name} must be {wanted}, not {value!r}")
        return int(value)

    def share(self, name: str, *, default: float) -> float:
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if not 0 < number <= 1:
            raise SettingsError(f"{name} must be a number above 0 and up to 1, not {value!r}")
        return number

    def yes_or_no(self, name: str, *, default: bool) -> bool:
        value = self.one_of(name, ("0", "1", "no", "yes", "false", "true"), default="1" if default else "0")
        return value in ("1", "yes", "true")

    def one_of(self, name: str, words: tuple[str, ...], *, default: str) -> str:
        value = self.text(name, default)
        if value not in words:
            raise SettingsError(f"{name} must be one of {', '.join(words)}, not {value!r}")
        return value


def _with_psycopg(url: str) -> str:
    """The same database, named so that SQLAlchemy takes psycopg 3."""
    return "postgresql+psycopg" + url[url.index("://") :]
