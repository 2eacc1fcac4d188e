"""Triggers that keep answers and descriptions append-only, ratings that were given as they are, `summaries`, words,
the counts of what is left to do and the order `informative` true.

Alembic's batch mode rebuilds tables and drops their triggers without a word, so `recreate` runs after
every migration, and `drop` before it: a table that a trigger speaks of cannot be rebuilt.
"""

from sqlalchemy import Connection, Table, UniqueConstraint, inspect

from realness.store.dialects import plpgsql
from realness.store.dialects.said import POSTGRESQL
from realness.store.summing import INFORMED, SUMMARIES, of_new_image
from realness.store.tables import APPEND_ONLY, assignments
from realness.store.words import INDEX


def drop(connection: Connection) -> None:
    """Drop every trigger, inside the caller's transaction."""
    if connection.dialect.name == POSTGRESQL:
        plpgsql.drop(connection)
        return
    for name in _triggers():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")


def recreate(connection: Connection) -> None:
    """Drop and make every trigger again, inside the caller's transaction."""
    drop(connection)
    there = inspect(connection)
    # Not in a database that went down to an older version:
    kept = ("replies", "summaries", "queues", "repeats", "tag_sets", INDEX)
    missing = tuple(f"{name}_" for name in kept if not there.has_table(name))
    if "informative" not in {column["name"] for column in there.get_columns("study_images")}:
        missing += ("informative_",)
    numbered = there.has_table("generators")
    if connection.dialect.name == POSTGRESQL:
        plpgsql.create(connection, missing, numbered=numbered)
        return
    for name, statement in _triggers(numbered=numbered).items():
        if not name.startswith(missing):
            connection.exec_driver_sql(statement)


def _triggers(*, numbered: bool = True) -> dict[str, str]:
    """Every trigger by name; without `numbered` as they were before generators had numbers."""
    statements = {}
    for table in APPEND_ONLY:
        name = table.name
        refuse = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
        statements[f"{name}_no_update"] = f"CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {name} {refuse}"
        statements[f"{name}_no_delete"] = f"CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {name} {refuse}"
        # REPLACE deletes without firing the trigger above unless the connection turned recursive_triggers on;
        # this one holds on any connection.
        statements[f"{name}_no_replace"] = (
            f"CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name} "
            f"WHEN EXISTS (SELECT 1 FROM {name} AS old WHERE {_same_key(table)}) {refuse}"
        )
    statements["assignments_keep_rating"] = (
        "CREATE TRIGGER assignments_keep_rating BEFORE UPDATE ON assignments "
        "WHEN OLD.blind_rating IS NOT NULL AND (NEW.blind_rating IS NOT OLD.blind_rating "
        "OR NEW.rated_at IS NOT OLD.rated_at) "
        "BEGIN SELECT RAISE(ABORT, 'a blind rating is locked'); END"
    )
    rated = "BEGIN SELECT RAISE(ABORT, 'a blind rating is locked'); END"
    statements["assignments_keep_rated"] = (
        f"CREATE TRIGGER assignments_keep_rated BEFORE DELETE ON assignments WHEN OLD.blind_rating IS NOT NULL {rated}"
    )
    statements["assignments_no_replace"] = (
        "CREATE TRIGGER assignments_no_replace BEFORE INSERT ON assignments WHEN EXISTS (SELECT 1 FROM assignments "
        f"AS old WHERE old.blind_rating IS NOT NULL AND ({_same_key(assignments)})) {rated}"
    )
    statements[f"{INDEX}_of_new_description"] = (
        f"CREATE TRIGGER {INDEX}_of_new_description AFTER INSERT ON descriptions BEGIN "
        f"INSERT INTO {INDEX} (rowid, text) VALUES (NEW.id, NEW.text); END"
    )
    informed = {
        name: f"CREATE TRIGGER {name} AFTER {event} BEGIN {body} END" for name, (event, body) in INFORMED.items()
    }
    return statements | _summaries(numbered) | _queues() | _tag_sets() | informed


def _summaries(numbered: bool) -> dict[str, str]:
    """Each change of what a summary is taken from changes the summary, in the same statement."""
    known, columns, told, sources = of_new_image(numbered=numbered)
    statements = {
        "summaries_of_new_image": (
            f"CREATE TRIGGER summaries_of_new_image AFTER INSERT ON images BEGIN {known}"
            f"INSERT INTO summaries (image_id, {columns}) VALUES (NEW.id, {told}); END"
        ),
        "summaries_of_image": (
            f"CREATE TRIGGER summaries_of_image AFTER UPDATE OF {sources} ON images BEGIN {known}"
            f"UPDATE summaries SET ({columns}) = (SELECT {told}) WHERE image_id = NEW.id; END"
        ),
    }
    tables = {"description": "descriptions", "opinion": "opinion_scores", "prediction": "predictions"}
    for source, table in tables.items():
        for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            name, image = f"summaries_after_{event.lower()}_of_{source}", f"{row}.image_id"
            statements[name] = (
                f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN "
                f"UPDATE summaries SET {SUMMARIES[source].format(image=image)} WHERE image_id = {image}; END"
            )
    return statements


