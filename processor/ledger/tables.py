"""The ledger's tables: what was taken in, decided, made and sent. SQLAlchemy Core, SQLite or PostgreSQL.

Times are UTC ISO 8601 text (`2026-11-24T08:13:31.123456+00:00`): they sort as they stand and read back the
same in both databases. Money is whole cents. Files are blobs named by their SHA-256, so that a document, a
message or a dropped workbook is stored once and the whole state is one database to back up.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION = 1

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", String(100), primary_key=True),  # schema_version, last_nightly, last_scan, service …
    Column("value", Text, nullable=False),
)

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

jobs = Table(  # one row a (path, content) dropped in the inbox: the durable queue
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("path", Text, nullable=False),  # relative to the inbox, as dropped
    Column("sha256", String(64), nullable=False),  # of the private copy, kept in blobs
    Column("state", String(20), nullable=False),  # queued | running | done | quarantined
    Column("outcome", String(20)),  # sent | to_validate | updated | unchanged | rejected | failed | followed_up
    Column("attempts", Integer, nullable=False, default=0),  # counted before the work
    Column("worker", String(100)),  # whose OS lock tells whether it lives
    Column("order_key", Text),  # the session as the form names it, once read: one job at a time a session
    Column("not_before", String(40)),  # a retry's earliest time
    Column("error", Text),
    Column("session_id", Integer, ForeignKey("sessions.id")),
    Column("taken_at", String(40), nullable=False),
    Column("finished_at", String(40)),
    Column("archived_as", Text),  # where the dropped file went, relative to the inbox; null until moved
    UniqueConstraint("path", "sha256", "taken_at"),
    Index("jobs_state", "state"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ref", String(80), nullable=False, unique=True),
    Column("natural_key", Text, nullable=False),  # client, title and start, casefolded: finds a session without ref
    Column("status", String(40), nullable=False),
    Column("funding", String(40), nullable=False),
    Column("client", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("start", String(10), nullable=False),  # local dates, AAAA-MM-JJ
    Column("end", String(10), nullable=False),
    Column("total_cents", Integer, nullable=False),  # TTC
    Column("version", Integer, nullable=False),  # of the documents; 0 before the first
    Column("facts", Text, nullable=False, default="{}"),  # JSON: what the follow-up sheet established
    Column("outbox_stale", Boolean, nullable=False, default=True),  # the projection must be written again
    Column("created_at", String(40), nullable=False),
    Column("updated_at", String(40), nullable=False),
    Index("sessions_natural_key", "natural_key"),
)

versions = Table(
    "versions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session_id", Integer, ForeignKey("sessions.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),  # of the answers, without reference and ticks
    Column("form", Text, nullable=False),  # the answers as JSON (Form.model_dump_json)
    Column("sha256", String(64), nullable=False),  # the dropped workbook, in blobs
    Column("source", Text, nullable=False),  # the dropped file's name
    Column("job_id", Integer, ForeignKey("jobs.id"), nullable=False),  # the drop that brought it
    Column("validated", Boolean, nullable=False),  # both ticks stand
    Column("created_at", String(40), nullable=False),
    Column("replaced_at", String(40)),
    UniqueConstraint("session_id", "number"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session_id", Integer, ForeignKey("sessions.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(60), nullable=False),  # devis | convention | contrat | programme | convocation | …
    Column("trainee", Text),  # the e-mail or name of the one trainee concerned; null: the whole session
    Column("number", String(80), nullable=False),  # printed on it
    Column("state", String(20), nullable=False),  # generated | sent | signed | refused | replaced
    Column("name", Text, nullable=False),  # file name without suffix
    Column("docx_sha256", String(64), nullable=False),
    Column("pdf_sha256", String(64), nullable=False),
    Column("template", Text, nullable=False),
    Column("template_sha256", String(64), nullable=False),
    Column("engine", String(40), nullable=False),
    Column("pages", Integer, nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("reason", Text),  # why this document: the rule, or the coordinator's override and its reason
    Index("documents_session", "session_id"),
)

pdfs = Table(  # a PDF is made once for the same Word content and engine
    "pdfs",
    metadata,
    Column("content_key", String(64), primary_key=True),  # SHA-256 of the Word members and the engine's name
    Column("pdf_sha256", String(64), nullable=False),
    Column("pages", Integer, nullable=False),
)

mails = Table(  # a mail is a row before it is a mail
    "mails",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),  # (session, content set, recipients): never twice
    Column("session_id", Integer, ForeignKey("sessions.id")),
    Column("version", Integer),
    Column("kind", String(40), nullable=False),  # proposal | convocation | message | reminder | digest | rejection | …
    Column("subject", Text, nullable=False),
    Column("message_id", String(255), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False),  # the frozen bytes, in blobs
    Column("attachments", Text, nullable=False, default="[]"),  # JSON list of file names
    Column("state", String(20), nullable=False),  # planned|sending|sent|deferred|failed|in_doubt|held|cancelled
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at", String(40)),
    Column("planned_at", String(40), nullable=False),
    Column("queued_at", String(40), nullable=False),  # planned, or asked for again: giving up counts from here
    Column("sending_at", String(40)),
    Column("finished_at", String(40)),
    Column("code", Integer),  # the server's last answer
    Column("words", Text),  # … in its own words
    Column("released", Boolean, nullable=False, default=False),  # by a person: the cap a run holds it no more
    Column("resend_of_doubt", Boolean, nullable=False, default=False),
    Index("mails_state", "state"),
    Index("mails_session", "session_id"),
)

recipients = Table(
    "recipients",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mail_id", Integer, ForeignKey("mails.id"), nullable=False),
    Column("address", String(320), nullable=False),
    Column("name", Text, nullable=False, default=""),
    Column("role", String(40), nullable=False),  # client | training_manager | trainee | trainer | coordinator
    Column("header", String(3), nullable=False),  # To | Cc | Bcc
    Column("state", String(20), nullable=False),  # planned | accepted | deferred | refused | bounced
    Column("code", Integer),
    Column("words", Text),
    Index("recipients_mail", "mail_id"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session_id", Integer, ForeignKey("sessions.id")),
    Column("at", String(40), nullable=False),
    Column("track", String(20), nullable=False),  # session | funding | document | mail | service
    Column("before", String(60)),
    Column("after", String(60), nullable=False),
    Column("cause", Text, nullable=False),  # French, for the timeline
    Index("events_session", "session_id"),
)

rejections = Table(
    "rejections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job_id", Integer, ForeignKey("jobs.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("findings", Text, nullable=False),  # JSON list of findings with addresses
    Column("report", Text, nullable=False),  # file name in outbox/rejets
    Column("at", String(40), nullable=False),
    Column("resolved_at", String(40)),  # a later drop of the same name passed
)

reminders_done = Table(  # each reminder once
    "reminders_done",
    metadata,
    Column("session_id", Integer, ForeignKey("sessions.id"), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("at", String(40), nullable=False),
)
