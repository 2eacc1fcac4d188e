"""What engines are given, and what they give back."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def _no_size(_item: object) -> int:
    return 0


@dataclass(frozen=True)
class Job(Generic[T, R]):
    """What is to be done to each of many items.

    Attributes:
        here: does it to one item in this process, in a thread of its own where `at_once` is above 1.
        elsewhere: makes what does it to one item in another process, where it loads its model. It is pickled, as items
            and results are, and called once in each worker.
        at_once: items that are worked on side by side in this process.
        size: how much of `most` an item takes.
        most: of the items that are begun or wait to be fetched in this process, together.
        together: items that another process is handed at once, which are what it does again at most where it is killed.
        whole: a worker elsewhere can use all of a machine's cores.
    """

    here: Callable[[T], R]
    elsewhere: Callable[[], Callable[[T], R]]
    at_once: int = 1
    size: Callable[[T], int] = _no_size
    most: int = 0
    together: int = 1
    whole: bool = False


@dataclass(frozen=True)
class Done(Generic[R]):
    """One item that is done, or is done when its result is asked for.

    Attributes:
        at: its place among the items.
        result: gives the result, or raises what the work on this item raised.
        begun: when the work on it, or on those handed out with it or before it, began, by this process's
            `time.perf_counter`; what a worker takes to make ready is not counted.
    """

    at: int
    result: Callable[[], R]
    begun: float


class Engine(ABC):
    """Does jobs.

    Attributes:
        apart: whether it does them in other processes.
        data: the data folder as these see it, a folder or a URL; None where it lies there as it does here.
    """

    apart: ClassVar[bool]
    data: str | None = None

    @abstractmethod
    def results(self, job: Job[T, R], items: Sequence[T]) -> Generator[Done[R]]:
        """Every item once; those of `Local` in order, others as they are done.

        What was begun is given up when the generator is closed.

        Raises:
            EngineProblem: no worker can be had, or they die of the work.
        """
