"""A conversation in memory, with a server that can be slow, refuse or lose its answer: what behaviours are tried on."""

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

CANNED = [
    {
        "id": 1,
        "name": "refund-issued",
        "says": "Refund sent",
        "uses": 412,
        "shared_by": "Shared",
        "body": [("Hi ", False), ("Dana", True), (", your refund is on its way.", False)],
    },
    {
        "id": 2,
        "name": "refund-part",
        "says": "Part refund",
        "uses": 96,
        "shared_by": "Shared",
        "body": [("Part of it.", False)],
    },
    {"id": 3, "name": "greeting", "says": "Hello", "uses": 20, "shared_by": "Shared", "body": [("Hello there", False)]},
]


@dataclass(kw_only=True)
class Said:
    number: int
    text: str
    key: str
    at: float


@dataclass(kw_only=True)
class Talk:
    """One conversation, the pages that listen to it, and how its server behaves."""

    rows: list[Said] = field(default_factory=list)
    listeners: list[queue.Queue[str]] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    uploads: list[tuple[str, int]] = field(default_factory=list)
    may_answer: threading.Event = field(default_factory=threading.Event)
    """Cleared, the server takes messages and is slow to answer, until it is set."""
    status: int = 200
    lose_answer: bool = False
    refuse_streams: int = 0
    streams: int = 0
    requests: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.may_answer.set()

    def say(self, text: str, *, key: str = "", at: float | None = None, notice: bool = True) -> Said:
        with self.lock:
            known = next((row for row in self.rows if key and row.key == key), None)
            if known is None:
                number = len(self.rows) + 1
                known = Said(number=number, text=text, key=key, at=number if at is None else at)
                self.rows.append(known)
        if notice:
            self.tell("changed", "conversation-1 queues")
        return known

    def tell(self, name: str, data: str = "") -> None:
        for listener in list(self.listeners):
            listener.put(f"event: {name}\ndata: {data}\n\n")

    def stream(self) -> Iterator[str]:
        mine: queue.Queue[str] = queue.Queue()
        self.listeners.append(mine)
        yield "retry: 200\nevent: hello\ndata: \n\n"
        while True:
            try:
                event = mine.get(timeout=15)
            except queue.Empty:
                event = ": still here\n\n"
            yield event
            if "signed-out" in event:
                return


def blueprint_of(talk: Talk) -> Blueprint:
    blueprint = Blueprint("talk", __name__)

    @blueprint.post("/talk/messages")
    def create_message() -> ResponseReturnValue:
        talk.may_answer.wait(timeout=30)
        if talk.status != 200:
            return "<h1>Broken</h1>", talk.status
        talk.uploads += [
            (file.filename or "", len(file.read())) for file in request.files.getlist("files") if file.filename
        ]
        said = talk.say(request.form["body"], key=request.form["key"], notice=talk.lose_answer)
        if talk.lose_answer:
            return "", 504
        return render_template("_said.html", rows=[said])

    @blueprint.post("/talk/notes")
    def create_note() -> ResponseReturnValue:
        return render_template("_said.html", rows=[talk.say(f"note: {request.form['body']}", key=request.form["key"])])

    @blueprint.get("/talk/changes")
    def changes() -> ResponseReturnValue:
        talk.requests += 1
        version, since = len(talk.rows), int(request.args["since"])
        if version == since:
            return "", 204
        return render_template("_said.html", rows=talk.rows[since:version], version=version)

    @blueprint.post("/talk/draft")
    def save_draft() -> ResponseReturnValue:
        talk.drafts.append(request.form["body"])
        return "", 204

    @blueprint.get("/talk/canned")
    def canned() -> ResponseReturnValue:
        return render_template("_canned.html", replies=CANNED)

    @blueprint.post("/talk/resolve")
    def resolve() -> ResponseReturnValue:
        talk.say("resolved", notice=False)
        return "", 204, {"HX-Trigger": '{"toast": "Resolved"}'}

    @blueprint.get("/live")
    def live() -> ResponseReturnValue:
        talk.streams += 1
        if talk.refuse_streams:
            talk.refuse_streams -= 1
            return "", 503
        return Response(talk.stream(), mimetype="text/event-stream", headers={"Cache-Control": "no-store"})

    return blueprint
