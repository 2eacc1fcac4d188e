"""The triggers of `store/triggers.py` as PostgreSQL has them: the same names, the same effect, the same refusals.

Each is a function of its name and the trigger that calls it. There is no REPLACE here: an insert whose key is taken is
refused by the key itself, and `ON CONFLICT DO UPDATE` is an update. But there is TRUNCATE, which fires no trigger of
rows.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from realness.store.summing import INFORMED, SUMMARIES, of_new_image
from realness.store.tables import APPEND_ONLY

FUNCTIONS = "realness_"
"""How the names of the triggers' functions begin."""


@dataclass(frozen=True)
class Trigger:
    """A trigger.

    Attributes:
        on: when, and of which table: `BEFORE UPDATE ON reviews`.
        body: statements, without the last `RETURN`.
        when: a condition on the row; empty for always.
        rows: whether it is called for each row, or once for a statement.
    """

    on: str
    body: str
    when: str = ""
    rows: bool = True


def drop(connection: Connection) -> None:
    """Drop every trigger, with its function."""
    found = connection.execute(
        text(
            "SELECT p.proname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace "
            "WHERE n.nspname = current_schema() AND starts_with(p.proname, :prefix) "
            "AND p.prorettype = 'trigger'::regtype"
        ),
        {"prefix": FUNCTIONS},
    ).scalars()
    for name in found.all():
        connection.exec_driver_sql(f"DROP FUNCTION {name}() CASCADE")


