"""How often signing in may fail."""

import pytest

from realness.errors import TooManyTries
from realness.workbench.throttle import Throttle


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def keys(name="ana", address="10.0.0.1"):
    return (("both", name, address), ("name", name), ("address", address))


def refused(throttle, who):
    try:
        throttle.check(who)
    except TooManyTries:
        return True
    return False


def test_the_pause_doubles_with_each_failure_and_ends():
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(5):
        throttle.failed(keys())
    pauses = []
    for _ in range(4):
        start = clock.now
        while refused(throttle, keys()):
            clock.now += 0.5
        pauses.append(clock.now - start)
        throttle.failed(keys())
    assert pauses == [1, 2, 4, 8]


def test_a_pause_is_never_longer_than_a_quarter_of_an_hour():
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(100):
        throttle.failed(keys())
    with pytest.raises(TooManyTries, match="15 minutes"):
        throttle.check(keys())
    clock.now += 900
    throttle.check(keys())


def test_a_stranger_elsewhere_does_not_keep_the_owner_out():
    throttle = Throttle(Clock())
    for _ in range(30):
        throttle.failed(keys(address="6.6.6.6"))
    assert refused(throttle, keys(address="6.6.6.6"))
    throttle.check(keys())


def test_one_address_that_tries_many_names_is_slowed_down():
    throttle = Throttle(Clock())
    for number in range(20):
        throttle.failed(keys(name=f"n{number}"))
    assert refused(throttle, keys(name="another"))


def test_success_forgets_the_failures_of_the_name():
    throttle = Throttle(Clock())
    for _ in range(5):
        throttle.failed(keys())
    throttle.succeeded(keys())
    throttle.check(keys())


def test_what_is_remembered_has_an_end():
    throttle = Throttle(Clock())
    for number in range(12_000):
        throttle.failed(keys(name=f"n{number}", address=str(number)))
    assert len(throttle._failures) == 10_000
