"""What Browse filters and sorts by is kept in one narrow row an image."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "summaries",
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("split", sa.String(length=64), nullable=True),
        sa.Column("is_real", sa.Boolean(), nullable=True),
        sa.Column("description_id", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(length=8), nullable=True),
        sa.Column("opinion", sa.Float(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_summaries_image_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_summaries")),
    )
    # Written out, not taken from the code's triggers: a migration stays as it is.
    op.execute("INSERT INTO summaries (image_id, split, is_real) SELECT id, split, is_real FROM images")
    op.execute(
        "UPDATE summaries SET (description_id, verdict) = (SELECT id, verdict FROM descriptions AS d "
        "WHERE d.image_id = summaries.image_id ORDER BY id DESC LIMIT 1)"
    )
    op.execute(
        "UPDATE summaries SET opinion = (SELECT rating FROM opinion_scores AS o "
        "WHERE o.image_id = summaries.image_id AND rating IS NOT NULL ORDER BY id LIMIT 1)"
    )
    op.execute(
        "UPDATE summaries SET (score, low, high) = (SELECT rating, low, high FROM predictions AS p "
        "WHERE p.image_id = summaries.image_id ORDER BY id DESC LIMIT 1)"
    )


def downgrade() -> None:
    op.drop_table("summaries")
