"""Heat maps that a data set has of its images are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reference_maps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("phrase", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_reference_maps_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference_maps")),
        sa.UniqueConstraint("image_id", "source", "phrase", name=op.f("uq_reference_maps_image_id_source_phrase")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("reference_maps")
