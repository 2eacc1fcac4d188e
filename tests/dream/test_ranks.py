"""The figures without scikit-learn are those with it."""

import numpy as np
import pytest

from realness.dream import metrics, ranks
from realness.errors import InvalidValue


@pytest.mark.parametrize("levels", [3, 1000])
def test_auroc_and_pointing_are_those_of_the_metrics_with_equal_scores_too(levels):
    rng = np.random.default_rng(levels)
    scores = rng.integers(0, levels, (20, 30)).astype(float)
    mask = rng.random((20, 30)) < 0.2
    assert ranks.auroc(scores, mask) == pytest.approx(metrics.pixel_auroc(scores, mask))
    assert ranks.pointing(scores, mask) == pytest.approx(metrics.pointing_game(scores, mask))


@pytest.mark.parametrize("inside", [True, False])
def test_a_mask_without_an_outside_has_no_auroc(inside):
    with pytest.raises(InvalidValue, match="inside and outside"):
        ranks.auroc(np.zeros((2, 2)), np.full((2, 2), inside))
