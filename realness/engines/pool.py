"""What each worker process of a pool holds."""

import os
import pickle
import time
from collections.abc import Callable
from typing import Any

from realness.errors import RealnessError


class Unready(Exception):
    """A worker could not make ready for the job; its argument says why."""


class Worker:
    """Does a job to what it is handed. It makes ready when the first items come, so that these tell what is wrong."""

    def __init__(self, elsewhere: bytes, cores: int) -> None:
        self.elsewhere, self.cores = elsewhere, cores
        self.work: Callable[[Any], Any] | None = None

    def __call__(self, given: dict[str, Any]) -> dict[str, Any]:
        """Rows of `at` and the pickled `item` to rows of `at`, the pickled `result` and the `seconds` they all took."""
        try:
            work = self.work = self.work or self._made()
        except RealnessError as error:
            failed = pickle.dumps((None, Unready(error)))
            return {"at": given["at"], "result": [failed] * len(given["at"]), "seconds": [0.0] * len(given["at"])}
        began = time.perf_counter()
        results = [_outcome(work, item) for item in given["item"]]
        return {"at": given["at"], "result": results, "seconds": [time.perf_counter() - began] * len(results)}

    def _made(self) -> Callable[[Any], Any]:
        import torch  # noqa: PLC0415  in the worker's process alone

        torch.set_num_threads(self.cores)
        os.environ["LOKY_MAX_CPU_COUNT"] = str(self.cores)  # joblib's processes
        return pickle.loads(self.elsewhere)()


def _outcome(work: Callable[[Any], Any], item: bytes) -> bytes:
    """The pickled result and None, or None and the error."""
    try:
        return pickle.dumps((work(pickle.loads(item)), None))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where the result is asked for
        return pickle.dumps((None, error))
