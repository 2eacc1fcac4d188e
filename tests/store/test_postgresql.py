"""What PostgreSQL needs of its own: locks, words for what goes wrong, no password anywhere."""

import logging
import threading
import time
import traceback

import psycopg
import pytest
from builders import given_image, make_description, make_image, make_study, make_submission
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from realness.domain import Role, StudySettings
from realness.errors import DatabaseProblem
from realness.settings import Settings, without_password
from realness.store import Database, Store, claiming, dumping, migrate
from realness.store.dialects import address_of
from realness.store.dialects.locks import in_order
from realness.store.journal.records import reviews_after
from realness.store.migrate import UNCOPIED
from realness.workbench import Workbench
from realness.workbench.alone import served, unserved

SECRET = "s3cret-w0rd"


@pytest.fixture
def url(postgres):
    """Every test of this file is on PostgreSQL alone."""
    made = postgres.migrated()
    yield made
    postgres.drop(made)


def run(*works):
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def end_sessions(url):
    """What a restart of the server does to those who are connected."""
    with psycopg.connect(url, autocommit=True) as connection:
        gone = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() "
        assert connection.execute(f"{gone} AND pid <> pg_backend_pid()").fetchone()[0] > 0


@pytest.mark.parametrize("kind", ["postgresql://", "postgresql+psycopg://"])
def test_both_ways_of_writing_the_url_name_the_same_database(url, kind):
    assert address_of(url.replace("postgresql://", kind)) == address_of(url)
    Database.open(url.replace("postgresql://", kind)).close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"postgresql://me:{SECRET}@127.0.0.1:1/x", "cannot be reached .*; start the server"),
        (f"postgresql://me:{SECRET}@host.invalid/x", "cannot be reached"),
        (f"postgresql://me:{SECRET}@/", "no database of it; write"),
        (f"postgresql://me:{SECRET}@h/x?options=-c%20a=b", "'options' is no option"),
        (f"postgresql+asyncpg://me:{SECRET}@h/x", "is not spoken here; write"),
        (f"postgres+psycopg2://me:{SECRET}@h/x", "is not spoken here; write"),
        (f"postgresql://me:{SECRET}@h:port/x", "is no database URL; write"),
        (f"mysql://me:{SECRET}@h/x", "only SQLite and PostgreSQL"),
    ],
)
def test_a_url_that_cannot_work_says_what_to_do_and_tells_no_password(url, said):
    with pytest.raises(DatabaseProblem, match=said) as raised:
        Store.open(url)
    assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_people_from_elsewhere_are_told_neither_server_nor_user():
    with pytest.raises(DatabaseProblem) as raised:
        Store.open(f"postgresql://somebody:{SECRET}@127.0.0.1:1/papers")
    assert "127.0.0.1" in str(raised.value)
    told = (
        "the database cannot be reached (the app's log says more); start the server, or name another database with --db"
    )
    assert raised.value.words == told


def test_a_missing_database_and_a_user_who_may_not_are_told_of_with_what_to_do(url):
    with pytest.raises(DatabaseProblem, match=r"cannot be reached.*does not exist|no database 'nothing'"):
        Store.open(url.replace("/test_", "/nothing_"))
    with pytest.raises(DatabaseProblem, match=r"nobody"):
        Store.open(url.replace("postgres:@", f"nobody:{SECRET}@"))


def test_connections_that_the_server_dropped_are_made_anew(store, url):
    make_study(store)
    end_sessions(url)
    assert store.studies.named("pilot").images == 3
    with pytest.raises(DatabaseProblem, match=r"broke off|cannot be reached"), store.database.write() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert make_study(store, name="later").images == 3


def test_plans_know_of_many_images_at_once(store):
    study = store.studies.create("many", StudySettings())
    for many, known in ((999, False), (1000, True)):
        store.images.add(study.id, (make_image() for _ in range(many)))
        with store.database.read() as connection:
            rows = connection.execute(text("SELECT reltuples FROM pg_class WHERE relname = 'study_images'")).scalar()
        assert (rows == store.studies.named("many").images) == known


def test_an_app_that_serves_is_known_also_after_the_server_was_away(bench, url):
    other = Workbench(bench.settings, Store.open(url))
    with served(bench), served(other):
        end_sessions(url)
        assert bench.store.studies.all() == []
        third = Workbench(bench.settings, Store.open(url))
        with pytest.raises(DatabaseProblem, match=r"an app serves .*; stop all that do"), unserved(third):
            pass
    with unserved(third), pytest.raises(DatabaseProblem, match="something is being erased"), served(bench):
        pass
    with served(bench):
        end_sessions(url)
        with unserved(third), pytest.raises(DatabaseProblem, match="something is being erased"):
            bench.store.studies.all()
        assert bench.store.studies.all() == []
    for one in (other, third):
        one.close()


