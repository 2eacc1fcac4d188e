"""Views of Browse are kept; generators and tags of images have numbers, which are counted; flags have an index."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TAGS = (
    "SELECT json_group_array(tag) FROM (SELECT tag FROM tags AS t "
    "WHERE t.study_id = study_images.study_id AND t.image_id = study_images.image_id ORDER BY tag)"
)

_TAGS_THERE = (
    "SELECT '[' || string_agg(to_json(tag::text)::text, ',' ORDER BY tag COLLATE \"C\") || ']' FROM tags AS t "
    "WHERE t.study_id = study_images.study_id AND t.image_id = study_images.image_id"
)


def upgrade() -> None:
    _numbered("generators", "name")
    _numbered("tag_sets", "tags")
    op.execute(
        "ALTER TABLE summaries ADD COLUMN generator_id INTEGER "
        "CONSTRAINT fk_summaries_generator_id REFERENCES generators (id)"
    )
    op.execute(
        "ALTER TABLE study_images ADD COLUMN tag_set_id INTEGER "
        "CONSTRAINT fk_study_images_tag_set_id REFERENCES tag_sets (id)"
    )
    op.create_index("ix_reviews_flags", "reviews", ["study_id"], **_where("kind = 'flag'"))
    op.create_table(
        "views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_views_study_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewers.id"], name=op.f("fk_views_reviewer_id")),
        sa.UniqueConstraint("study_id", "reviewer_id", "name", name=op.f("uq_views_study_id_reviewer_id_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_views")),
        sqlite_autoincrement=True,
    )
    op.execute("INSERT INTO generators (name) SELECT DISTINCT generator FROM images WHERE generator IS NOT NULL")
    op.execute(
        "UPDATE summaries SET generator_id = (SELECT g.id FROM images AS i "
        "JOIN generators AS g ON g.name = i.generator WHERE i.id = summaries.image_id)"
    )
    tagged = "EXISTS (SELECT 1 FROM tags AS t WHERE t.study_id = study_images.study_id AND t.image_id = study_images.image_id)"  # noqa: E501
    tags = _TAGS_THERE if op.get_bind().dialect.name == "postgresql" else _TAGS
    op.execute(f"INSERT INTO tag_sets (tags) SELECT DISTINCT ({tags}) FROM study_images WHERE {tagged}")
    op.execute(
        f"UPDATE study_images SET tag_set_id = (SELECT id FROM tag_sets WHERE tag_sets.tags = ({tags})) WHERE {tagged}"
    )


def downgrade() -> None:
    op.drop_table("views")
    op.drop_index("ix_reviews_flags")
    op.drop_column("study_images", "tag_set_id")
    op.drop_column("summaries", "generator_id")
    op.drop_table("tag_sets")
    op.drop_table("generators")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _numbered(table: str, column: str) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(column, sa.Text(), nullable=False),
        sa.UniqueConstraint(column, name=op.f(f"uq_{table}_{column}")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
