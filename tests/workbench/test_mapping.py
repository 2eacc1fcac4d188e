"""Maps for a database: only what is missing, one bad image does not stop the rest."""

import numpy as np
import pytest
from PIL import Image
from small_clip import save_small_clip

from realness.dream import files as map_files
from realness.errors import InvalidValue
from realness.workbench.importing import ImportOptions, import_source
from realness.workbench.mapping import compute_maps, map_one_image


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """The SPEC of a small CLIP."""
    return f"local-dir:{save_small_clip(tmp_path_factory.mktemp('clip') / 'vit')}"


@pytest.fixture
def three(bench, tmp_path):
    """Three images with descriptions, the last of which finds nothing."""
    rows = ["image,description"]
    for number, text in enumerate(("Yes. The cup melts.", "Somewhat. The sign is garbled.", "No. All is well.")):
        pixels = np.random.default_rng(number).integers(0, 256, (70, 90, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{text}")
    (tmp_path / "table.csv").write_text("\n".join(rows))
    import_source(bench, tmp_path / "table.csv", ImportOptions(study="three"))
    return bench


def test_each_map_is_computed_once_and_a_stopped_run_goes_on(three, clip):
    def stop(done, _total):
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute_maps(three, clip=clip, progress=stop)
    assert three.store.maps.count() == 1
    assert compute_maps(three, clip=clip).maps == 2
    assert compute_maps(three, clip=clip).maps == 0
    assert compute_maps(three, clip=clip, method="released", limit=1).maps == 1
    assert three.store.maps.count() == 4


def test_one_image_that_cannot_be_read_does_not_stop_the_run(three, clip):
    lost = three.store.maps.missing("dense", clip, "none")[1].image
    three.image_file(lost).write_bytes(b"no longer an image")
    report = compute_maps(three, clip=clip)
    assert report.maps == 2
    assert [one.row for one in report.skipped] == [lost.facts.sha256]
    missing = three.image_file(lost)
    missing.unlink()
    assert len(compute_maps(three, clip=clip).skipped) == 1


def test_the_verdict_no_gives_the_constant_realistic_map(three, clip):
    compute_maps(three, clip=clip)
    image = three.store.maps.missing("dense", "another", "none")[2].image
    stored = three.store.maps.of_image(image.id)
    found = map_files.load(three.settings.data / stored.path, stored.sha256)
    assert (found.values == 1).all()


@pytest.mark.parametrize("suffix", [".npy", ".png"])
def test_one_map_of_one_image_has_the_images_own_pixels(tmp_path, clip, suffix):
    Image.effect_noise((90, 70), 40).convert("RGB").save(tmp_path / "a.png")
    out = tmp_path / "deep" / f"map{suffix}"
    values = map_one_image(tmp_path / "a.png", "Yes. The cup melts.", out, clip=clip)
    assert values.shape == (70, 90)
    assert values.dtype == np.float32
    kept = np.load(out) if suffix == ".npy" else np.asarray(Image.open(out)) / 255
    assert np.abs(kept - values).max() < (1e-7 if suffix == ".npy" else 0.003)


def test_a_name_that_says_no_format_is_refused_before_anything_is_computed(tmp_path, clip):
    with pytest.raises(InvalidValue, match=r"\.npy or \.png"):
        map_one_image(tmp_path / "none.png", "Yes.", tmp_path / "out.tiff", clip=clip)
