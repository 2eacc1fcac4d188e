"""The loop turns: what people corrected teaches a describer, which describes what it never saw better than before.

Every part is the real one, by the commands that a person would type: import, reviews, export, LoRA on a very small
vision-language model with random weights, `transformers serve` in a process of its own, describe, evaluate, the app.
Nothing reaches out of this machine.
"""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from builders import make_submission
from fastapi.testclient import TestClient
from PIL import Image
from server import free_port
from small_vlm import build
from taught import ANSWERS, COLOURS, picture

from realness import prompts
from realness.cli import main
from realness.descriptions import parse_verdict
from realness.domain import FindingState, Judgement, ReviewedFinding, Verdict
from realness.settings import Settings
from realness.ui.server import build_app
from realness.workbench import Workbench
from realness.workbench.reviewing import Desk

STUDY, TAUGHT, NEW = "pilot", 10, 8
MACHINE = "Somewhat. The sky is too smooth."
"""What the first describer said of every image, and people corrected."""
PROMPT = prompts.load("raise-td")
ONCE = ("--max-tokens", 40, "--temperature", 0)


@pytest.fixture(scope="module", autouse=True)
def _single():
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("loop")


@pytest.fixture(scope="module")
def ran(place):
    """Run a command on the project of these tests; gives what it says with `--json`."""

    def run(*words, status=0):
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            ended = main([*map(str, words), "--db", f"sqlite:///{place}/a.db", "--data", f"{place}/data", "--json"])
        assert ended == status, told.getvalue()
        return json.loads(told.getvalue().splitlines()[-1])

    return run


@pytest.fixture(scope="module")
def reviewed(place, ran):
    """Images of two colours, a split to learn from and one to measure on: described wrongly, corrected by a person."""
    folder = place / "set"
    folder.mkdir()
    lines = []
    for number in range(TAUGHT + NEW):
        picture(COLOURS[number % 2], number).save(folder / f"{number}.png")
        known = {"image": f"{number}.png", "split": "train" if number < TAUGHT else "test"}
        lines.append(json.dumps(known | {"description": MACHINE, "provider": "openai", "model": "gpt-4.1"}) + "\n")
    (folder / "texts.jsonl").write_text("".join(lines), encoding="utf-8")
    assert ran("import", folder / "texts.jsonl", "--study", STUDY)["descriptions"] == TAUGHT + NEW
    bench = Workbench.open(Settings(f"sqlite:///{place}/a.db", place / "data"))
    review_all(bench)
    bench.close()


def review_all(bench):
    """Review every image as the app does: rated blind, revealed, corrected, submitted."""
    study = bench.store.studies.named(STUDY)
    desk = Desk(bench, study, bench.store.people.local())
    while (item := desk.next().item) is not None:
        _, reveal = desk.lock(item.image, 30.0)
        (wrong,), (phrase,) = reveal.description.finding_ids, reveal.description.description.findings
        _, right = parse_verdict(ANSWERS[colour_of(bench.image_file(item.image))])
        parts = (
            ReviewedFinding(FindingState.DROPPED, phrase.phrase, wrong),
            ReviewedFinding(FindingState.ADDED, right.rstrip(".")),
        )
        corrected = {"judgement": Judgement.WRONG, "verdict": Verdict.YES, "explanation": right, "findings": parts}
        said = make_submission(study, item.image, description_id=reveal.description.id, **corrected)
        desk.submit(said, item.image)


def colour_of(file):
    red, _, blue = Image.open(file).convert("RGB").resize((1, 1)).getpixel((0, 0))
    return "red" if red > blue else "blue"


@pytest.fixture(scope="module")
def untuned(place):
    """A describer with random weights."""
    return build(place / "untuned", [PROMPT.system, PROMPT.user, MACHINE, *ANSWERS.values()])


@pytest.fixture(scope="module")
def imitating(place, ran, reviewed, untuned):
    """The describer that learned from the machine's texts as they were."""
    assert ran("export", "sft", place / "machines", "--source", "machine", "--split", "train")["rows"] == TAUGHT
    return learned(ran, "sft", untuned, place / "machines", place / "imitating", steps=25, rate=0.01)["merged"]


@pytest.fixture(scope="module")
def tuned(place, ran, reviewed, imitating):
    """The same, tuned on the corrections."""
    assert ran("export", "sft", place / "corrections", "--split", "train")["rows"] == TAUGHT
    return learned(ran, "sft", imitating, place / "corrections", place / "tuned", steps=40, rate=0.01)["merged"]


def learned(ran, method, model, data, out, *, steps, rate):
    """What `tune` says of a run; a model this small needs its output layer and its projector trained, too."""
    options = ["--steps", steps, "--learning-rate", rate, "--schedule", "constant", "--batch-size", TAUGHT]
    return ran("tune", method, "--model", model, data, out, *options, "--train-projector", "--train-head")


