"""A random order of a study's images for each person, of which any part is computed by itself: a million images need no
list.

A Feistel network over the numbers of so many bits, walked along its cycles until a number inside comes (Black and
Rogaway 2002, "Ciphers with arbitrary finite domains").
"""

from dataclasses import dataclass

_ROUNDS = 4
_MASK = 2**64 - 1


@dataclass(frozen=True)
class RandomOrder:
    """A permutation of 0 … `size` - 1 that a seed and a person make.

    Attributes:
        key: another one gives another order.
    """

    key: int
    size: int

    @classmethod
    def of(cls, seed: int, reviewer_id: int, size: int) -> "RandomOrder":
        """The order of one person in a study with this seed."""
        return cls(mixed((seed << 32) ^ reviewer_id), size)

    def position(self, turn: int) -> int:
        """Which position comes at a turn."""
        return self._walk(turn, range(_ROUNDS))

    def turn(self, position: int) -> int:
        """At which turn a position comes."""
        return self._walk(position, range(_ROUNDS - 1, -1, -1), inverse=True)

    def _walk(self, number: int, rounds: range, *, inverse: bool = False) -> int:
        if not 0 <= number < self.size:
            raise ValueError(f"{number} is not from 0 to {self.size - 1}")
        half = max(1, ((self.size - 1).bit_length() + 1) // 2)
        low = (1 << half) - 1
        while True:
            left, right = number >> half, number & low
            for turn in rounds:
                if inverse:
                    left, right = right ^ (mixed(left ^ (turn << 40) ^ self.key) & low), left
                else:
                    left, right = right, left ^ (mixed(right ^ (turn << 40) ^ self.key) & low)
            number = left << half | right
            if number < self.size:
                return number


def mixed(number: int) -> int:
    """Every bit of the number in every bit of the result: the finaliser of SplitMix64 (Steele et al. 2014)."""
    number = (number + 0x9E3779B97F4A7C15) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)
