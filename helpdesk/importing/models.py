"""One import of a file, the lines that it has read and not yet written, and those that it refused."""

import datetime as dt

from sqlalchemy import ForeignKey, Identity, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.orm import Base


class HistoryImport(Base):
    """How far one file has come: read line by line, then written conversation by conversation.

    `fingerprint` is of the file and of how it was to be understood: the same import goes on where it stopped.
    """

    __tablename__ = "history_import"
    __table_args__ = (
        Index("ix_history_import_fingerprint", "fingerprint"),
        Index("ix_history_import_waiting", "id", postgresql_where=text("upload_key <> ''")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    file_name: Mapped[str]
    fingerprint: Mapped[str]
    started_at: Mapped[dt.datetime]
    started_by_agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    size: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Of the file, in bytes."""
    upload_key: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """Where a file that came through a page lies until it is imported; "" for one that a command reads."""
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    """Of an upload: the brand whose conversations it holds."""
    zone: Mapped[str] = mapped_column(default="", server_default=text("''"))
    problem: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """Why an upload could not be imported at all."""
    next_line: Mapped[int] = mapped_column(default=1)
    next_byte: Mapped[int] = mapped_column(default=0)
    is_read: Mapped[bool] = mapped_column(default=False)
    """Every line of the file has been read."""
    written_up_to: Mapped[str | None] = mapped_column(Text)
    """The conversation, by its key, that was written last; None: none yet."""
    finished_at: Mapped[dt.datetime | None]
    lines: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    messages: Mapped[int] = mapped_column(default=0)
    """New ones; what was known already is counted in `known`."""
    known: Mapped[int] = mapped_column(default=0)
    tickets: Mapped[int] = mapped_column(default=0)
    conversations: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[dt.datetime | None]
    last_at: Mapped[dt.datetime | None]


class HistoryLine(Base):
    """A line that has been read and waits for its conversation to be written; `record` is msgpack of a Record."""

    __tablename__ = "history_line"

    import_id: Mapped[int] = mapped_column(ForeignKey("history_import.id", ondelete="CASCADE"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text(collation="C"))
    """Brand, channel and conversation, as a JSON list."""
    at: Mapped[dt.datetime]
    record: Mapped[bytes] = mapped_column(LargeBinary)


class HistoryRefusal(Base):
    """A line that could not be taken in, and why; only the first of an import are kept."""

    __tablename__ = "history_refusal"

    import_id: Mapped[int] = mapped_column(ForeignKey("history_import.id", ondelete="CASCADE"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str]
    excerpt: Mapped[str]
