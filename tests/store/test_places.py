"""Where a database may lie, and that one app alone serves it."""

import subprocess
import sys
from pathlib import Path

import pytest
from server import ROOT

from realness.errors import DatabaseProblem
from realness.store import Database, places
from realness.store.places import network_of, serving

TABLE = r"""/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw,vers=4.2 0 0
/dev/vdb /home/fast xfs rw 0 0
//nas/share /mnt/my\040share cifs rw 0 0
ana@host: /mnt/far fuse.sshfs rw 0 0
drive /mnt/c 9p rw 0 0
tmpfs /tmp tmpfs rw 0 0
/dev/vdc /mnt/over ext4 rw 0 0
nas:/x /mnt/over nfs rw 0 0
portal /run/user/doc fuse.portal rw 0 0"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/ana", "nfs4"),
        ("/home/fast/ana", None),
        ("/homes", None),
        ("/mnt/my share/x", "cifs"),
        ("/mnt/far", "fuse.sshfs"),
        ("/mnt/c/Users/ana", "9p"),
        ("/mnt/over/x", "nfs"),
        ("/tmp", None),
        ("/run/user/doc/x", None),
        ("/", None),
    ],
)
def test_a_mount_is_the_one_that_a_folder_lies_on(folder, kind):
    assert network_of(Path(folder), TABLE) == kind
    assert network_of(Path(folder), "") is None


def test_a_database_on_a_network_mount_is_refused_unless_somebody_insists(tmp_path, monkeypatch):
    (tmp_path / "mounts").write_text(f"server:/x {tmp_path} nfs4 rw 0 0\n")
    monkeypatch.setattr(places, "MOUNTS", tmp_path / "mounts")
    with pytest.raises(DatabaseProblem, match=r"network mount \(nfs4\), where SQLite loses data; put it on"):
        Database.open(f"sqlite:///{tmp_path}/below/a.db")
    assert not (tmp_path / "below").exists()
    monkeypatch.setenv("REALNESS_NETWORK_DISK", "1")
    Database.open(f"sqlite:///{tmp_path}/below/a.db").close()


HOLDER = """
import pathlib, sys
from realness.store.places import serving
with serving(pathlib.Path(sys.argv[1])):
    print("serving", flush=True)
    sys.stdin.read()
"""


def test_one_process_serves_a_database_and_a_killed_one_holds_nothing(tmp_path):
    path = tmp_path / "a.db"
    line = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(line, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "serving\n"
        with pytest.raises(DatabaseProblem, match=rf"served by another process \(process {other.pid}\); use that"):
            serving(path).__enter__()
        other.kill()
        other.wait()
        with serving(path), pytest.raises(DatabaseProblem, match="served by another process"), serving(path):
            pass
        with serving(path):
            pass