def create(connection: Connection, missing: tuple[str, ...], *, numbered: bool) -> None:
    """Make every trigger but those whose names begin with what is `missing`; without `numbered` as they were before
    generators had numbers.
    """
    for name, trigger in _triggers(numbered).items():
        if name.startswith(missing):
            continue
        function, gives = f"{FUNCTIONS}{name}", "NULL" if trigger.on.startswith("AFTER") else "NEW"
        body = f"$$BEGIN {trigger.body} RETURN {gives}; END$$"
        connection.exec_driver_sql(f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS {body}")
        when = f" WHEN ({trigger.when})" if trigger.when else ""
        each = "ROW" if trigger.rows else "STATEMENT"
        connection.exec_driver_sql(
            f"CREATE TRIGGER {name} {trigger.on} FOR EACH {each}{when} EXECUTE FUNCTION {function}()"
        )


def _refuse(why: str) -> str:
    return f"RAISE EXCEPTION '{why}' USING ERRCODE = 'integrity_constraint_violation';"


def _triggers(numbered: bool) -> dict[str, Trigger]:
    triggers = {}
    for table in APPEND_ONLY:
        name = table.name
        refuse = _refuse(f"{name} is append-only")
        for event in ("update", "delete"):
            triggers[f"{name}_no_{event}"] = Trigger(f"BEFORE {event.upper()} ON {name}", refuse)
        triggers[f"{name}_no_truncate"] = Trigger(f"BEFORE TRUNCATE ON {name}", refuse, rows=False)
    informed = {name: Trigger(f"AFTER {event}", body) for name, (event, body) in INFORMED.items()}
    return triggers | _ratings() | _summaries(numbered) | _queues() | _tag_sets() | informed


def _ratings() -> dict[str, Trigger]:
    locked, stays = _refuse("a blind rating is locked"), _refuse("a rating stays as it was given")
    changed = "NEW.blind_rating IS DISTINCT FROM OLD.blind_rating OR NEW.rated_at IS DISTINCT FROM OLD.rated_at"
    return {
        "assignments_keep_rating": Trigger(
            "BEFORE UPDATE ON assignments", locked, f"OLD.blind_rating IS NOT NULL AND ({changed})"
        ),
        "assignments_keep_rated": Trigger("BEFORE DELETE ON assignments", locked, "OLD.blind_rating IS NOT NULL"),
        "repeats_keep_rating": Trigger("BEFORE UPDATE ON repeats", stays, "OLD.rated_at IS NOT NULL"),
        "repeats_no_delete": Trigger("BEFORE DELETE ON repeats", stays, "OLD.rated_at IS NOT NULL"),
        # An id that is given with a review, as when the journal is replayed, is not given out again.
        "reviews_count_on": Trigger(
            "BEFORE INSERT ON reviews",
            "PERFORM setval('reviews_id_seq', NEW.id) FROM reviews_id_seq WHERE last_value < NEW.id;",
        ),
    }


def _summaries(numbered: bool) -> dict[str, Trigger]:
    known, columns, told, sources = of_new_image(numbered=numbered)
    triggers = {
        "summaries_of_new_image": Trigger(
            "AFTER INSERT ON images", f"{known} INSERT INTO summaries (image_id, {columns}) VALUES (NEW.id, {told});"
        ),
        "summaries_of_image": Trigger(
            f"AFTER UPDATE OF {sources} ON images",
            f"{known} UPDATE summaries SET ({columns}) = (SELECT {told}) WHERE image_id = NEW.id;",
        ),
    }
    tables = {"description": "descriptions", "opinion": "opinion_scores", "prediction": "predictions"}
    for source, table in tables.items():
        for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            image = f"{row}.image_id"
            triggers[f"summaries_after_{event.lower()}_of_{source}"] = Trigger(
                f"AFTER {event} ON {table}",
                f"UPDATE summaries SET {SUMMARIES[source].format(image=image)} WHERE image_id = {image};",
            )
    return triggers


def _queues() -> dict[str, Trigger]:
    mine = "study_id = NEW.study_id AND image_id = NEW.image_id"
    answers = f"SELECT count(DISTINCT reviewer_id) FROM reviews WHERE {mine} AND role = 'reviewer' AND kind <> 'skip'"
    before = (
        f"SELECT (kind = 'skip')::int FROM reviews WHERE {mine} AND reviewer_id = NEW.reviewer_id AND role = NEW.role "
        "AND revision = NEW.revision - 1"
    )
    return {
        "queues_of_new_review": Trigger(
            "AFTER INSERT ON reviews",
            f"UPDATE assignments SET answered = true WHERE {mine} AND reviewer_id = NEW.reviewer_id AND NOT answered; "
            # Held first, in a statement of its own: what another one has answered meanwhile counts, too.
            f"PERFORM 1 FROM study_images WHERE {mine} FOR UPDATE; "
            "UPDATE study_images SET remaining = (SELECT overlap FROM studies WHERE id = NEW.study_id) "
            f"- ({answers}) WHERE {mine}; "
            f"DELETE FROM drafts WHERE {mine} AND reviewer_id = NEW.reviewer_id; "
            "INSERT INTO queues (created_at, study_id, reviewer_id, done, skipped, active_seconds, last_saved_at) "
            "VALUES (NEW.created_at, NEW.study_id, NEW.reviewer_id, 1, (NEW.kind = 'skip')::int, NEW.active_seconds, "
            "NEW.created_at) ON CONFLICT (study_id, reviewer_id) DO UPDATE SET "
            "done = queues.done + (NEW.revision = 1)::int, "
            f"skipped = queues.skipped + (NEW.kind = 'skip')::int - coalesce(({before}), 0), "
            "active_seconds = queues.active_seconds + NEW.active_seconds, last_saved_at = NEW.created_at;",
            "NEW.role = 'reviewer'",
        ),
        "queues_of_new_image": Trigger(
            "AFTER INSERT ON study_images",
            "UPDATE studies SET images = images + 1 WHERE id = NEW.study_id; "
            "UPDATE study_images SET remaining = (SELECT overlap FROM studies WHERE id = NEW.study_id) "
            "WHERE id = NEW.id;",
        ),
        "queues_of_removed_image": Trigger(
            "AFTER DELETE ON study_images", "UPDATE studies SET images = images - 1 WHERE id = OLD.study_id;"
        ),
    }


def _tag_sets() -> dict[str, Trigger]:
    triggers = {}
    for event, row in (("INSERT", "NEW"), ("DELETE", "OLD")):
        here = f"study_id = {row}.study_id AND image_id = {row}.image_id"
        # Byte by byte as SQLite's json_group_array writes it: a set has one number, whoever made it.
        tags = (
            "SELECT '[' || coalesce(string_agg(to_json(tag::text)::text, ',' ORDER BY tag COLLATE \"C\"), '') || ']' "
            f"AS tags FROM tags WHERE {here}"
        )
        triggers[f"tag_sets_after_{event.lower()}_of_tag"] = Trigger(
            f"AFTER {event} ON tags",
            f"INSERT INTO tag_sets (tags) SELECT made.tags FROM ({tags}) AS made WHERE made.tags <> '[]' "
            "AND NOT EXISTS (SELECT 1 FROM tag_sets AS known WHERE known.tags = made.tags); "
            f"UPDATE study_images SET tag_set_id = (SELECT id FROM tag_sets WHERE tag_sets.tags = ({tags})) "
            f"WHERE {here};",
        )
    return triggers