@contextlib.contextmanager
def served(model, folder):
    """`transformers serve` on a model; gives the address of its API."""
    port, cache = free_port(), folder / "cache"
    cache.mkdir(exist_ok=True)  # without a cache folder the server fails when it is asked for its models
    command = [Path(sys.executable).parent / "transformers", "serve", model, "--device", "cpu", "--port", str(port)]
    known = {"HF_HOME": str(cache), "HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with (folder / "serve.log").open("ab") as log:
        process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log, env=os.environ | known)
    try:
        wait_for(process, f"http://localhost:{port}/health", folder / "serve.log")
        yield f"http://localhost:{port}/v1"
    finally:
        process.terminate()
        process.wait(20)


def wait_for(process, url, log, seconds=90.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert process.poll() is None, f"the server stopped: {log.read_text(encoding='utf-8')}"
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, timeout=5, trust_env=False).status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"no answer in {seconds} s: {log.read_text(encoding='utf-8')}")


@pytest.fixture(scope="module")
def described(place, ran, untuned, imitating, tuned):
    """All describers are asked about every image, the tuned one last and over HTTP; what `describe` says."""
    found = {
        "untuned": ran("describe", "--model", untuned, *ONCE, status=1),  # it describes none
        "before": ran("describe", "--model", imitating, *ONCE),
    }
    named = (place / "better").absolute()
    named.symlink_to(tuned)
    with served(named, place) as url:
        found["tuned"] = ran("describe", "--model", named, "--base-url", url, *ONCE)
        found["again"] = ran("describe", "--model", named, "--base-url", url, *ONCE)
    return found


def test_the_tuned_describer_describes_every_image_and_is_asked_about_none_twice(place, described):
    assert described["untuned"]["failed"] == TAUGHT + NEW
    assert described["before"]["descriptions"] == TAUGHT + NEW
    assert (described["tuned"]["descriptions"], described["tuned"]["failed"]) == (TAUGHT + NEW, 0)
    assert described["tuned"]["output_tokens"] > 0
    assert described["again"]["descriptions"] == described["again"]["output_tokens"] == 0
    bench = Workbench.open(Settings(f"sqlite:///{place}/a.db", place / "data"))
    study = bench.store.studies.named(STUDY)
    for image_id in range(1, TAUGHT + NEW + 1):
        image = bench.store.images.by_id(image_id)
        said = bench.store.descriptions.shown(study.id, image_id).description
        assert (
            said.text == ANSWERS[colour_of(bench.image_file(image))]
        )  # each colour has its own: it looks at the image
        assert (said.model, said.prompt_version) == ("better", PROMPT.version)
    bench.close()


def test_on_images_that_it_never_saw_it_is_nearer_to_people_than_before(ran, described):
    found = ran("evaluate", "descriptions", "--split", "test", "--study", STUDY, "--compare", "better", "merged")
    tuned, before, untuned = (
        next(one for name, one in found["by_generator"].items() if f"/{model} " in name)
        for model in ("better", "merged", "untuned")
    )
    assert (tuned["images"], tuned["hter"], tuned["verdict_accuracy"], tuned["f1"]) == (NEW, 0, 1, 1)
    assert (before["images"], before["verdict_accuracy"], before["f1"]) == (NEW, 0, 0)
    assert before["hter"] > 0.5
    assert (untuned["images"], untuned["refusals"]) == (0, {"invalid": NEW})
    better = found["comparison"]["figures"]["hter"]
    assert better["difference"] == pytest.approx(-before["hter"])
    assert better["p"] < 0.05


def test_its_descriptions_are_what_the_app_shows(place, described):
    bench = Workbench.open(Settings(f"sqlite:///{place}/a.db", place / "data"))
    study = bench.store.studies.named(STUDY)
    with TestClient(build_app(bench), base_url="http://127.0.0.1:7860") as page:
        token = re.search(r'realness-token\\?" content=\\?"([^"\\]+)', page.get("/").text).group(1)
        page.headers["X-Realness-Token"] = token
        items = page.get("/api/browse", params={"study": study.id, "q": "fingers"}).json()["items"]
    bench.close()
    assert len(items) == (TAUGHT + NEW) // 2


def test_preferences_on_top_widen_the_margin(place, ran, tuned):
    told = ran("export", "dpo", place / "pairs", "--split", "train")
    assert told["rows"] == TAUGHT
    result = learned(ran, "dpo", tuned, place / "pairs", place / "preferring", steps=6, rate=0.001)
    assert result["margin_last"] > result["margin_first"] + 0.1
