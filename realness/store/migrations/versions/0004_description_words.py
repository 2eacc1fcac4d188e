"""The words of descriptions have an index (FTS5; on PostgreSQL GIN), which searches in Browse read."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Letters and digits make words: accents are taken off, and all else, ASCII or not, stands between words. With 'simple'
# no word is left out or cut, in whatever language.
_WORDS = r"""
CREATE FUNCTION description_words(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT to_tsvector('simple'::regconfig, regexp_replace(
    lower(regexp_replace(normalize(said, NFKD), '[\u0300-\u036f]', '', 'g')),
    '[^0-9A-Za-z\u00aa\u00b5\u00ba\u00c0-\u1fff\u2c00-\u2fff\u3040-\ud7ff\uf900-\ufdff\U00010000-\U0010ffff]+', ' ', 'g'
))
$$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_WORDS)
        op.execute("CREATE INDEX description_words ON descriptions USING gin (description_words(text))")
        return
    # The texts stay where they are (external content); parts of words are found from their beginning on.
    op.execute(
        "CREATE VIRTUAL TABLE description_words USING fts5("
        "text, content='descriptions', content_rowid='id', tokenize='unicode61 remove_diacritics 2', prefix='2 3')"
    )
    op.execute("INSERT INTO description_words (description_words) VALUES ('rebuild')")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX description_words")
        op.execute("DROP FUNCTION description_words(text)")
        return
    op.execute("DROP TABLE description_words")
