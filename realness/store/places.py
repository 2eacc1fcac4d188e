"""Where a database may lie, and that one app alone serves it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from realness.errors import CannotWrite, DatabaseProblem

MOUNTS = Path("/proc/self/mounts")
INSIST = "REALNESS_NETWORK_DISK"
"""The environment variable with which somebody insists on a network mount: `1`."""
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "beegfs", "davfs"}
_NETWORK |= {f"fuse.{name}" for name in ("sshfs", "davfs2", "glusterfs", "ceph-fuse", "s3fs", "gcsfuse", "rclone")}

_ESCAPED = {r"\040": " ", r"\011": "\t", r"\012": "\n", r"\134": "\\"}


def network_of(path: Path, mounts: str) -> str | None:
    """The kind of network mount that a path lies on; None where it lies on a disk of this machine.

    Args:
        path: absolute, links resolved.
        mounts: the lines of `/proc/mounts`.
    """
    kinds: dict[str, str] = {}
    for line in mounts.splitlines():
        _, place, kind, *_ = line.split(" ")
        for code, character in _ESCAPED.items():
            place = place.replace(code, character)
        kinds[place] = kind  # of two at one place the later one is seen
    for folder in (path, *path.parents):
        if str(folder) in kinds:
            kind = kinds[str(folder)]
            return kind if kind in _NETWORK else None
    return None


def refuse_network(path: Path) -> None:
    """Refuse a database on a network mount: SQLite's locks and its shared memory do not hold there.

    Raises:
        DatabaseProblem: it lies on one, and nobody insists.
    """
    if os.environ.get(INSIST) == "1":
        return
    mounts = ""
    with suppress(OSError):  # not Linux: nothing is known
        mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    kind = network_of(path.absolute().parent.resolve(), mounts)
    if kind is not None:
        raise DatabaseProblem(
            f"{path} lies on a network mount ({kind}), where SQLite loses data; put it on a disk of this machine "
            f"with --db (images may stay), or set {INSIST}=1 if that mount keeps locks and one machine alone uses it"
        )


@contextmanager
def serving(path: Path) -> Iterator[None]:
    """This process serves the database: no other one can begin to before the end. A killed process holds nothing.

    Raises:
        DatabaseProblem: another process serves it.
        CannotWrite: the folder does not allow it.
    """
    place = path.with_name(f"{path.name}.serving")
    try:
        file = place.open("a+")
    except OSError as error:
        raise CannotWrite(f"cannot write {place}: {error.strerror}; check the folder's permissions") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            who = file.read().strip()
            raise DatabaseProblem(
                f"{path} is served by another process{f' ({who})' if who else ''}; use that, or stop it first: one app "
                "serves a SQLite file, any number of people may use it"
            ) from error
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield
