"""People sign in; studies have targets, repeats, gold images and checks; what is left to do is counted."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ADDED = (
    ("studies", "images", "INTEGER NOT NULL DEFAULT 0"),
    ("studies", "target", "INTEGER"),
    ("studies", "gold_share", "INTEGER NOT NULL DEFAULT 0"),
    ("study_images", "remaining", "INTEGER NOT NULL DEFAULT 1"),
    ("study_images", "check_id", "INTEGER CONSTRAINT fk_study_images_check_id REFERENCES descriptions (id)"),
    ("assignments", "answered", "BOOLEAN NOT NULL DEFAULT 0"),
    ("assignments", "assigned_by", "INTEGER CONSTRAINT fk_assignments_assigned_by REFERENCES reviewers (id)"),
    ("reviews", "sources", "JSON"),
)


def upgrade() -> None:
    there = op.get_bind().dialect.name == "postgresql"
    for table, column, kind in ADDED:
        said = kind.replace("BOOLEAN NOT NULL DEFAULT 0", "BOOLEAN NOT NULL DEFAULT false") if there else kind
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {said}")
    op.drop_column("studies", "gold")
    op.create_index("ix_study_images_open", "study_images", ["study_id", "position"], **_where("remaining > 0"))
    op.create_index("ix_study_images_gold", "study_images", ["study_id"], **_where("gold IS NOT NULL"))
    op.create_index(
        "ix_assignments_open", "assignments", ["reviewer_id", "study_id"], **_where("answered = 0", "NOT answered")
    )
    _made("sessions", sa.Column("reviewer_id", sa.Integer(), nullable=False),
          sa.Column("token_sha256", sa.String(length=64), nullable=False),
          sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
          _of("sessions", "reviewer"),
          sa.UniqueConstraint("token_sha256", name=op.f("uq_sessions_token_sha256")))  # fmt: skip
    _made("queues", *_places("queues", "study", "reviewer"),
          sa.Column("at", sa.Integer(), nullable=False, server_default="0"),
          sa.Column("done", sa.Integer(), nullable=False, server_default="0"),
          sa.Column("skipped", sa.Integer(), nullable=False, server_default="0"),
          sa.Column("active_seconds", sa.Float(), nullable=False, server_default="0"),
          sa.Column("last_saved_at", sa.DateTime(timezone=True), nullable=True))  # fmt: skip
    _made("repeats", *_places("repeats", "study", "image", "reviewer"),
          sa.Column("rating", sa.Float(), nullable=True),
          sa.Column("rated_at", sa.DateTime(timezone=True), nullable=True),
          sa.CheckConstraint("rating BETWEEN 0 AND 100", name=op.f("ck_repeats_rating")))  # fmt: skip
    _made("tags", *_places("tags", "study", "image", name="tag"),
          sa.Column("tag", sa.String(length=64), nullable=False),
          sa.Column("reviewer_id", sa.Integer(), nullable=False), _of("tags", "reviewer"))  # fmt: skip
    op.execute("UPDATE studies SET images = (SELECT count(*) FROM study_images WHERE study_id = studies.id)")
    op.execute(
        "UPDATE study_images SET remaining = (SELECT overlap FROM studies WHERE id = study_id) - "
        "(SELECT count(DISTINCT r.reviewer_id) FROM reviews AS r WHERE r.study_id = study_images.study_id "
        "AND r.image_id = study_images.image_id AND r.role = 'reviewer' AND r.kind <> 'skip')"
    )
    op.execute(
        "UPDATE assignments SET answered = EXISTS (SELECT 1 FROM reviews AS r WHERE r.study_id = assignments.study_id "
        "AND r.image_id = assignments.image_id AND r.reviewer_id = assignments.reviewer_id AND r.role = 'reviewer')"
    )
    op.execute(
        "INSERT INTO queues (created_at, study_id, reviewer_id, done, skipped, active_seconds, last_saved_at) "
        "SELECT min(created_at), study_id, reviewer_id, count(DISTINCT image_id), "
        "count(DISTINCT CASE WHEN kind = 'skip' "
        "AND NOT EXISTS (SELECT 1 FROM reviews AS n WHERE n.study_id = r.study_id AND n.image_id = r.image_id "
        "AND n.reviewer_id = r.reviewer_id AND n.role = r.role AND n.revision > r.revision) THEN image_id END), "
        "sum(active_seconds), max(created_at) FROM reviews AS r WHERE role = 'reviewer' GROUP BY study_id, reviewer_id"
    )


def downgrade() -> None:
    for table in ("tags", "repeats", "queues", "sessions"):
        op.drop_table(table)
    for name in ("ix_study_images_open", "ix_study_images_gold", "ix_assignments_open"):
        op.drop_index(name)
    op.add_column("studies", sa.Column("gold", sa.JSON(), nullable=True))
    for table, column, _kind in ADDED:
        op.drop_column(table, column)


def _where(condition: str, postgresql: str | None = None) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(postgresql or condition)}


def _made(name: str, *parts: sa.schema.SchemaItem) -> None:
    head = (
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        name, *head, *parts, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")), sqlite_autoincrement=True
    )


def _of(table: str, one: str) -> sa.ForeignKeyConstraint:
    many = "studies" if one == "study" else f"{one}s"
    return sa.ForeignKeyConstraint([f"{one}_id"], [f"{many}.id"], name=op.f(f"fk_{table}_{one}_id"))


def _places(table: str, *ones: str, name: str | None = None) -> list[sa.schema.SchemaItem]:
    """Columns that refer to one of each, unique together with the column `name`."""
    columns = [f"{one}_id" for one in ones] + ([name] if name else [])
    unique = sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))
    return [
        *(sa.Column(f"{one}_id", sa.Integer(), nullable=False) for one in ones),
        *(_of(table, one) for one in ones),
        unique,
    ]