def _queues() -> dict[str, str]:
    """Each review and each image of a study changes the counts of what is left, in the same statement."""
    mine = "study_id = NEW.study_id AND image_id = NEW.image_id"
    answers = f"SELECT count(DISTINCT reviewer_id) FROM reviews WHERE {mine} AND role = 'reviewer' AND kind <> 'skip'"
    before = (
        f"SELECT kind = 'skip' FROM reviews WHERE {mine} AND reviewer_id = NEW.reviewer_id AND role = NEW.role "
        "AND revision = NEW.revision - 1"
    )
    return {
        "queues_of_new_review": (
            "CREATE TRIGGER queues_of_new_review AFTER INSERT ON reviews WHEN NEW.role = 'reviewer' BEGIN "
            f"UPDATE assignments SET answered = 1 WHERE {mine} AND reviewer_id = NEW.reviewer_id AND answered = 0; "
            "UPDATE study_images SET remaining = (SELECT overlap FROM studies WHERE id = NEW.study_id) "
            f"- ({answers}) WHERE {mine}; "
            f"DELETE FROM drafts WHERE {mine} AND reviewer_id = NEW.reviewer_id; "
            "INSERT INTO queues (created_at, study_id, reviewer_id, done, skipped, active_seconds, last_saved_at) "
            "VALUES (NEW.created_at, NEW.study_id, NEW.reviewer_id, 1, NEW.kind = 'skip', NEW.active_seconds, "
            "NEW.created_at) ON CONFLICT (study_id, reviewer_id) DO UPDATE SET done = done + (NEW.revision = 1), "
            f"skipped = skipped + (NEW.kind = 'skip') - coalesce(({before}), 0), "
            "active_seconds = active_seconds + NEW.active_seconds, last_saved_at = NEW.created_at; END"
        ),
        "queues_of_new_image": (
            "CREATE TRIGGER queues_of_new_image AFTER INSERT ON study_images BEGIN "
            "UPDATE studies SET images = images + 1 WHERE id = NEW.study_id; "
            "UPDATE study_images SET remaining = (SELECT overlap FROM studies WHERE id = NEW.study_id) "
            "WHERE id = NEW.id; END"
        ),
        "queues_of_removed_image": (
            "CREATE TRIGGER queues_of_removed_image AFTER DELETE ON study_images BEGIN "
            "UPDATE studies SET images = images - 1 WHERE id = OLD.study_id; END"
        ),
        "repeats_keep_rating": (
            "CREATE TRIGGER repeats_keep_rating BEFORE UPDATE ON repeats WHEN OLD.rated_at IS NOT NULL "
            "BEGIN SELECT RAISE(ABORT, 'a rating stays as it was given'); END"
        ),
        "repeats_no_delete": (
            "CREATE TRIGGER repeats_no_delete BEFORE DELETE ON repeats WHEN OLD.rated_at IS NOT NULL "
            "BEGIN SELECT RAISE(ABORT, 'a rating stays as it was given'); END"
        ),
    }


def _tag_sets() -> dict[str, str]:
    """Each tag that is put on an image or taken off changes the number of the image's tags, in the same statement."""
    statements = {}
    for event, row in (("INSERT", "NEW"), ("DELETE", "OLD")):
        name, here = (
            f"tag_sets_after_{event.lower()}_of_tag",
            f"study_id = {row}.study_id AND image_id = {row}.image_id",
        )
        tags = f"SELECT json_group_array(tag) AS tags FROM (SELECT tag FROM tags WHERE {here} ORDER BY tag)"
        statements[name] = (
            f"CREATE TRIGGER {name} AFTER {event} ON tags BEGIN "
            f"INSERT INTO tag_sets (tags) SELECT tags FROM ({tags}) AS new WHERE tags <> '[]' "
            "AND NOT EXISTS (SELECT 1 FROM tag_sets AS old WHERE old.tags = new.tags); "
            f"UPDATE study_images SET tag_set_id = (SELECT id FROM tag_sets WHERE tags = ({tags})) WHERE {here}; END"
        )
    return statements


def _same_key(table: Table) -> str:
    keys = [["id"]]
    keys += [[c.name] for c in table.columns if c.unique]
    keys += [[c.name for c in u.columns] for u in table.constraints if isinstance(u, UniqueConstraint)]
    unique = {" AND ".join(f"old.{column} = NEW.{column}" for column in sorted(key)) for key in keys}
    return " OR ".join(f"({condition})" for condition in sorted(unique))
