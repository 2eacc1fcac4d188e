"""A study may show several descriptions of an image to choose from; a review keeps which ones it was chosen among."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE studies ADD COLUMN choices INTEGER NOT NULL DEFAULT 1")
    op.execute("ALTER TABLE reviews ADD COLUMN offered JSON")


def downgrade() -> None:
    op.drop_column("reviews", "offered")
    op.drop_column("studies", "choices")
