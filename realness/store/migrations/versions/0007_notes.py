"""Notes to those who lead have an index: Browse finds the images that bear one."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    noted = sa.text("note <> ''")
    op.create_index("ix_reviews_notes", "reviews", ["study_id"], sqlite_where=noted, postgresql_where=noted)


def downgrade() -> None:
    op.drop_index("ix_reviews_notes")
