"""The words of descriptions have an index (FTS5), which searches in Browse read."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The texts stay where they are (external content); parts of words are found from their beginning on.
    op.execute(
        "CREATE VIRTUAL TABLE description_words USING fts5("
        "text, content='descriptions', content_rowid='id', tokenize='unicode61 remove_diacritics 2', prefix='2 3')"
    )
    op.execute("INSERT INTO description_words (description_words) VALUES ('rebuild')")


def downgrade() -> None:
    op.execute("DROP TABLE description_words")
