"""The benchmark of the screen: that it measures what it says, whatever the machine takes."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks import screen

pytestmark = pytest.mark.browser


MISSING = not any(shutil.which(name) for name in screen.NAMES)


@pytest.mark.skipif(MISSING and not os.environ.get("CI"), reason="needs Chromium; where tests must run it is there")
def test_every_figure_is_there_and_progress_is_told(monkeypatch):
    monkeypatch.setattr(screen, "IMAGES_QUICK", 60)
    monkeypatch.setattr(screen, "SHOWN_QUICK", 2)
    monkeypatch.setattr(screen, "OPENED", 1)
    steps = []
    with ThreadPoolExecutor(1) as aside:  # Playwright serves a thread once; the other tests of this process have theirs
        found = aside.submit(screen.run, True, lambda done, total: steps.append((done, total))).result()
    assert set(screen.LIMITS) <= set(found["results"])
    assert 0 < found["results"]["key_to_image_p50_ms"] <= found["results"]["key_to_image_p95_ms"]
    assert found["results"]["memory_mb"] > 20
    assert found["passed"] == all(target["met"] for target in found["targets"].values())
    assert steps == [(1, 2), (2, 2)]