def test_what_others_read_is_seen_whoever_they_are(store, postgres, url):
    make_study(store)
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (
            "CREATE ROLE plain LOGIN",
            "GRANT USAGE, CREATE ON SCHEMA public TO plain",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain",
        ):
            connection.execute(statement)
    plain = Database.open(url.replace("postgres:@", "plain:@"))
    with psycopg.connect(url) as reading:
        reading.execute("SELECT count(*) FROM images")
        store.close()
        with pytest.raises(DatabaseProblem, match=r"somebody reads .* give the same command again"):
            plain.backend.scrub()
        assert dumping.others(plain) == 1
    plain.close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP OWNED BY plain")
        connection.execute("DROP ROLE plain")


def test_no_password_is_shown(url):
    settings = Settings(f"postgresql://me:{SECRET}@h/x")
    assert settings.options() == "--db 'postgresql://me:***@h/x'"
    assert without_password("postgresql://me:a@b/c@h/x?host=/tmp") == "postgresql://me:***@h/x?host=/tmp"
    assert without_password("sqlite:////srv/a@b.db") == "sqlite:////srv/a@b.db"
    assert str(address_of(settings.database)) == "postgresql://me:***@h/x"


def test_what_somebody_wrote_is_in_no_error_and_in_no_log(store, caplog):
    caplog.set_level(logging.DEBUG)
    store.people.add("Ada Lovelace", Role.LEAD, "x")
    same = "INSERT INTO reviewers (created_at, name, name_key, pseudonym, role) VALUES (now(), :name, 'k', 'p', 'lead')"
    with pytest.raises(IntegrityError) as raised, store.database.write() as connection:
        connection.execute(text(same), {"name": "Ada Lovelace"})
    told = "".join(traceback.format_exception(raised.value)).replace('{"name": "Ada Lovelace"}', "")
    assert "duplicate key value" in told
    assert "Ada" not in told
    assert "Ada" not in caplog.text


def test_another_programs_database_is_refused_and_left_alone(postgres):
    made = postgres.empty()
    with psycopg.connect(made, autocommit=True) as connection:
        connection.execute("CREATE TABLE things (name TEXT)")
    with pytest.raises(DatabaseProblem, match="another program's tables; name another database"):
        Store.open(made)
    with psycopg.connect(made) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert found == [("things",)]
    postgres.drop(made)


def test_two_apps_that_start_at_once_on_a_new_database_both_come_up(postgres):
    made, opened = postgres.empty(), []
    run(*[lambda: opened.append(Store.open(made))] * 2)
    assert len(opened) == 2
    assert make_study(opened[0]).images == 3
    for store in opened:
        store.close()
    postgres.drop(made)


def test_a_reader_changes_nothing_and_sees_one_state(store):
    with pytest.raises(DatabaseProblem, match="can only be read"), store.database.read() as connection:
        connection.execute(text("DELETE FROM studies"))


def test_the_version_is_another_one_after_each_commit_even_when_an_older_transaction_ends_last(store):
    database, seen = store.database, []
    with database.engine.connect() as slow, slow.begin():
        slow.exec_driver_sql("BEGIN; CREATE TABLE older (n int)")
        store.studies.create("newer", StudySettings())
        seen += [database.version(), database.version()]
    seen += [database.version()]
    store.studies.create("newest", StudySettings())
    seen += [database.version()]
    assert seen[0] == seen[1]
    assert len(set(seen)) == 3


def test_people_save_beside_each_other_and_who_changes_everything_waits_for_them(store):
    done = []

    def save(person):
        with store.database.write(person=person):
            done.append(person)

    with store.database.write(person=1):
        run(lambda: save(2))
        assert done == [2]
        waiting = [threading.Thread(target=save, args=(person,)) for person in (1, None)]
        for thread in waiting:
            thread.start()
        time.sleep(0.3)
        assert done == [2]
    for thread in waiting:
        thread.join()
    assert sorted(done, key=str) == [1, 2, None]


def test_reviews_become_visible_in_the_order_of_their_ids(store):
    """A journal that goes on after the newest id misses none."""
    study = make_study(store, images=24)
    people = [store.people.add(f"person {n}", Role.REVIEWER, "x").reviewer for n in range(6)]
    seen, done = [], threading.Event()

    def work(who):
        for _ in range(4):
            image = store.assignments.next_image(study, who.id)
            store.assignments.lock(study.id, image.id, who.id, 50)
            store.reviews.submit(who.id, make_submission(study, image))

    def watch():
        while True:
            over = done.is_set()
            with store.database.read() as connection:
                told = reviews_after(connection, seen[-1] if seen else 0, 200)
            seen.extend(one["through"][0] for one, _ in told)
            if over:
                return

    watching = threading.Thread(target=watch)
    watching.start()
    run(*[lambda who=who: work(who) for who in people])
    done.set()
    watching.join()
    with store.database.read() as connection:
        assert seen == list(connection.execute(text("SELECT id FROM reviews ORDER BY id")).scalars())
    assert len(seen) == 24


