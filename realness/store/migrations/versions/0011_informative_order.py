"""The order that begins with the images whose score is least sure has a key of its own, with an index."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_OPEN = "remaining > 0 AND informative IS NOT NULL"


def upgrade() -> None:
    op.add_column("study_images", sa.Column("informative", sa.Float()))
    op.execute(
        "UPDATE study_images SET informative = (SELECT coalesce(s.low - s.high, CASE WHEN s.score IS NULL THEN 2.0 "
        "ELSE 1.0 END) FROM summaries AS s WHERE s.image_id = study_images.image_id) "
        "WHERE study_id IN (SELECT id FROM studies WHERE order_by = 'informative')"
    )
    op.create_index(
        "ix_study_images_informative",
        "study_images",
        ["study_id", "informative", "position"],
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )


def downgrade() -> None:
    op.drop_index("ix_study_images_informative")
    op.drop_column("study_images", "informative")
