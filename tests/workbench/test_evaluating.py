"""Maps against known places: people's marks, reference regions and heat maps."""

import numpy as np
import pytest
from builders import given_image, make_submission
from PIL import Image

from realness.domain import (
    Finding,
    FindingState,
    Judgement,
    ReferenceMap,
    Region,
    RegionShape,
    ReviewedFinding,
    StudySettings,
    Verdict,
)
from realness.errors import InvalidValue, NotFound
from realness.images import inspect_image
from realness.planting import held_out_photographs, plant
from realness.store import NewImage
from realness.workbench.evaluating import _compared, _fitted, evaluate_maps
from realness.workbench.importing import ImportOptions, copy_image, import_source
from realness.workbench.references import keep_reference_map

BLURRED, BLOCKY = "the surface looks blurry and out of focus", "the surface looks pixelated and blocky"


def planted_file(folder, kind, number):
    """A photograph with something plain planted; the file, and the box around it."""
    rng = np.random.default_rng(number)
    photograph = held_out_photographs()["coffee"][:300, :400]
    mask = np.zeros(photograph.shape[:2], dtype=bool)
    mask[90:190, 120 + 60 * number : 220 + 60 * number] = True
    file = folder / f"{kind}.png"
    folder.mkdir(exist_ok=True)
    Image.fromarray(plant(photograph, kind, rng, mask=mask, strength=1.0).image).save(file)
    return file, Region(RegionShape.BOX, (120 + 60 * number, 90, 220 + 60 * number, 190))


@pytest.fixture
def referenced(bench, tmp_path):
    """Two images with a reference region each, the second one with a heat map besides."""
    study = bench.store.studies.create("set", StudySettings())
    for number, (kind, phrase) in enumerate((("misplaced_blur", BLURRED), ("pixelated", BLOCKY))):
        file, box = planted_file(tmp_path / "set", kind, number)
        facts = inspect_image(file)
        heat = np.zeros((64, 64), np.uint8)
        heat[19:41, 28:45] = 200
        maps = (keep_reference_map(bench, ReferenceMap(phrase, heat, "heat")),) if number else ()
        finding = Finding(phrase, regions=(box,))
        values = {"source": "loki", "name": file.name, "regions": (finding,), "reference_maps": maps}
        bench.store.images.add(study.id, [NewImage(facts, path=copy_image(bench, file, facts), **values)])
    return tmp_path


def test_a_map_that_finds_the_place_gets_high_figures(bench, referenced):
    found = evaluate_maps(bench)
    assert found.skipped == []
    assert set(found.by_source) == {"loki", "heat"}
    regions, heat = found.by_source["loki"], found.by_source["heat"]
    assert (regions["n"], regions["images"], heat["n"]) == (2, 2, 1)
    assert regions["auroc"] > 0.85
    assert regions["right_over_wrong"] == 1
    assert regions["nss"] > 0.5
    assert regions["auroc_ci"][0] <= regions["auroc"] <= regions["auroc_ci"][1]
    assert heat["auc_judd"] > 0.8
    assert heat["cc"] > 0.2
    assert "auroc" not in heat
    assert found.overall["n"] == 3


def test_one_source_and_few_images_can_be_asked_for(bench, referenced):
    assert set(evaluate_maps(bench, source="heat").by_source) == {"heat"}
    assert evaluate_maps(bench, source="reference", limit=1).overall["images"] == 1
    assert evaluate_maps(bench, source="loki", method="released", stride=48).by_source["loki"]["n"] == 2
    with pytest.raises(InvalidValue, match="no marked place"):
        evaluate_maps(bench, source="people")
    with pytest.raises(NotFound):
        evaluate_maps(bench, study="none")


def test_an_image_that_is_gone_is_listed_and_left_out(bench, referenced):
    first = bench.store.references.images_with_any()[0]
    bench.image_file(first).unlink()
    found = evaluate_maps(bench)
    assert [one.row for one in found.skipped] == [bench.image_file(first).name]
    assert found.by_source["loki"]["n"] == 1


def test_what_people_marked_is_compared(bench, tmp_path):
    _, box = planted_file(tmp_path / "set", "misplaced_blur", 0)
    import_source(bench, tmp_path / "set", ImportOptions(study="pilot"))
    study = bench.store.studies.named("pilot")
    image = given_image(bench.store, study)
    marked = ReviewedFinding(FindingState.ADDED, BLURRED, regions=(box,))
    fine = ReviewedFinding(FindingState.ADDED, "everything else looks natural", regions=(box,))
    values = {"judgement": Judgement.WRONG, "verdict": Verdict.YES, "findings": (marked, fine)}
    bench.store.reviews.submit(bench.store.people.local().id, make_submission(study, image, **values))
    found = evaluate_maps(bench, source="people", study="pilot")
    assert (found.overall["n"], found.overall["images"]) == (2, 1)
    # a phrase that claims nothing has a constant map, so its AUROC is 0.5
    assert (found.overall["auroc"] - 0.25) * 2 > 0.85


def test_the_figures_of_a_perfect_map_an_opposite_one_and_an_empty_heat_map():
    unreal = np.zeros((20, 30), np.float32)
    unreal[5:10, 5:15] = 1
    best, worst, empty = (
        _compared(*case) for case in ((unreal, unreal, False), (1 - unreal, unreal, False), (unreal, 0 * unreal, True))
    )
    assert (best["auroc"], best["ap"], best["f1"], best["pointing"], best["mse"]) == (1, 1, 1, 1, 0)
    assert (best["cc"], best["sim"], best["auc_judd"]) == (pytest.approx(1), pytest.approx(1), 1)
    assert (worst["auroc"], worst["pointing"], worst["mse"], worst["sim"]) == (0, 0, 1, 0)
    assert set(empty) == {"mse"}


def test_answers_are_made_smaller_and_masks_stay_masks():
    mask = np.zeros((1000, 2000), bool)
    mask[:, 1000:] = True
    small = _fitted(mask)
    assert small.shape == (256, 512)
    assert set(np.unique(small)) == {0, 1}
    assert small.mean() == pytest.approx(0.5)
    assert _fitted(np.full((10, 20), 0.3)).mean() == pytest.approx(0.3)


def test_a_small_mark_on_a_large_image_is_not_lost():
    mask = np.zeros((4096, 4096), bool)
    mask[1000:1005, 2000:2005] = True
    assert 0 < _fitted(mask).sum() <= 4


def test_what_concerns_the_whole_run_is_one_error(bench, referenced):
    with pytest.raises(InvalidValue, match="--method must be"):
        evaluate_maps(bench, method="blurry")
    for image in bench.store.references.images_with_any():
        bench.image_file(image).unlink()
    with pytest.raises(InvalidValue, match="none of 2 images could be compared"):
        evaluate_maps(bench)
