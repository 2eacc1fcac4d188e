"""Archives that are not what they should be."""

import stat
import zipfile

import pytest

from realness.errors import ImportFailed
from realness.workbench import unpacking
from realness.workbench.unpacking import source_in, unpack
from realness.workbench.uploads import Limits


def packed(tmp_path, *entries):
    (tmp_path / "upload").mkdir()
    archive = tmp_path / "upload" / "set.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries:
            file.writestr(name, data)
    return archive


def left(tmp_path):
    return [path.name for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "a/../../b.png", "a\\..\\b.png", "a" * 300 + ".png"])
def test_a_name_that_leads_out_stops_it_before_anything_is_written(tmp_path, name):
    archive = packed(tmp_path, ("good.png", b"1"), (name, b"2"))
    with pytest.raises(ImportFailed):
        unpack(archive, tmp_path / "out", Limits())
    assert left(tmp_path) == ["set.zip"]


def test_a_link_is_refused(tmp_path):
    link = zipfile.ZipInfo("passwords")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive = packed(tmp_path, (link, "/etc/passwd"))
    with pytest.raises(ImportFailed, match="is a link"):
        unpack(archive, tmp_path / "out", Limits())


def test_a_bomb_is_not_unpacked(tmp_path):
    archive = packed(tmp_path, ("zeros.png", bytes(unpacking.FREELY + 1)))
    assert archive.stat().st_size < 1 << 20
    with pytest.raises(ImportFailed, match="times its own size"):
        unpack(archive, tmp_path / "out", Limits())
    assert left(tmp_path) == ["set.zip"]


@pytest.mark.parametrize("limits", [Limits(bytes=100), Limits(files=1)])
def test_more_than_may_be_is_refused(tmp_path, limits):
    archive = packed(tmp_path, ("a.png", b"1" * 60), ("b.png", b"1" * 60))
    with pytest.raises(ImportFailed, match="more than"):
        unpack(archive, tmp_path / "out", limits)
    assert left(tmp_path) == ["set.zip"]


def test_an_archive_that_lies_about_sizes_writes_no_more_than_it_announced(tmp_path):
    archive = packed(tmp_path, ("a.png", b"1" * 5000))
    data = archive.read_bytes()
    archive.write_bytes(data.replace((5000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(ImportFailed, match="is damaged"):
        unpack(archive, tmp_path / "out", Limits())
    assert sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file()) <= 10


def test_the_same_name_twice_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = packed(tmp_path, ("a.png", b"1"), ("a.png", b"2"))
    with pytest.raises(ImportFailed):
        unpack(archive, tmp_path / "out", Limits())


def test_a_broken_archive_is_told_in_words(tmp_path):
    archive = packed(tmp_path, ("a.png", bytes(range(256)) * 20))
    data = bytearray(archive.read_bytes())
    data[45:60] = b"\0" * 15
    archive.write_bytes(data)
    with pytest.raises(ImportFailed, match="is damaged"):
        unpack(archive, tmp_path / "out", Limits())


def test_an_encrypted_archive_is_told_in_words(tmp_path):
    archive = packed(tmp_path, ("a.png", b"1"))
    data = bytearray(archive.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    data[6] |= 1
    archive.write_bytes(data)
    with pytest.raises(ImportFailed, match="password"):
        unpack(archive, tmp_path / "out", Limits())


def test_the_table_among_images_is_what_is_imported(tmp_path):
    content = tmp_path / "upload"
    (content / "set").mkdir(parents=True)
    (content / "set" / "a.png").write_bytes(b"1")
    assert source_in(content) == content / "set"
    (content / "set" / "t.csv").write_text("image\na.png\n")
    assert source_in(content) == content / "set" / "t.csv"
    (content / "set" / "u.jsonl").write_text("{}")
    with pytest.raises(ImportFailed, match="2 tables"):
        source_in(content)


def test_a_zip_with_a_folder_of_images_is_opened_to_that_folder(tmp_path):
    archive = packed(tmp_path, ("deep/a.png", b"1"), ("deep/b.png", b"1"), ("__MACOSX/x", b""), (".DS_Store", b""))
    assert source_in(archive.parent) == tmp_path / "unpacked" / "set" / "deep"


def test_a_zip_beside_others_is_a_file_like_them(tmp_path):
    archive = packed(tmp_path, ("a.png", b"1"))
    (archive.parent / "b.png").write_bytes(b"1")
    assert source_in(archive.parent) == archive.parent
