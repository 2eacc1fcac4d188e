"""Maps for a database: only what is missing, one bad image does not stop the rest."""

import hashlib
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from small_clip import save_small_clip

from realness.dream import Dream
from realness.dream import files as map_files
from realness.errors import CannotWrite, InvalidValue
from realness.store import NewImage
from realness.store.maps import MAP_VERSION
from realness.workbench import mapping
from realness.workbench.importing import ImportOptions, import_source
from realness.workbench.mapping import Drawing, compute_maps, map_one_image


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


def at_once(monkeypatch, threads):
    """Let so many threads map, and tell how many of them did at the same time."""
    lock, now, most, mapped = threading.Lock(), [0], [0], Dream.map

    def counted(*args, **given):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.05)
        try:
            return mapped(*args, **given)
        finally:
            with lock:
                now[0] -= 1

    monkeypatch.setattr(Dream, "images_at_once", lambda *_: threads)
    monkeypatch.setattr(Dream, "map", counted)
    return most


def test_maps_computed_side_by_side_are_those_computed_one_by_one(three, clip, tmp_path, monkeypatch):
    threads = torch.get_num_threads()
    most = at_once(monkeypatch, 1)
    compute_maps(three, clip=clip)
    assert most == [1]
    alone = {file: map_files.load(file) for file in files_of(three)}
    forget(three)
    for file in alone:
        file.unlink()
    monkeypatch.undo()
    most = at_once(monkeypatch, 3)
    assert compute_maps(three, clip=clip).maps == 3
    assert most[0] > 1
    assert set(files_of(three)) == set(alone)
    for file, found in alone.items():
        np.testing.assert_allclose(map_files.load(file).values, found.values, atol=0.01)
    assert torch.get_num_threads() == threads


def test_large_photographs_are_mapped_one_by_one(three, clip, monkeypatch):
    most = at_once(monkeypatch, 3)
    monkeypatch.setattr(mapping, "MAX_PIXELS_AHEAD", 2 * 70 * 90 - 1)
    assert compute_maps(three, clip=clip).maps == 3
    assert most == [1]


def test_progress_counts_the_windows_of_all_images(three, clip):
    told = []
    compute_maps(three, clip=clip, method="released", progress=lambda done, total: told.append((done, total)))
    each = 1 * 4  # of 70 x 90 pixels, 64 wide and 8 apart
    assert {total for _, total in told} == {3 * each}
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[0][0] == 0
    assert told[-1][0] == 3 * each


def test_an_unknown_method_is_refused_though_nothing_is_missing(bench, clip):
    with pytest.raises(InvalidValue, match="--method must be dense"):
        compute_maps(bench, clip=clip, method="magic")


def test_one_image_that_cannot_be_read_does_not_stop_the_run(three, clip):
    lost = three.store.maps.missing("dense", clip, "none")[1].image
    three.image_file(lost).write_bytes(b"no longer an image")
    report = compute_maps(three, clip=clip)
    assert report.maps == 2
    assert [one.row for one in report.skipped] == [lost.facts.sha256]
    three.image_file(lost).unlink()
    assert len(compute_maps(three, clip=clip).skipped) == 1


def test_another_image_in_the_place_of_a_linked_one_is_not_mapped_and_a_new_import_mends_it(bench, clip, tmp_path):
    def linked(name):
        (tmp_path / name).mkdir()
        Image.effect_noise((90, 70), 40).convert("RGB").save(tmp_path / name / "a.png")
        (tmp_path / name / "table.csv").write_text("image,description\na.png,Yes. The cup melts.\n")
        return tmp_path / name

    first = linked("first")
    import_source(bench, first / "table.csv", ImportOptions(study="one", link=True))
    original = (first / "a.png").read_bytes()
    Image.new("RGB", (90, 70)).save(first / "a.png")
    (skipped,) = compute_maps(bench, clip=clip).skipped
    assert "changed" in skipped.reason
    second = linked("second")
    (second / "a.png").write_bytes(original)
    assert import_source(bench, second / "table.csv", ImportOptions(study="one", link=True)).new == 0
    assert compute_maps(bench, clip=clip).maps == 1


def test_a_map_whose_file_is_gone_is_computed_again(three, clip):
    compute_maps(three, clip=clip)
    for file in three.settings.data.glob("maps/*/*.npz"):
        file.unlink()
    assert compute_maps(three, clip=clip).maps == 3
    assert compute_maps(three, clip=clip).maps == 0
    assert three.store.maps.count() == 3


def files_of(bench):
    return {file: file.read_bytes() for file in bench.settings.data.glob("maps/*/*")}


def forget(bench):
    """As when a backup of the database is older than the data folder."""
    with bench.store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM maps")


def test_a_map_is_named_by_all_that_it_comes_from(three, clip, tmp_path):
    compute_maps(three, clip=clip)
    compute_maps(three, clip=clip, method="released", limit=1)
    clip_of = Dream.load(clip).clip
    names = {file.name for file in files_of(three)}
    for method, images in (("dense", (1, 2, 3)), ("released", (1,))):
        for image in images:
            text = three.store.descriptions.newest(image).description.text
            sha256 = three.store.images.by_id(image).facts.sha256
            told = "\0".join((sha256, text, method, clip_of.spec, clip_of.weights_id, str(MAP_VERSION)))
            names.remove(hashlib.sha256(told.encode()).hexdigest() + ".npz")
    assert names == set()
    other = save_small_clip(tmp_path / "other", seed=1)
    assert compute_maps(three, clip=f"local-dir:{other}").maps == 3
    assert len(files_of(three)) == 7


