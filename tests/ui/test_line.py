"""Routes in line: one after another, in the order they came, each with its own answer or error."""

import asyncio
import inspect
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from realness.ui.line import in_line


def run(doing):
    """In a thread of its own: that of the tests may have a loop that runs already."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(lambda: asyncio.run(doing())).result()


def test_one_after_another_in_the_order_they_came():
    begun, ended = [], []

    @in_line
    def route(number: int) -> int:
        begun.append(number)
        time.sleep(0.01)
        ended.append(number)
        assert begun == ended
        return 2 * number

    async def all_at_once():
        return await asyncio.gather(*(route(number) for number in range(5)))

    assert run(all_at_once) == [0, 2, 4, 6, 8]
    assert ended == [0, 1, 2, 3, 4]


def test_an_error_is_that_of_its_own_route_and_the_line_goes_on():
    @in_line
    def route(number: int) -> int:
        return 1 // number

    async def all_at_once():
        return await asyncio.gather(route(1), route(0), route(1), return_exceptions=True)

    first, failed, last = run(all_at_once)
    assert (first, last) == (1, 1)
    with pytest.raises(ZeroDivisionError):
        raise failed


def test_what_a_route_asks_for_is_seen_through_the_line():
    @in_line
    def route(study: int, image: str = "none") -> int:
        """Of a study."""
        return study

    assert list(inspect.signature(route).parameters) == ["study", "image"]
    assert route.__doc__ == "Of a study."
