"""The documentation's commands run, and its links lead somewhere."""

import os
import re
import shlex
import subprocess
import sys

import pytest
from PIL import Image
from server import ROOT, Server

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("assets/*/README.md")])


def commands(document, heading):
    """The indented commands under a heading."""
    text = (ROOT / document).read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    return [line.strip() for line in text.splitlines() if line.startswith("    ")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_somewhere(document):
    links = re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (document.parent / link).exists()] == []


def test_the_five_commands_lead_from_a_folder_to_an_export(tmp_path):
    Image.effect_noise((64, 48), 40).convert("RGB").save(tmp_path / "one.png")
    setup, *others = commands("README.md", "Your own images")
    assert (setup, len(others)) == ("make setup", 4)
    environment = os.environ | {"REALNESS_DB": f"sqlite:///{tmp_path}/a.db", "REALNESS_DATA": str(tmp_path / "data")}
    for command in others:
        words = shlex.split(command.replace("my_images", str(tmp_path)).replace("reviews.csv", f"{tmp_path}/out.csv"))
        assert words[:3] == [".venv/bin/python", "-m", "realness"]
        if words[3] == "serve":
            Server(tmp_path / "a.db", tmp_path / "data").start().stop()
        else:
            subprocess.run([sys.executable, *words[1:]], cwd=ROOT, env=environment, check=True)
    header, *rows = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert header.startswith("image_sha256,")
    assert rows == []


def test_the_map_of_one_image_is_made_as_the_readme_says(tmp_path):
    Image.effect_noise((64, 48), 40).convert("RGB").save(tmp_path / "cup.jpg")
    (command,) = [line for line in commands("README.md", "Realness maps") if "--image" in line]
    words = shlex.split(command.replace("cup.", f"{tmp_path}/cup."))
    subprocess.run([sys.executable, *words[1:]], cwd=ROOT, check=True)
    assert Image.open(tmp_path / "cup.png").size == (64, 48)