def test_a_map_whose_row_is_lost_is_found_again_and_not_computed(three, clip, tmp_path, monkeypatch):
    compute_maps(three, clip=clip)
    kept, stored = files_of(three), three.store.maps.of_text(1)
    forget(three)
    monkeypatch.setattr(Dream, "map", None)
    report = compute_maps(three, clip=clip)
    assert (report.maps, report.found, three.store.maps.count()) == (0, 3, 3)
    assert files_of(three) == kept
    again = three.store.maps.of_text(1)
    assert (again.path, again.sha256, again.phrases) == (stored.path, stored.sha256, stored.phrases)
    report = compute_maps(three, clip=clip)
    assert (report.maps, report.found) == (0, 0)


def test_a_damaged_map_whose_row_is_lost_is_computed_again(three, clip, tmp_path):
    compute_maps(three, clip=clip)
    kept = files_of(three)
    damaged = min(kept)
    damaged.write_bytes(kept[damaged][:-30])
    forget(three)
    report = compute_maps(three, clip=clip)
    assert (report.maps, report.found) == (1, 2)
    assert files_of(three) == kept


def test_the_same_words_of_another_machine_have_the_same_map(three, clip):
    compute_maps(three, clip=clip)
    image = three.store.images.by_id(1)
    said = three.store.descriptions.newest(1).description
    study = three.store.studies.named("three")
    again = NewImage(image.facts, image.path, "b", "0.png", description=replace(said, provider="another"))
    three.store.images.add(study.id, [again])
    assert compute_maps(three, clip=clip).maps == 0
    newest = three.store.descriptions.newest(1).description
    assert newest.provider == "another"
    assert three.store.maps.of_text(1, newest.text) is not None


def test_the_verdict_no_gives_the_constant_realistic_map(three, clip):
    compute_maps(three, clip=clip)
    image = three.store.maps.missing("dense", "another", "none")[2].image
    stored = three.store.maps.of_text(image.id)
    found = map_files.load(three.settings.data / stored.path, stored.sha256)
    assert (found.values == 1).all()


def test_a_place_that_cannot_be_written_is_told_before_anything_is_computed(tmp_path):
    Image.effect_noise((90, 70), 40).convert("RGB").save(tmp_path / "a.png")
    (tmp_path / "out.npy").mkdir()
    for out in (tmp_path / "out.npy", tmp_path / "a.png" / "out.npy"):
        with pytest.raises(CannotWrite):
            map_one_image(tmp_path / "a.png", "Yes. The cup melts.", out, clip="no-such-clip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "out.npy"]


@pytest.mark.parametrize("suffix", [".npy", ".png"])
def test_one_map_of_one_image_has_the_images_own_pixels(tmp_path, clip, suffix):
    Image.effect_noise((90, 70), 40).convert("RGB").save(tmp_path / "a.png")
    out = tmp_path / "deep" / f"map{suffix}"
    values = map_one_image(tmp_path / "a.png", "Yes. The cup melts.", out, clip=clip)
    assert values.shape == (70, 90)
    assert values.dtype == np.float32
    kept = np.load(out) if suffix == ".npy" else np.asarray(Image.open(out)) / 255
    assert np.abs(kept - values).max() < (1e-7 if suffix == ".npy" else 0.003)


@pytest.mark.parametrize("layers", [False, True])
def test_a_picture_is_written_besides_and_pdf_is_one(tmp_path, clip, layers):
    Image.effect_noise((90, 70), 40).convert("RGB").save(tmp_path / "a.png")
    out, picture = tmp_path / "m.npy", tmp_path / "deep" / "m.png"
    drawing = Drawing(picture, "magma", layers)
    map_one_image(tmp_path / "a.png", "Yes. The cup melts. The lid is bent.", out, clip=clip, drawing=drawing)
    assert np.load(out).shape == (70, 90)
    assert Image.open(picture).format == "PNG"
    map_one_image(
        tmp_path / "a.png", "Yes. The cup melts.", tmp_path / "m.pdf", clip=clip, drawing=Drawing(layers=layers)
    )
    assert (tmp_path / "m.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("drawing", "told"),
    [
        (Drawing(Path("p.tiff")), r"\.png or \.pdf"),
        (Drawing(Path("p.png"), "no-colours"), "no colour map 'no-colours'"),
        (Drawing(Path("out.npy")), "two files"),
    ],
)
def test_a_drawing_that_cannot_be_is_refused_before_anything_is_computed(tmp_path, monkeypatch, drawing, told):
    monkeypatch.chdir(tmp_path)
    Image.effect_noise((90, 70), 40).convert("RGB").save("a.png")
    with pytest.raises(InvalidValue, match=told):
        map_one_image(Path("a.png"), "Yes.", Path("out.npy"), clip="no-such-clip", drawing=drawing)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_when_the_picture_cannot_be_written_there_is_no_map_either(tmp_path, clip):
    Image.effect_noise((90, 70), 40).convert("RGB").save(tmp_path / "a.png")
    (tmp_path / "p.png").mkdir()
    with pytest.raises(CannotWrite):
        map_one_image(tmp_path / "a.png", "Yes.", tmp_path / "out.npy", clip=clip, drawing=Drawing(tmp_path / "p.png"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "p.png"]


def test_a_name_that_says_no_format_is_refused_before_anything_is_computed(tmp_path, clip):
    with pytest.raises(InvalidValue, match=r"\.npy or \.png"):
        map_one_image(tmp_path / "none.png", "Yes.", tmp_path / "out.tiff", clip=clip)
