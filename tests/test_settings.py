"""Where things are kept."""

from pathlib import Path

import pytest

from realness.errors import InvalidValue
from realness.settings import Settings, place


def test_a_home_folder_is_filled_in_and_other_paths_stay_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert place("~/a/b.csv") == tmp_path / "a/b.csv"
    assert place("a/~b") == Path("a/~b")
    assert Settings.read(data="~/data").data == tmp_path / "data"


def test_a_command_for_the_same_place_names_what_is_not_the_default():
    assert Settings().options() == ""
    assert Settings("sqlite:////srv/a b.db").options() == "--db 'sqlite:////srv/a b.db'"
    assert Settings(data=Path("/srv/data")).options() == "--data /srv/data"


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """A folder with a file and a link to itself, as the working one."""
    (tmp_path / "file").write_text("")
    (tmp_path / "circle").symlink_to("circle")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("a\0b", "NUL"),
        ("~nosuchuser/x", "names a user that this machine does not know"),
        ("x" * 5000, "cannot be looked up"),
        ("circle/x", "cannot be looked up"),
    ],
)
def test_a_path_that_the_system_refuses_is_one_short_sentence(nowhere, text, told):
    with pytest.raises(InvalidValue, match=told) as caught:
        place(text)
    assert len(str(caught.value)) < 300


def test_a_path_in_a_folder_that_may_not_be_read_is_one_sentence(tmp_path, monkeypatch):
    def refuse(self, **_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)  # the tests may run as root, whom no folder refuses
    with pytest.raises(InvalidValue, match="Permission denied"):
        place(tmp_path / "x")


@pytest.mark.parametrize("text", ["missing/x", "file/x"])
def test_a_path_that_is_not_there_yet_is_a_path(nowhere, text):
    assert place(text) == Path(text)
