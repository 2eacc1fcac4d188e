"""The benchmark of growth: that what it works in is a real state, and that it would see what grows."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks import scale
from benchmarks.site import Site
from realness.store import Listing
from realness.workbench.checking import check

SMALL = {"sizes": (60, 240), "files": 50, "answers": 12, "pages": 6, "informative": 3, "exports": (3, 2)}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plot")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scale, "QUICK", SMALL)
        patch.setattr(scale, "PER", 5)
        steps = []
        found = scale.run(quick=True, progress=lambda done, total: steps.append((done, total)), folder=folder)
    return found, steps, folder


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("site"), 60)
    yield made
    made.bench.close()


def rows(site, query):
    with closing(sqlite3.connect(site.bench.store.database.path)) as connection:
        return connection.execute(query).fetchall()


def test_every_figure_is_there_and_is_a_ratio_to_the_smallest_size(measured):
    found, steps, _ = measured
    results = found["results"]
    assert set(scale.WORK) < set(results["ratios"])
    for name, ms in results["ms"].items():
        assert all(one > 0 for one in ms.values())
        assert results["ratios"][name] == {size: pytest.approx(one / ms[60], abs=0.01) for size, one in ms.items()}
    assert results["max_ratio"] == max(results["ratios"][name][size] for name in scale.WORK for size in (60, 240))
    assert found["passed"] == (results["max_ratio"] <= 1.5)
    assert json.loads(json.dumps(found))["results"]["bytes"]["240"] > 100_000
    assert steps[-1] == (6, 6)


def test_work_that_grows_with_the_images_is_seen():
    names = (*scale.WORK, "rate", "export_clock")
    small, large = ({name: [0.001] * 20 for name in names} for _ in range(2))
    large["save"], large["assign"] = [0.002] * 20, [0.001] * 19 + [9]
    sites = [
        SimpleNamespace(size=size, took=took, fill_seconds=1, bytes=1) for size, took in ((10, small), (20, large))
    ]
    results = scale.figures(sites)
    assert (results["max_ratio"], results["ratios"]["save"]) == (2, {10: 1, 20: 2})
    assert (results["ratios"]["assign"][20], results["p95_ms"]["assign"][20]) == (1, 1)


def test_the_plot_is_drawn_for_print_and_for_screens(measured):
    found, _, folder = measured
    assert found["results"]["plot"] == [str(folder / "scale.png"), str(folder / "scale.svg")]
    assert (folder / "scale.png").read_bytes().startswith(b"\x89PNG")
    assert "deep page" in (folder / "scale.svg").read_text(encoding="utf-8")


def test_the_base_is_what_work_would_have_left(site):
    bench, me = site.bench, site.newcomers["imported"]
    assert rows(site, "SELECT images FROM studies") == [(60,)]
    assert rows(site, "SELECT remaining, count(*) FROM study_images GROUP BY 1") == [(0, 30), (2, 30)]
    assert rows(site, "SELECT sum(done), count(*) FROM queues") == [(60, 20)]
    assert rows(site, "SELECT count(*) FROM assignments WHERE answered = 0") == [(0,)]
    assert rows(site, "SELECT count(*) FROM study_images WHERE tag_set_id IS NOT NULL") == [(3,)]
    told = "SELECT count(*), count(verdict), count(score), count(opinion), count(DISTINCT generator_id) FROM summaries"
    assert rows(site, told) == [(60, 60, 60, 30, 60)]
    seen = replace(site.study, settings=replace(site.study.settings, blind=False))
    assert bench.store.browse.page(seen, me, Listing(search="garbled")).total == 60
    assert bench.store.journal is not None
    bench.store.journal.settle()  # nothing is missing: the last line is of the last review
    wrong = {one.kind for one in check(bench.settings, fast=True).problems}
    assert wrong <= {"image", "map"}  # the base has rows and no files


def test_a_page_by_place_is_the_page_by_number(site):
    browse, me = site.bench.store.browse, site.newcomers["imported"]
    listing = Listing(per=7, page=3)
    by_number = browse.page(site.study, me, listing).rows
    assert browse.following(site.study, me, listing, 13) == by_number
    assert browse.following(site.study, me, listing, 59) == []
    chosen = Listing({"split": ["test"]}, per=4)
    assert [row["position"] for row in browse.following(site.study, me, chosen, 50)] == [52, 54, 56, 58]
