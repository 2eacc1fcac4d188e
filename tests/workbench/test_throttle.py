"""How often signing in may fail."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from realness.errors import TooManyTries
from realness.workbench.throttle import Throttle

HERE, ELSEWHERE = "10.0.0.1", "6.6.6.6"
DAY = 86_400


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def throttle(clock):
    return Throttle(clock)


def refused(throttle, name="ana", address=HERE):
    """Whether a try is not let through; one that is fails."""
    try:
        throttle.begin(name, address)
    except TooManyTries:
        return True
    throttle.failed(name, address)
    return False


def begun(throttle):
    with suppress(TooManyTries):
        throttle.begin("ana", HERE)
        return True
    return False


def fail(throttle, times, name="ana", address=HERE):
    for _ in range(times):
        assert not refused(throttle, name, address)


def test_the_pause_doubles_with_each_failure_and_ends(throttle, clock):
    fail(throttle, 5)
    pauses = []
    for _ in range(4):
        start = clock.now
        while refused(throttle):
            clock.now += 0.5
        pauses.append(clock.now - start)
    assert pauses == [1, 2, 4, 8]


def test_a_pause_is_never_longer_than_a_quarter_of_an_hour(throttle, clock):
    for _ in range(100):
        fail(throttle, 1)
        clock.now += 900
    clock.now -= 900
    with pytest.raises(TooManyTries, match="15 minutes"):
        throttle.begin("ana", HERE)


def test_of_many_tries_at_once_no_more_are_let_through_than_one_after_another(throttle):
    with ThreadPoolExecutor(60) as pool:
        let_through = list(pool.map(lambda _: begun(throttle), range(60)))
    assert sum(let_through) == 5


def test_a_pause_begins_when_the_try_has_failed(throttle, clock):
    fail(throttle, 4)
    throttle.begin("ana", HERE)
    clock.now += 10
    throttle.failed("ana", HERE)
    assert refused(throttle)


def test_a_stranger_elsewhere_does_not_keep_the_owner_out(throttle, clock):
    for _ in range(30):
        refused(throttle, address=ELSEWHERE)
        clock.now += 900
    assert not refused(throttle)


def test_one_address_that_tries_many_names_is_slowed_down(throttle):
    for number in range(200):
        fail(throttle, 1, name=f"n{number}")
    assert refused(throttle, name="another")
    assert not refused(throttle, name="another", address=ELSEWHERE)


def test_who_has_signed_in_from_an_address_does_not_wait_for_others_there(throttle):
    fail(throttle, 1)
    throttle.succeeded("ana", HERE)
    for number in range(200):
        refused(throttle, name=f"n{number}")
    assert refused(throttle, name="ben")
    fail(throttle, 5)
    assert refused(throttle)


def test_who_has_signed_in_from_an_address_does_not_wait_for_strangers_elsewhere(throttle):
    fail(throttle, 1)
    throttle.succeeded("ana", HERE)
    for number in range(100):
        refused(throttle, address=f"6.6.6.{number}")
    assert refused(throttle, address=ELSEWHERE)
    assert not refused(throttle)


def test_success_forgets_the_failures_of_the_name(throttle):
    for _ in range(10):
        fail(throttle, 5)
        throttle.succeeded("ana", HERE)


def test_success_counts_for_nothing_at_its_address(throttle, clock):
    for number in range(199):
        fail(throttle, 1, name=f"n{number}")
    for number in range(10):
        fail(throttle, 1, name=f"m{number}")
        throttle.succeeded(f"m{number}", HERE)
    assert not refused(throttle, name="another")
    assert refused(throttle, name="another one")


def test_a_day_after_the_last_failure_none_counts(throttle, clock):
    for _ in range(100):
        refused(throttle)
        clock.now += 900
    clock.now += DAY
    fail(throttle, 5)


def test_what_is_remembered_has_an_end(throttle):
    for number in range(12_000):
        fail(throttle, 1, name=f"n{number}", address=str(number))
        throttle.succeeded(f"n{number}", str(number))
    assert max(len(throttle._tries), len(throttle._known)) <= 10_000