def test_who_adds_a_review_holds_back_the_next_until_it_is_committed(store):
    begun, ended = threading.Event(), []

    def first():
        with store.database.write(person=1) as connection:
            in_order(connection)
            begun.set()
            time.sleep(0.3)
            ended.append("first")

    def second():
        begun.wait(5)
        with store.database.write(person=2) as connection:
            in_order(connection)
            ended.append("second")

    run(second, first)
    assert ended == ["first", "second"]


def test_the_last_image_is_waited_for_while_another_may_let_go_of_it(store):
    """It is held by somebody who then takes nothing: the second person must not be told that all is done."""
    study = make_study(store, images=1)
    ben, held, image = store.people.add("ben", Role.REVIEWER, "x").reviewer, threading.Event(), []

    def holding():
        with store.database.write(person=99) as connection:
            assert claiming.hold(connection, {"study": study.id}, 1)
            held.set()
            time.sleep(0.4)

    def asking():
        held.wait(5)
        image.append(store.assignments.next_image(study, ben.id))

    run(holding, asking)
    assert image[0] is not None


def test_images_that_others_are_taking_are_passed_over_without_waiting(store):
    study = make_study(store, images=3)
    ben = store.people.add("ben", Role.REVIEWER, "x").reviewer
    with store.database.write(person=99) as connection:
        assert claiming.hold(connection, {"study": study.id}, 1)
        found = []
        begun = time.monotonic()
        run(lambda: found.append(store.assignments.next_image(study, ben.id)))
        assert time.monotonic() - begun < 5
    assert [image.id for image in found] == [2]


def test_two_who_answer_one_image_at_once_both_count(store):
    study = make_study(store, images=1, overlap=8)
    people = [store.people.add(f"person {n}", Role.REVIEWER, "x").reviewer for n in range(8)]
    images = {who.id: given_image(store, study, who) for who in people}
    run(*[lambda who=who: store.reviews.submit(who.id, make_submission(study, images[who.id])) for who in people])
    with store.database.read() as connection:
        assert connection.execute(text("SELECT remaining FROM study_images")).scalar() == 0


def test_a_review_with_an_id_of_its_own_moves_the_next_id_on(store):
    study, me = make_study(store), store.people.local()
    first = store.reviews.submit(me.id, make_submission(study, given_image(store, study)))
    with store.database.write() as connection:
        names = "created_at, study_id, image_id, reviewer_id, role, kind, explanation, active_seconds, reason, note"
        connection.execute(
            text(
                f"INSERT INTO reviews (id, submission_id, revision, app_version, {names}) "
                f"SELECT 70, 'of-old', 2, app_version, {names} FROM reviews"
            )
        )
    again = make_submission(study, given_image(store, study))
    assert (first.id, store.reviews.submit(me.id, again).id) == (1, 71)


def test_a_schema_is_not_changed_without_a_copy_unless_somebody_says_so(store, monkeypatch):
    make_study(store)
    monkeypatch.setenv("REALNESS_PG_BIN", "/nowhere")
    with pytest.raises(DatabaseProblem, match="need `pg_dump`, which is not there; install the client programs"):
        migrate(store.database, "0009")
    monkeypatch.setenv(UNCOPIED, "1")
    migrate(store.database, "0009")
    migrate(store.database)
    assert store.studies.named("pilot").images == 3


def test_words_are_found_whatever_stands_around_them_in_every_script(store):
    study = store.studies.create("words", StudySettings())
    told = ["“Six-fingered” hands/feet", "Die Straße ist ÄRGERLICH", "НОЧЬ и день", "naïve café"]
    store.images.add(study.id, [make_image(description=make_description(f"No. {one}")) for one in told])

    def found(said):
        from realness.store import Listing

        page = store.browse.page(study, store.people.local().id, Listing(search=said), leads=True)
        return [row["id"] for row in page.rows]

    study = store.studies.change(study.id, StudySettings(blind=False))
    assert found("six") == found("FINGERED") == found("feet") == found("six-finger") == [1]
    assert found("ärger") == found("arger") == [2]
    assert found("ночь") == [3]
    assert found("cafe") == found("NAÏVE") == [4]
    assert found("ingered") == found("'") == found("x':*|y") == []
