"""Opinion scores that allow for the reviewers, and agreement: against the reference implementations."""

from types import SimpleNamespace

import krippendorff as reference
import numpy as np
import pytest

from realness.errors import InvalidValue
from realness.opinion.agreement import intraclass, krippendorff
from realness.opinion.panel import Votes, bias_removed, maximum_likelihood


def rated(images=80, reviewers=16, missing=0.02, seed=0):
    """Ratings by reviewers with a bias and an inconsistency each; and the truth of images and reviewers."""
    rng = np.random.default_rng(seed)
    truth, bias = rng.uniform(25, 75, images), rng.normal(0, 6, reviewers)
    bias -= bias.mean()
    spread = rng.uniform(4, 9, reviewers)
    ratings = truth[:, None] + bias + rng.normal(size=(images, reviewers)) * spread
    ratings[rng.random(ratings.shape) < missing] = np.nan
    return Votes(ratings, list(range(images)), list(range(reviewers))), truth, bias, spread


def asked_sureal(model, votes):
    """What the reference implementation says."""
    from sureal import subjective_model
    from sureal.dataset_reader import RawDatasetReader

    images = [
        {"content_id": 0, "asset_id": at, "path": str(at), "os": [float(each) for each in row]}
        for at, row in enumerate(votes.ratings)
    ]
    content = [{"content_id": 0, "content_name": "content", "path": "reference"}]
    made = SimpleNamespace(ref_videos=content, dis_videos=images, dataset_name="made", ref_score=100)
    return getattr(subjective_model, model)(RawDatasetReader(made)).run_modeling()


@pytest.mark.filterwarnings("ignore")  # of the reference implementation
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    ("ours", "theirs"), [(bias_removed, "BiasremvMosModel"), (maximum_likelihood, "SubjectMLEModelProjectionSolver")]
)
def test_scores_are_those_of_the_reference_implementation(ours, theirs, seed):
    votes = rated(seed=seed)[0].at_least(12)
    found, expected = ours(votes), asked_sureal(theirs, votes)
    assert found.scores == pytest.approx(expected["quality_scores"], abs=5e-5)
    assert found.errors == pytest.approx(expected["quality_scores_std"], abs=5e-5)
    assert found.bias == pytest.approx(expected["observer_bias"], abs=5e-5)
    if "observer_inconsistency" in expected:
        assert found.inconsistency == pytest.approx(expected["observer_inconsistency"], abs=5e-5)


@pytest.mark.parametrize("solve", [bias_removed, maximum_likelihood])
def test_what_each_reviewer_adds_is_found(solve):
    votes, truth, bias, spread = rated(400, missing=0)
    found = solve(votes)
    assert np.abs(found.bias - bias).max() < 1.2
    assert np.corrcoef(found.inconsistency, spread)[0, 1] > 0.95
    assert np.sqrt(np.mean((found.scores - truth) ** 2)) < 2


def test_bias_is_taken_away_where_not_all_rated_all():
    """The strict one rated only the first half, where plain means are too low."""
    ratings = np.full((20, 3), 60.0)
    ratings[:, 1], ratings[:10, 2], ratings[10:, 2] = 62, 30, np.nan
    votes = Votes(ratings, list(range(20)), [0, 1, 2])
    plain = np.nanmean(ratings, axis=1)
    found = bias_removed(votes).scores
    assert plain[15] - plain[5] > 10
    assert abs(found[15] - found[5]) < plain[15] - plain[5]


def test_too_few_ratings_and_one_taken_for_the_truth_are_refused():
    with pytest.raises(InvalidValue, match=r"needs 12 ratings of an image, one has \d+; take the means without bias"):
        maximum_likelihood(rated(reviewers=11)[0])
    votes, truth, _, _ = rated(missing=0)
    votes.ratings[:, 3] = truth  # says what all would say, to the last digit, again and again
    for _ in range(50):
        votes.ratings[:, 3] = bias_removed(votes).scores
    with pytest.raises(InvalidValue, match="takes one reviewer for the truth"):
        maximum_likelihood(votes)
    for solve in (bias_removed, maximum_likelihood):
        with pytest.raises(InvalidValue, match="at least one rating"):
            solve(Votes(np.empty((0, 0)), [], []))


def test_votes_are_put_in_their_places():
    votes = Votes.of([(7, 1, 40.0), (3, 2, 10.0), (7, 2, 60.0), (7, 2, 80.0)])
    assert (votes.images, votes.reviewers) == ([3, 7], [1, 2])
    np.testing.assert_array_equal(votes.ratings, [[np.nan, 10], [40, 70]])
    assert votes.at_least(2).images == [7]
    assert votes.at_least(3).images == []


@pytest.mark.parametrize("missing", [0.0, 0.3, 0.8])
def test_alpha_is_that_of_the_reference_implementation(missing):
    votes = rated(60, 6, missing)[0]
    expected = reference.alpha(votes.ratings.T, level_of_measurement="interval")
    found = krippendorff(votes)
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert found.low < found.value < found.high
    alone = votes.ratings.copy()
    alone[5] = np.nan
    alone[5, 0] = 3.0  # of an image that one rated nothing is known
    assert krippendorff(Votes(alone, votes.images, votes.reviewers)).value == pytest.approx(
        reference.alpha(alone.T, level_of_measurement="interval"), abs=1e-9
    )


def test_the_intraclass_correlation_is_that_of_the_textbook():
    """Shrout and Fleiss 1979, table 2: six targets, four judges, ICC(1,1) = 0.17."""
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    votes = Votes(np.array(ratings, float), list(range(6)), list(range(4)))
    assert intraclass(votes).value == pytest.approx(0.1657, abs=5e-5)


def test_without_what_it_takes_there_is_no_agreement():
    one = Votes.of([(1, 1, 50.0), (2, 1, 60.0)])
    same = Votes(np.full((5, 3), 50.0), list(range(5)), [0, 1, 2])
    for figure in (krippendorff, intraclass):
        assert figure(one) is None
        assert figure(same) is None
