"""What describers replied is kept, so that nothing is paid for twice, and so are the batches that wait at a server."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("remote_id", sa.String(200)),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("prompt_version", sa.String(64), nullable=False),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("images", sa.JSON(), nullable=False),
        sa.Column("collected_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sa.UniqueConstraint("token", name="uq_batches_token"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("prompt_version", sa.String(64), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw_reply", sa.Text(), nullable=False),
        sa.Column("input_tokens", sa.Integer()),
        sa.Column("output_tokens", sa.Integer()),
        sa.Column("cost", sa.Float()),
        sa.Column("seconds", sa.Float()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("description_id", sa.Integer()),
        sa.Column("batch_id", sa.Integer()),
        sa.CheckConstraint("status IN ('described', 'refused', 'empty', 'invalid')", name="ck_replies_status"),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name="fk_replies_image_id"),
        sa.ForeignKeyConstraint(["description_id"], ["descriptions.id"], name="fk_replies_description_id"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_replies_batch_id"),
        sa.PrimaryKeyConstraint("id", name="pk_replies"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_replies_request_sha256_image_id", "replies", ["request_sha256", "image_id"])
    op.create_index("ix_replies_batch_id", "replies", ["batch_id"])


def downgrade() -> None:
    op.drop_table("replies")
    op.drop_table("batches")
