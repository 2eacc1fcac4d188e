"""Filling a database in bulk: rows of SQLite's own, with the triggers on, so that all they keep is as it would be."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

AT = "2025-01-01 00:00:00.000000"
"""When everything was made."""
Rows = tuple[str, str, Iterable[tuple]]
"""A table, its columns but `created_at`, and rows, `created_at` first."""


def insert(database: Path, tables: Iterable[Rows], *, first: Iterable[str] = (), last: Iterable[str] = ()) -> None:
    """Insert rows, a transaction a table.

    Args:
        first, last: statements before and after.
    """
    with closing(sqlite3.connect(database)) as connection:
        for statement in ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-262144", *first):
            connection.execute(statement)
        for table, columns, rows in tables:
            marks = ", ".join("?" * (len(columns.split(", ")) + 1))
            connection.executemany(f"INSERT INTO {table} (created_at, {columns}) VALUES ({marks})", rows)
            connection.commit()
        for statement in last:
            connection.execute(statement)


class Base:
    """What a study of so many images holds after a while: everything imported, described, mapped and scored, the first
    half answered by two people each.

    Args:
        study: its id; its overlap is 2.
        people: ids of those who answered.
    """

    GENERATORS = tuple(f"generator {number}" for number in range(60))
    TAGS = ("again", "for the paper", "melted", "unclear")
    PHRASES = ("The hand has six fingers", "the sign is garbled")
    TEXT = "Somewhat. The hand has six fingers, and the sign is garbled."
    TAGGED, NOTED = 20, 100
    """Of how many images, and of how many reviews, one bears a tag, and a note."""

    def __init__(self, images: int, study: int, people: list[int]) -> None:
        self.images, self.study, self.people = images, study, people
        self.ids = range(1, images + 1)
        self.reviews = range(1, 2 * (images // 2) + 1)

    def rows(self) -> Iterator[Rows]:
        """All of it."""
        yield from self._imported()
        yield from self._computed()
        yield from self._answered()

    def _imported(self) -> Iterator[Rows]:
        made, text = self.GENERATORS, self.TEXT
        yield (
            "images",
            "id, key, sha256, width, height, format, bytes, path, split, generator, prompt, is_real",
            (
                (AT, at, f"{at:032x}", f"{at:064x}", 640, 480, "PNG", 1000, f"images/00/{at:064x}.png",
                 ("train", "test")[at % 2], made[at % len(made)], "a cup on a table", at % 5 == 0)
                for at in self.ids
            ),
        )  # fmt: skip
        yield "image_sources", "image_id, source, name", ((AT, at, "made", f"{at}.png") for at in self.ids)
        yield "study_images", "study_id, image_id, position", ((AT, self.study, at, at - 1) for at in self.ids)
        yield (
            "descriptions",
            "id, image_id, text, text_sha256, verdict, explanation, provider, model",
            ((AT, at, at, text, f"{at:064x}", "somewhat", text[10:], "made", "one") for at in self.ids),
        )
        yield (
            "findings",
            "id, description_id, position, phrase",
            ((AT, 2 * at - 1 + n, at, n, phrase) for at in self.ids for n, phrase in enumerate(self.PHRASES)),
        )
        yield "opinion_scores", "image_id, source, rating", ((AT, at, "made", at % 101) for at in self.ids[::2])

    def _computed(self) -> Iterator[Rows]:
        yield (
            "maps",
            "id, image_id, description_id, text_sha256, method, clip, weights, version, phrases, path, sha256",
            (
                (AT, at, at, at, f"{at:064x}", "dense", "mini", "made", 1, "[]", f"maps/00/{at}.npz", f"{at:064x}")
                for at in self.ids
            ),
        )
        yield (
            "predictions",
            "image_id, description_id, model, rating, low, high",
            ((AT, at, at, "fast-000000000000", 10 + at % 80, at % 80, 20 + at % 80) for at in self.ids),
        )

    def _answered(self) -> Iterator[Rows]:
        study, states = self.study, ("kept", "reworded")
        tagged = self.ids[:: self.TAGGED]
        yield (
            "tags",
            "study_id, image_id, tag, reviewer_id",
            ((AT, study, at, self.TAGS[at // self.TAGGED % len(self.TAGS)], self.people[0]) for at in tagged),
        )
        yield (
            "assignments",
            "study_id, image_id, reviewer_id, blind_rating, rated_at",
            ((AT, study, self._image(one), self._who(one), one % 101, AT) for one in self.reviews),
        )
        yield (
            "reviews",
            "id, submission_id, study_id, image_id, reviewer_id, role, revision, kind, rating, description_id, map_id, "
            "judgement, verdict, explanation, active_seconds, reason, note, app_version",
            (
                (AT, one, f"submission-{one}", study, self._image(one), self._who(one), "reviewer", 1, "review",
                 one % 101, self._image(one), self._image(one), "partly", "somewhat", f"{self.TEXT} {one}", 12.5, "",
                 "" if one % self.NOTED else "unsure", "0.1.0")
                for one in self.reviews
            ),
        )  # fmt: skip
        yield (
            "review_findings",
            "id, review_id, position, state, phrase, finding_id",
            (
                (AT, 2 * one - 1 + n, one, n, states[n], phrase, 2 * self._image(one) - 1 + n)
                for one in self.reviews
                for n, phrase in enumerate(self.PHRASES)
            ),
        )
        yield (
            "review_regions",
            "review_finding_id, position, shape, coordinates",
            ((AT, 2 * one - 1, 0, "box", "[10.5, 20, 100, 200.25]") for one in self.reviews),
        )

    def _image(self, review: int) -> int:
        return (review + 1) // 2

    def _who(self, review: int) -> int:
        """Two different ones on every image."""
        return self.people[(self._image(review) + 7 * (review % 2)) % len(self.people)]
