"""Extensions, unbound; create_app binds them."""

from typing import Any

from flask_compress import Compress
from flask_htmx import HTMX
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

compress = Compress()
csrf = CSRFProtect()
login_manager = LoginManager()
htmx = HTMX()
limiter = Limiter(key_func=get_remote_address, strategy="moving-window", in_memory_fallback_enabled=True)
migrate = Migrate()


class RedisConnection:
    """The process's one Redis client for rings and notices.

    RQ caches a script per client for ever, so a client is never made per request. A hung server costs half a
    second here, not the minute of redis-py's defaults.
    """

    def __init__(self) -> None:
        self._client: Redis | None = None
        self._url = ""

    def bind(self, url: str) -> None:
        self._url, self._client = url, None

    @property
    def client(self) -> Redis:
        if self._client is None:
            self._client = self.make()
        return self._client

    def make(self, **options: Any) -> Redis:
        """A client of its own, for what must not share time-outs (workers, subscriptions)."""
        settled: dict[str, Any] = {
            "socket_timeout": 0.5,
            "socket_connect_timeout": 0.5,
            "retry": Retry(NoBackoff(), 0),
            "health_check_interval": 30,
        }
        client: Redis = Redis.from_url(self._url.replace("redis+unix:", "unix:"), **(settled | options))
        return client


redis_connection = RedisConnection()
