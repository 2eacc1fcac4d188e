"""The loop turns: what people corrected teaches a describer, and the describer, asked over HTTP, says it of new images.

Every part is the real one: the store, the export, LoRA on a vision-language model (very small, its weights random),
`transformers serve` in a process of its own, the openai client. Nothing reaches out of this machine.
"""

import base64
import contextlib
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from builders import make_submission
from openai import OpenAI
from server import free_port
from small_vlm import build
from taught import ANSWERS, COLOURS, picture, said

from realness import prompts
from realness.cli import main
from realness.descriptions import join_verdict, parse_verdict
from realness.domain import Judgement, Verdict
from realness.settings import Settings
from realness.store import ExportFilter
from realness.workbench import Workbench
from realness.workbench.exporting import export_reviews
from realness.workbench.importing import ImportOptions, import_source
from realness.workbench.reviewing import Desk

STUDY, IMAGES = "pilot", 10
MACHINE = "Yes. The sky is too smooth."
"""What the first describer said of every image, and people corrected."""
PROMPT = prompts.load("raise-td")
ASKED = [{"role": "system", "content": PROMPT.system}, {"role": "user", "content": PROMPT.user}]


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
def workbench(place):
    """Images of two colours, described wrongly by a machine and corrected by a person."""
    opened = Workbench.open(Settings(f"sqlite:///{place}/a.db", place / "data"))
    imported(opened, place / "set")
    reviewed(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def first(place):
    """The describer before it is tuned."""
    return build(place / "first", [PROMPT.system, PROMPT.user, MACHINE, *ANSWERS.values()])


@pytest.fixture(scope="module")
def second(place, workbench, first):
    """The describer that was tuned on the corrections."""
    exported(workbench, "sft", place / "sft")
    return tuned("sft", first, place / "sft", place / "tuned", steps=40, learning_rate=0.01)["merged"]


def imported(bench, folder):
    """Bring images with a machine's texts into a study, of each colour every other one."""
    folder.mkdir()
    lines = []
    for number in range(IMAGES):
        picture(COLOURS[number % 2], number).save(folder / f"{number}.png")
        known = {"image": f"{number}.png", "description": MACHINE, "provider": "openai", "model": "gpt-4.1"}
        lines.append(json.dumps(known) + "\n")
    (folder / "texts.jsonl").write_text("".join(lines), encoding="utf-8")
    import_source(bench, folder / "texts.jsonl", ImportOptions(study=STUDY))


def reviewed(bench):
    """Review every image as the app does: rated blind, revealed, corrected, submitted."""
    study = bench.store.studies.named(STUDY)
    desk = Desk(bench, study, bench.store.people.local())
    while (item := desk.next().item) is not None:
        desk.lock(item.image, 30.0)
        _, right = parse_verdict(ANSWERS[colour_of(bench.image_file(item.image))])
        corrected = {"judgement": Judgement.WRONG, "verdict": Verdict.YES, "explanation": right}
        desk.submit(make_submission(study, item.image, **corrected), item.image)


def colour_of(file):
    from PIL import Image

    red, _, blue = Image.open(file).convert("RGB").resize((1, 1)).getpixel((0, 0))
    return "red" if red > blue else "blue"


def exported(bench, method, folder):
    """The corrections as a folder to tune on."""
    reviews = folder.with_suffix(".jsonl")
    export_reviews(bench, "jsonl", reviews, ExportFilter(STUDY))
    (folder / "train" / "images").mkdir(parents=True)
    with (folder / "train" / "metadata.jsonl").open("w", encoding="utf-8") as lines:
        for line in reviews.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            name = f"images/{row['image_sha256']}.png"
            source = bench.settings.data / "images" / row["image_sha256"][:2] / f"{row['image_sha256']}.png"
            (folder / "train" / name).write_bytes(source.read_bytes())
            better = said(join_verdict(Verdict(row["verdict"]), row["explanation"]))
            teaches = {"completion": better} if method == "sft" else {"chosen": better, "rejected": said(MACHINE)}
            example = {
                "images_file_names": [name],
                "prompt": ASKED,
                **teaches,
                "provider": "openai",
                "model": "gpt-4.1",
            }
            lines.write(json.dumps(example) + "\n")


def tuned(method, model, data, out, steps, learning_rate):
    """What `tune` says of a run; a model this small needs its output layer and its projector trained, too."""
    told = io.StringIO()
    line = ["tune", method, "--model", str(model), str(data), str(out), "--steps", str(steps), "--json"]
    line += ["--learning-rate", str(learning_rate), "--schedule", "constant", "--batch-size", "10"]
    with contextlib.redirect_stdout(told):
        assert main([*line, "--train-projector", "--train-head"]) == 0
    return json.loads(told.getvalue().splitlines()[-1])


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
        _wait(process, f"http://localhost:{port}/health", folder / "serve.log")
        yield f"http://localhost:{port}/v1"
    finally:
        process.terminate()
        process.wait(20)


def _wait(process, url, log, seconds=90.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert process.poll() is None, f"the server stopped: {log.read_text(encoding='utf-8')}"
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, timeout=5, trust_env=False).status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"no answer in {seconds} s: {log.read_text(encoding='utf-8')}")


def described(url, model, images):
    """What the describer at an address says of images."""
    client = OpenAI(base_url=url, api_key="none", max_retries=0, timeout=60)
    found = []
    for image in images:
        data = io.BytesIO()
        image.save(data, "PNG")
        address = "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()
        parts = [{"type": "image_url", "image_url": {"url": address}}, {"type": "text", "text": PROMPT.user}]
        messages = [{"role": "system", "content": PROMPT.system}, {"role": "user", "content": parts}]
        answer = client.chat.completions.create(model=str(model), messages=messages, max_tokens=40, temperature=0)
        found.append(answer.choices[0].message.content)
    return found


def test_the_tuned_describer_says_of_new_images_what_people_would_say(place, second):
    new = [(colour, picture(colour, 900 + number)) for number in range(2) for colour in COLOURS]
    with served(second, place) as url:
        told = described(url, second, [image for _, image in new])
    assert told == [ANSWERS[colour] for colour, _ in new]


def test_the_untuned_describer_says_nothing_of_the_kind(place, first):
    with served(first, place) as url:
        told = described(url, first, [picture(colour, 900) for colour in COLOURS])
    assert not set(told) & set(ANSWERS.values())


def test_preferences_on_top_widen_the_margin(place, workbench, second):
    exported(workbench, "dpo", place / "dpo")
    result = tuned("dpo", second, place / "dpo", place / "preferring", steps=6, learning_rate=0.001)
    assert result["margin_last"] > result["margin_first"] + 0.1
