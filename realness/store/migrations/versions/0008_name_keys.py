"""Each person has a key for the name, unlike everybody else's. Where two names are one, the newer gets a number."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE reviewers ADD COLUMN name_key TEXT NOT NULL DEFAULT ''")
    connection = op.get_bind()
    # "local" stands for the work without sign-in: it keeps its name, whoever came before it.
    people = connection.execute(sa.text("SELECT id, name FROM reviewers ORDER BY name <> 'local', id")).all()
    keys = {_key(name) for _, name in people}
    taken: set[str] = set()
    for person, name in people:
        new = name
        if _key(name) in taken:
            numbers = (f"{name} {number}" for number in range(2, len(people) + 2))
            new = next(one for one in numbers if _key(one) not in keys)
            keys.add(_key(new))
        taken.add(_key(new))
        changed = sa.text("UPDATE reviewers SET name = :name, name_key = :key WHERE id = :id")
        connection.execute(changed, {"name": new, "key": _key(new), "id": person})
    op.create_index("ix_reviewers_name_key", "reviewers", ["name_key"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_reviewers_name_key")
    op.drop_column("reviewers", "name_key")


def _key(name: str) -> str:
    # Written out, not taken from `domain/names.py`: a migration stays as it is.
    hidden = {*map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0xE0100, 0xE01F0))}
    seen = "".join(c for c in name if c.isspace() or (unicodedata.category(c) != "Cf" and c not in hidden))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    return " ".join(folded.split())
