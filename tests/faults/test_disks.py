"""A disk that is full, one that cannot be written, a database that another process holds: told of, and nothing half."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from builders import make_study
from fastapi.testclient import TestClient
from server import ROOT

from realness.store.dialects import sqlite
from realness.ui.server import build_app

TESTS = Path(__file__).resolve().parents[1]
FILLED = """
import json, pathlib, subprocess, sys
sys.path[:0] = [sys.argv[2], sys.argv[3]]
disk = pathlib.Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], check=True)
from builders import given_image, make_study, make_submission
from realness.cli import main
from realness.errors import RealnessError
from realness.settings import Settings
from realness.store.journal import Damage, read_lines
from realness.workbench import Workbench
from realness.workbench.bench import journal_folder

bench = Workbench.open(Settings(f"sqlite:///{disk}/a.db", disk / "data"))
study, me = make_study(bench.store, 400), bench.store.people.local()
(disk / "ballast").write_bytes(b"x" * 1_500_000)
told, saved, sent = "", [], None
while not told:
    try:
        image = given_image(bench.store, study)
        sent = make_submission(study, image, explanation="long " * 3900)
        bench.store.reviews.submit(me.id, sent)
        saved.append(sent.submission_id)
    except RealnessError as error:
        told = str(error)
free = main(["backup", "--db", bench.settings.database, "--data", str(bench.settings.data)])
(disk / "ballast").unlink()
image = given_image(bench.store, study)
again = bench.store.reviews.submit(me.id, make_submission(study, image))
bench.store.journal.settle()
with bench.store.database.read() as connection:
    rows = connection.exec_driver_sql("SELECT submission_id FROM reviews ORDER BY id").scalars().all()
    sound = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
damage = Damage()
lines = [one for one in read_lines(journal_folder(bench.settings), damage) if one["kind"] == "review"]
same = [one["through"][1] for one in lines] == rows
left = [path.name for path in disk.rglob("*.part")]
bench.close()
subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
readonly = main(["init", "--db", bench.settings.database, "--data", str(bench.settings.data)])
print(json.dumps({"told": told, "saved": set(saved) <= set(rows), "number": len(saved), "sound": sound, "same": same,
    "torn": damage.torn, "backup": free, "readonly": readonly, "left": left, "again": again.revision}))
"""


def test_on_a_full_disk_and_one_that_became_read_only_nothing_is_lost_and_each_says_what_to_do(tmp_path):
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs a mount of its own, which this system does not allow")
    (tmp_path / "disk").mkdir()
    line = [*alone, sys.executable, "-c", FILLED, str(tmp_path / "disk"), str(TESTS), str(ROOT)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert "full" in told["told"] or "make room" in told["told"]
    assert told["number"] > 3
    assert (told["saved"], told["sound"], told["same"], told["torn"], told["again"]) == (True, "ok", True, 0, 1)
    assert (told["backup"], told["readonly"], told["left"]) == (1, 1, [])
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "make room" in lines[0]
    assert "cannot be written" in lines[1]
    assert "Traceback" not in done.stderr


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_database_that_another_process_holds_is_waited_for_then_told_of_and_the_retry_is_kept_once(
    bench, monkeypatch
):
    monkeypatch.setattr(sqlite, "_PRAGMAS", (*sqlite._PRAGMAS, "PRAGMA busy_timeout=300"))
    bench.store.database.engine.dispose()
    study = make_study(bench.store, 1)
    app = build_app(bench)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.headers["X-Realness-Token"] = app.state.token
        image = client.get("/api/next", params={"study": study.id}).json()["item"]["image"]["key"]
        rated = {"study": study.id, "image": image, "rating": 40}
        assert client.post("/api/lock", json=rated).status_code == 200
        sent = {"submission_id": "submission-held", "study": study.id, "image": image, "base_revision": 0}
        sent |= {"verdict": "no", "explanation": "kept"}
        with subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(bench.store.database.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as holder:
            assert holder.stdout.readline() == "held\n"
            answer = client.post("/api/reviews", json=sent)
            assert (answer.status_code, answer.json()["kind"]) == (503, "unavailable")
            assert answer.json()["error"] == "the database is held by another process; close it there and try again"
            holder.kill()
        assert [client.post("/api/reviews", json=sent).json()["revision"] for _ in range(2)] == [1, 1]
    assert bench.store.database.path.exists()
