"""The same work by real Ray workers as in this process: the same results, each once; one cluster for all of it."""

import json
import os
import sqlite3
import time
from contextlib import closing, suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from many import TEXTS, below, import_many, workers_of
from rated_images import write_rated, write_table
from small_clip import save_small_clip
from small_vlm import build

from realness.cli import main
from realness.core.features import FeatureCache
from realness.describe import Asked
from realness.describe.local import LocalDescriber
from realness.domain import RealnessMap
from realness.dream import Dream
from realness.engines import LOCAL, Job, Ray
from realness.engines.cluster import connected
from realness.errors import EngineProblem, UnreadableImage
from realness.prompts import load
from realness.settings import Settings
from realness.workbench import Workbench
from realness.workbench.describing import DescribeOptions, describe_images
from realness.workbench.importing import ImportOptions, import_source
from realness.workbench.mapping import compute_maps
from realness.workbench.scoring import Setting, Source, train_core
from realness.workbench.worker_places import Place
from realness.workbench.workers import Mapper, Scorer

pytestmark = [
    pytest.mark.skipif(not find_spec("ray"), reason="needs requirements-ray.txt"),
    pytest.mark.usefixtures("cluster"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data"),  # of Ray 2.60 to itself
]
TWO = Ray(workers=2)
CHANGED = "this image's file was changed since it was imported; import the original again"


@pytest.fixture(scope="module")
def cluster():
    with connected(None):
        yield


@pytest.fixture
def many(bench, tmp_path):
    """Images with descriptions, one of which is damaged."""
    import_many(bench, tmp_path / "images", 20)
    bench.image_file(bench.store.images.by_id(3)).write_bytes(b"no longer an image")
    return bench


def told(results):
    """What came back by its place: the value, or the error's words."""
    found = {}
    for done in results:
        assert done.at not in found
        assert done.begun <= time.perf_counter()
        try:
            found[done.at] = done.result()
        except UnreadableImage as error:
            found[done.at] = str(error)
    return found


def test_maps_are_those_of_this_process_and_an_image_that_cannot_be_read_is_told(many, tmp_path):
    spec = f"local-dir:{save_small_clip(tmp_path / 'vit')}"
    dream = Dream.load(spec, precision="fp32")
    mapper = Mapper(dream, "dense", Place.of(many, TWO))
    elsewhere = partial(Mapper.load, spec, dream.clip.weights_id, "dense", mapper.place, "fp32")
    tasks = many.store.maps.missing("dense", spec, dream.clip.weights_id)
    job = Job(here=mapper, elsewhere=elsewhere, together=8)
    here, there = told(LOCAL.results(job, tasks)), told(TWO.results(job, tasks))
    assert set(here) == set(there) == set(range(20))
    assert here[2] == there[2] == CHANGED
    for at, one in here.items():
        if isinstance(one, RealnessMap):
            for name in ("values", "raw", "layers"):
                np.testing.assert_allclose(getattr(there[at], name), getattr(one, name), rtol=0, atol=1e-5)
            assert there[at].phrases == one.phrases


def test_maps_are_kept_as_those_of_this_process_and_files_that_are_there_are_found(many, tmp_path):
    spec, steps = f"local-dir:{save_small_clip(tmp_path / 'vit')}", []
    assert compute_maps(many, clip=spec, limit=5).maps == 4
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        connection.execute("DELETE FROM maps")  # as a backup of the database does that is older than the data folder
    there = compute_maps(many, clip=spec, engine=TWO, progress=lambda done, total: steps.append((done, total)))
    assert (there.maps, there.found, [one.row for one in there.skipped]) == (
        15,
        4,
        [many.store.images.by_id(3).facts.sha256],
    )
    assert there.seconds > 0
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == ((0, 20), (20, 20))
    files = {file: file.read_bytes() for file in many.settings.data.glob("maps/*/*")}
    for file in files:
        file.unlink()
    assert compute_maps(many, clip=spec).maps == 19
    assert {file for file in many.settings.data.glob("maps/*/*")} == set(files)


def command(capsys, folder, *words, ends=0):
    """The JSON of a command with two workers, on the database of the fixture `bench`, and its exit status held."""
    place = ("--db", f"sqlite:///{folder}/a.db", "--data", str(folder / "data"), "--json")
    capsys.readouterr()
    status = main([*map(str, words), "--engine", "ray", "--ray-workers", "2", *place])
    out, err = capsys.readouterr()
    assert status == ends, err
    return json.loads(out)


def test_descriptions_are_those_of_this_process(many, tmp_path, capsys):
    other = Workbench.open(Settings(f"sqlite:///{tmp_path}/b.db", tmp_path / "b"))
    import_source(other, tmp_path / "images" / "table.csv", ImportOptions(study="many"))
    prompt = load("raise-td")
    model = build(tmp_path / "vlm", [prompt.system, prompt.user, *TEXTS])
    # Its weights are random: what it says is kept, and is no description.
    there = command(capsys, tmp_path, "describe", "--model", model, "--limit", 6, "--max-tokens", 8, ends=1)
    here = describe_images(other, LocalDescriber(Asked(str(model), prompt, max_tokens=8)), DescribeOptions(limit=6))
    other.close()
    assert [one["reason"] for one in there["skipped"] if "was changed" in one["reason"]] == [CHANGED]
    damaged = many.store.images.by_id(3).id
    assert said(tmp_path / "a.db") == [row for row in said(tmp_path / "b.db") if row[0] != damaged]
    assert there["output_tokens"] == 5 * here.output_tokens // 6 > 0


def said(database):
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(
            "SELECT image_id, status, raw_reply, output_tokens FROM replies ORDER BY image_id"
        ).fetchall()


def test_scores_are_those_of_this_process(bench, tmp_path, capsys):
    rated = write_table(tmp_path / "rated", write_rated(tmp_path / "rated", 80))
    core, _, _ = train_core(bench, Source(rated), Setting(), tmp_path / "core")
    import_source(bench, rated, ImportOptions(study="rated"))
    tasks = bench.store.predictions.missing(core.name, by_text=True)
    here = Scorer(core, FeatureCache(None), Place.of(bench, LOCAL))(tasks)
    there = command(capsys, tmp_path, "core", "predict", "--model", tmp_path / "core")
    assert (there["scores"], there["learned_from"], there["skipped"]) == (80, here.learned_from, [])
    kept = {row["sha256"]: row for row in bench.store.predictions.kept(core.name, None)}
    assert len(kept) == 80
    for one in here.kept:
        row = kept[bench.store.images.by_id(one.image_id).facts.sha256]
        assert (row["rating"], row["low"], row["high"]) == pytest.approx((one.rating, one.low, one.high), abs=1e-9)


def test_another_model_at_a_worker_ends_the_run(bench, tmp_path):
    spec = f"local-dir:{save_small_clip(tmp_path / 'vit')}"
    elsewhere = partial(Mapper.load, spec, "0123456789abcdef", "dense", Place(str(tmp_path)))
    (done,) = TWO.results(Job(here=str, elsewhere=elsewhere), [1])
    with pytest.raises(EngineProblem, match="put the same files on all machines"):
        done.result()


def test_workers_end_with_a_run_that_is_given_up():
    results = Ray(workers=1).results(Job(here=abs, elsewhere=waiting), list(range(50)))
    next(results)
    assert workers_of(os.getpid())
    results.close()
    end = time.monotonic() + 60
    while workers_of(os.getpid()):
        assert time.monotonic() < end
        time.sleep(0.1)


def waiting():
    """Waits for as many seconds as an item says."""
    return time.sleep


def test_nothing_of_the_cluster_listens_to_other_machines():
    family = [os.getpid(), *below(os.getpid())]
    sockets = {name for each in family for name in opened(each)}
    listening = {place for inode, place in listeners() if f"socket:[{inode}]" in sockets}
    assert len(listening) >= 4  # the two of Ray's own servers, and its workers'
    assert {address for address, _ in listening} <= {"0100007F", "0000000000000000FFFF00000100007F"}  # 127.0.0.1


def opened(process):
    """What a process has open; nothing once it has ended."""
    with suppress(OSError):
        for each in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):
                yield str(each.readlink())


def listeners():
    """The socket, address and port of all that listens on this machine, as the kernel writes them."""
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                yield fields[9], tuple(fields[1].split(":"))
