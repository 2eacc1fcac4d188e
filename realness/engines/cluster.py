"""A Ray to work with: somebody's cluster, or one of our own on this machine that nobody else can reach."""

import logging
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from realness.errors import EngineProblem

_ROOT = Path(__file__).resolve().parents[2]
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}
"""Nothing is sent to anybody; progress and messages are ours."""
_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}
"""Of a cluster of our own: its processes listen on loopback alone, and to nobody without its token."""


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """A Ray for the block. Meanwhile stdout is stderr: Ray tells of dead workers there.

    Raises:
        EngineProblem: Ray is not installed, or there is none at the address.
    """
    ray = loaded(address)
    with redirect_stdout(sys.stderr):
        if ray.is_initialized():
            yield
            return
        _begin(ray, address)
        try:
            yield
        finally:
            ray.shutdown()


def loaded(address: str | None) -> Any:
    """Ray, which reads the environment as it is imported.

    Raises:
        EngineProblem: it is not installed.
    """
    if "ray" not in sys.modules:
        alone = {} if address else {**_ALONE, "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        for name, value in {**_QUIET, **alone}.items():
            os.environ.setdefault(name, value)
    try:
        import ray  # noqa: PLC0415  a second to import, for many machines only
        import ray.data  # noqa: PLC0415
    except ImportError as error:
        raise EngineProblem(
            "--engine ray needs Ray, which is not installed: pip install -r requirements-ray.txt"
        ) from error
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    return ray


def _begin(ray: Any, address: str | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    try:
        with _hushed():
            if address:
                ray.init(address, **quiet)
            else:
                path = os.pathsep.join([str(_ROOT), *filter(None, sys.path)])
                own = {"include_dashboard": False, "runtime_env": {"env_vars": {"PYTHONPATH": path}}}
                ray.init("local", _node_ip_address="127.0.0.1", **own, **quiet)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        where = f"at {address}" if address else "on this machine"
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise EngineProblem(
            f"Ray cannot be had {where} ({reason}); check --ray-address, and set RAY_AUTH_MODE=token if it asks for one"
        ) from error


@contextmanager
def _hushed() -> Iterator[None]:
    """Without what native code says on stderr as it begins."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
