"""The journal: every review and rating once more, as lines of text beside the database. See `docs/operating.md`."""

from realness.store.journal.files import Damage, read_lines
from realness.store.journal.journal import Journal
from realness.store.journal.replay import Replayed, replay

__all__ = ["Damage", "Journal", "Replayed", "read_lines", "replay"]
