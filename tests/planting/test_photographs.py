"""The photographs of the wheels, and the made-up scenes."""

import socket

import numpy as np
import pytest

from realness.planting import HELD_OUT, held_out_photographs, photographs, scene, training_photographs


def test_the_wheels_hold_at_least_ten_colour_photographs():
    found = photographs()
    assert len(found) >= 10
    for pixels in found.values():
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3
        assert pixels.shape[2] == 3
        assert min(pixels.shape[:2]) >= 300
        assert np.ptp(pixels.astype(int), axis=2).mean() > 1


def test_gray_photographs_come_as_three_equal_channels():
    more = photographs(gray=True)
    assert len(more) > len(photographs())
    assert np.array_equal(more["camera"][..., 0], more["camera"][..., 2])


def test_no_held_out_photograph_is_trained_on():
    training, held_out = training_photographs(), held_out_photographs()
    assert set(held_out) == set(HELD_OUT)
    assert not set(training) & set(held_out)
    for pixels in held_out.values():
        assert not any(pixels is other for other in training.values())


def test_reading_them_opens_no_connection(monkeypatch):
    def refuse(*_):
        raise AssertionError("a photograph was asked for over the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert photographs(gray=True)


def test_a_photograph_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        photographs()["coffee"][0, 0, 0] = 0


def test_scenes_follow_the_seed_and_differ_between_seeds():
    first, again, other = (scene(np.random.default_rng(seed), (160, 120)) for seed in (1, 1, 2))
    assert first.shape == (120, 160, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.std() > 5
