"""The tables. What people answered and what machines or files said are never in the same one.

The schema that runs is the one the migrations make; a test compares the two.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from realness.domain import name_key

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(name: str, *parts: Any) -> Table:
    """A table with an id that is never given out twice, and the time of its making (UTC)."""
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        Column("created_at", DateTime(timezone=True), nullable=False),
        *parts,
        sqlite_autoincrement=True,
    )


def _of(table: str, *, nullable: bool = False) -> Column:
    singular = {"studies": "study"}.get(table, table.removesuffix("s"))
    return Column(f"{singular}_id", ForeignKey(f"{table}.id"), nullable=nullable)


def _one_of(column: str, *values: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(v) for v in values)})", name=column)


def _where(condition: str, postgresql: str | None = None) -> dict[str, Any]:
    """What makes an index one of a part of its table."""
    return {"sqlite_where": text(condition), "postgresql_where": text(postgresql or condition)}


def _scale(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} BETWEEN 0 AND 100", name=column)


def _key_of_name(context: Any) -> str:
    return name_key(context.get_current_parameters()["name"])


def _numbered(name: str, column: str) -> Table:
    """What is said of many images, once, with a number: numbers are counted in half the time of words."""
    return Table(
        name, metadata, Column("id", Integer, primary_key=True), Column(column, Text, nullable=False, unique=True)
    )


generators = _numbered("generators", "name")
tag_sets = _numbered("tag_sets", "tags")
"""Which tags images bear together, as a sorted JSON list; triggers keep both."""

images = _table(
    "images",
    Column("key", String(32), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("format", String(16), nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("split", String(64)),
    Column("generator", Text),
    Column("prompt", Text),
    Column("is_real", Boolean),
)

image_sources = _table(
    "image_sources",
    _of("images"),
    Column("source", Text, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("image_id", "source", "name"),
)

studies = _table(
    "studies",
    Column("name", String(200), nullable=False, unique=True),
    Column("blind", Boolean, nullable=False),
    Column("overlap", Integer, nullable=False),
    Column("order_by", String(32), nullable=False),
    Column("seed", Integer, nullable=False),
    Column("sample", Boolean, nullable=False),
    Column("hidden_repeats", Integer, nullable=False, server_default="0"),
    Column("gold_share", Integer, nullable=False, server_default="0"),
    Column("target", Integer),
    Column("choices", Integer, nullable=False, server_default="1"),
    Column("images", Integer, nullable=False, server_default="0"),
    Column("closed_at", DateTime(timezone=True)),
)
"""`images` counts those of `study_images`; a trigger keeps it."""

study_images = _table(
    "study_images",
    _of("studies"),
    _of("images"),
    Column("position", Integer, nullable=False),
    Column("gold", JSON(none_as_null=True)),
    Column("check_id", ForeignKey("descriptions.id")),
    Column("remaining", Integer, nullable=False, server_default="1"),
    Column("tag_set_id", ForeignKey("tag_sets.id")),
    Column("informative", Float),
    UniqueConstraint("study_id", "image_id"),
    Index(None, "study_id", "position"),
    Index("ix_study_images_open", "study_id", "position", **_where("remaining > 0")),
    Index("ix_study_images_gold", "study_id", **_where("gold IS NOT NULL")),
    Index(
        "ix_study_images_informative",
        "study_id",
        "informative",
        "position",
        **_where("remaining > 0 AND informative IS NOT NULL"),
    ),
)
"""`gold`: the ratings that count as right, `{"low": …, "high": …}`. `check_id`: a text made wrong on purpose, shown in
place of the image's own. `remaining`: how many more people are to answer; `tag_set_id`: the
image's `tags` in this study. `informative`: where the study's order is that, its key, the smallest first: the width of
the interval of the newest score, negative; 1 for a score without one, 2 for none. Triggers keep the three."""

descriptions = _table(
    "descriptions",
    _of("images"),
    Column("text", Text, nullable=False),
    Column("text_sha256", String(64), nullable=False),
    Column("verdict", String(8)),
    Column("explanation", Text, nullable=False),
    Column("provider", String(64), nullable=False),
    Column("model", String(200), nullable=False, server_default=""),
    Column("prompt_version", String(64), nullable=False, server_default=""),
    Column("planted_wrong", Boolean, nullable=False, server_default="0"),
    Column("parameters", JSON),
    Column("raw_reply", Text),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("cost", Float),
    Column("seconds", Float),
    _one_of("verdict", "yes", "somewhat", "no"),
    UniqueConstraint("image_id", "provider", "model", "prompt_version", "text_sha256"),
)

findings = _table(
    "findings",
    _of("descriptions"),
    Column("position", Integer, nullable=False),
    Column("phrase", Text, nullable=False),
    Column("kind", String(64)),
    Column("start", Integer),
    Column("regions", JSON),
    UniqueConstraint("description_id", "position"),
)

maps = _table(
    "maps",
    _of("images"),
    _of("descriptions", nullable=True),
    Column("text_sha256", String(64), nullable=False),
    Column("method", String(32), nullable=False),
    Column("clip", Text, nullable=False),
    Column("weights", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("phrases", JSON, nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("image_id", "text_sha256", "method", "clip", "weights", "version"),
)

predictions = _table(
    "predictions",
    _of("images"),
    _of("descriptions", nullable=True),
    Column("model", Text, nullable=False),
    Column("rating", Float, nullable=False),
    Column("low", Float),
    Column("high", Float),
    _scale("rating"),
    UniqueConstraint("image_id", "description_id", "model"),
)

opinion_scores = _table(
    "opinion_scores",
    _of("images"),
    Column("source", String(200), nullable=False),
    Column("rating", Float),
    Column("z_score", Float),
    Column("votes", Integer),
    _scale("rating"),
    UniqueConstraint("image_id", "source"),
)

reference_regions = _table(
    "reference_regions",
    _of("images"),
    Column("source", String(200), nullable=False),
    Column("phrase", Text, nullable=False),
    Column("kind", String(64)),
    Column("shape", String(16), nullable=False),
    Column("coordinates", JSON, nullable=False),
    Column("digest", String(64), nullable=False),
    _one_of("shape", "box", "polygon", "mask"),
    UniqueConstraint("image_id", "source", "digest"),
)

reference_maps = _table(
    "reference_maps",
    _of("images"),
    Column("source", String(200), nullable=False),
    Column("phrase", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("image_id", "source", "phrase"),
)

summaries = Table(
    "summaries",
    metadata,
    Column("image_id", Integer, ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    Column("split", String(64)),
    Column("is_real", Boolean),
    Column("description_id", Integer),
    Column("verdict", String(8)),
    Column("opinion", Float),
    Column("score", Float),
    Column("low", Float),
    Column("high", Float),
    Column("generator_id", ForeignKey("generators.id")),
)
"""Of each image what Browse filters and sorts by, in one narrow row: the newest description and its verdict, the first
opinion score, the newest prediction. Triggers keep it (`store/triggers.py`); nothing else writes it."""

reviewers = _table(
    "reviewers",
    Column("name", String(200), nullable=False, unique=True),
    Column("name_key", Text, nullable=False, default=_key_of_name, server_default=""),
    Column("pseudonym", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text),
    Column("disabled_at", DateTime(timezone=True)),
    _one_of("role", "reviewer", "lead", "admin"),
    Index("ix_reviewers_name_key", "name_key", unique=True),
)
"""`name_key`: the same for names that people would take for one."""

assignments = _table(
    "assignments",
    _of("studies"),
    _of("images"),
    _of("reviewers"),
    Column("lease_expires_at", DateTime(timezone=True)),
    Column("blind_rating", Float),
    Column("rated_at", DateTime(timezone=True)),
    Column("assigned_by", ForeignKey("reviewers.id")),
    Column("answered", Boolean, nullable=False, server_default="0"),
    _scale("blind_rating"),
    UniqueConstraint("study_id", "image_id", "reviewer_id"),
    Index("ix_assignments_open", "reviewer_id", "study_id", **_where("answered = 0", "NOT answered")),
)
"""`assigned_by`: the lead who gave the image to this person, which holds it without an end. `answered`: a trigger
keeps it."""

sessions = _table(
    "sessions",
    _of("reviewers"),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

queues = _table(
    "queues",
    _of("studies"),
    _of("reviewers"),
    Column("at", Integer, nullable=False, server_default="0"),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("skipped", Integer, nullable=False, server_default="0"),
    Column("active_seconds", Float, nullable=False, server_default="0"),
    Column("last_saved_at", DateTime(timezone=True)),
    UniqueConstraint("study_id", "reviewer_id"),
)
"""How far each person is in each study: `at`, the place in that person's own order; the rest a trigger keeps."""

