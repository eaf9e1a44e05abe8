"""The least that a durable webhook handler does: check the signature, insert the raw body in one commit, answer.

No rights, no routing by account, no headers kept, no bell, no ORM: the limit that the product's own door is held to.
"""

import base64
import hashlib
import hmac
import os
from collections import deque

import psycopg
from flask import Flask, request
from flask.typing import ResponseReturnValue

from benchmarks.x_calls import CONSUMER_SECRET

TABLE = "create table bare_event (id bigint generated always as identity primary key, body bytea not null)"


def create_app() -> Flask:
    app = Flask("bare")
    url = os.environ["BARE_DATABASE_URL"]
    secret = CONSUMER_SECRET.encode()
    idle: deque[psycopg.Connection[tuple[object, ...]]] = deque()

    @app.get("/healthz")
    def say_alive() -> ResponseReturnValue:
        return "", 200

    @app.post("/webhooks/x/<int:_account_id>")
    def receive(_account_id: int) -> ResponseReturnValue:
        body = request.get_data(cache=False)
        expected = "sha256=" + base64.b64encode(hmac.digest(secret, body, hashlib.sha256)).decode()
        if not hmac.compare_digest(expected, request.headers.get("x-twitter-webhooks-signature", "")):
            return "", 403
        # A connection that nobody uses, else one more: what a pool does, without its checks.
        connection = idle.pop() if idle else psycopg.connect(url, autocommit=True)
        connection.execute("insert into bare_event (body) values (%s)", [body])
        idle.append(connection)
        return "", 200

    return app