repeats = _table(
    "repeats",
    _of("studies"),
    _of("images"),
    _of("reviewers"),
    Column("rating", Float),
    Column("rated_at", DateTime(timezone=True)),
    _scale("rating"),
    UniqueConstraint("study_id", "image_id", "reviewer_id"),
)
"""Images that somebody is shown a second time without being told; until `rated_at` the image is with them. Skipped, it
has no rating."""

tags = _table(
    "tags",
    _of("studies"),
    _of("images"),
    Column("tag", String(64), nullable=False),
    _of("reviewers"),
    UniqueConstraint("study_id", "image_id", "tag"),
)

views = _table(
    "views",
    _of("studies"),
    _of("reviewers"),
    Column("name", String(100), nullable=False),
    Column("query", Text, nullable=False),
    Column("shared", Boolean, nullable=False),
    UniqueConstraint("study_id", "reviewer_id", "name"),
)
"""Filters, sort and search of Browse under a name, for the person who saved them or, shared, for everybody."""

drafts = _table(
    "drafts",
    _of("studies"),
    _of("images"),
    _of("reviewers"),
    Column("base_revision", Integer, nullable=False),
    Column("body", JSON, nullable=False),
    Column("saved_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("study_id", "image_id", "reviewer_id"),
)

reviews = _table(
    "reviews",
    Column("submission_id", String(64), nullable=False, unique=True),
    _of("studies"),
    _of("images"),
    _of("reviewers"),
    Column("role", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("rating", Float),
    Column("second_rating", Float),
    _of("descriptions", nullable=True),
    _of("maps", nullable=True),
    Column("judgement", String(16)),
    Column("verdict", String(8)),
    Column("explanation", Text, nullable=False),
    Column("active_seconds", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("client_at", DateTime(timezone=True)),
    Column("sources", JSON(none_as_null=True)),
    Column("app_version", String(32), nullable=False),
    Column("offered", JSON(none_as_null=True)),
    _scale("rating"),
    _scale("second_rating"),
    _one_of("role", "reviewer", "adjudicator"),
    _one_of("kind", "review", "skip", "flag"),
    _one_of("judgement", "accurate", "partly", "wrong", "misses"),
    _one_of("verdict", "yes", "somewhat", "no"),
    CheckConstraint("revision >= 1", name="revision"),
    UniqueConstraint("study_id", "image_id", "reviewer_id", "role", "revision"),
    Index(None, "reviewer_id", "study_id", "created_at"),
    Index("ix_reviews_flags", "study_id", **_where("kind = 'flag'")),
    Index("ix_reviews_notes", "study_id", **_where("note <> ''")),
)

"""`offered`: the ids of the descriptions that were shown to choose from, in the order shown; `description_id` is the
chosen one. NULL where there was no choice."""

review_findings = _table(
    "review_findings",
    _of("reviews"),
    Column("position", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("phrase", Text, nullable=False),
    Column("kind", String(64)),
    _of("findings", nullable=True),
    _one_of("state", "kept", "dropped", "reworded", "added"),
    UniqueConstraint("review_id", "position"),
)

review_regions = _table(
    "review_regions",
    _of("review_findings"),
    Column("position", Integer, nullable=False),
    Column("shape", String(16), nullable=False),
    Column("coordinates", JSON, nullable=False),
    _one_of("shape", "box", "polygon", "mask"),
    UniqueConstraint("review_finding_id", "position"),
)

batches = _table(
    "batches",
    Column("token", String(32), nullable=False, unique=True),
    Column("remote_id", String(200)),
    Column("base_url", Text, nullable=False),
    Column("model", String(200), nullable=False),
    Column("prompt_version", String(64), nullable=False),
    Column("request_sha256", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("images", JSON, nullable=False),
    Column("collected_at", DateTime(timezone=True)),
)
"""What was given to a server to be answered in its own time. `token`: ours, by which a batch is found there again when
its `remote_id` was not kept; `images`: the ids of those that it asks about."""

replies = _table(
    "replies",
    _of("images"),
    Column("request_sha256", String(64), nullable=False),
    Column("provider", String(64), nullable=False),
    Column("model", String(200), nullable=False),
    Column("prompt_version", String(64), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw_reply", Text, nullable=False),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("cost", Float),
    Column("seconds", Float),
    Column("attempts", Integer, nullable=False),
    _of("descriptions", nullable=True),
    Column("batch_id", ForeignKey("batches.id")),
    _one_of("status", "described", "refused", "empty", "invalid"),
    Index(None, "request_sha256", "image_id"),
    Index(None, "batch_id"),
)
"""What describers replied, whether or not it was of use: paid for, so not to be asked for again. `request_sha256` is of
all that was asked but the image; of several replies to one request the newest counts."""

exports = _table(
    "exports",
    Column("format", String(32), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("excluded", JSON, nullable=False),
    Column("filters", JSON, nullable=False),
    Column("sha256", String(64), nullable=False),
)

APPEND_ONLY = (descriptions, findings, replies, reviews, review_findings, review_regions)
"""Inserted, never changed: triggers refuse UPDATE, DELETE and REPLACE."""

current_reviews = Table("current_reviews", MetaData(), *(Column(c.name, c.type) for c in reviews.columns))
"""A view: of each reviewer's answers on an image in a study, the newest revision."""
