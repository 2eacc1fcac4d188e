"""Heads on frozen features: what they learn, how sure they are, and that nothing is chosen by what is left out."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from realness.core import fitting
from realness.core.crossing import cross_validate
from realness.core.fitting import fit
from realness.core.kernels import Encoded
from realness.core.words import Words, verdict_features
from realness.errors import InvalidValue

SOURCES = ["image:stats", "text:tfidf", "verdict"]


def data(n=90, seed=0):
    """Vectors and texts that each tell a part of the rating."""
    rng = np.random.default_rng(seed)
    seen, said = rng.normal(size=n), rng.integers(0, 3, n)
    vectors = np.column_stack([seen + rng.normal(0, 0.3, n), rng.normal(size=(n, 6)), seen**2]).astype(np.float32)
    texts = [("Yes. It is garbled.", "Somewhat. A shadow is odd.", "No. It is fine.")[each] for each in said]
    ratings = np.clip(50 + 12 * seen + 12 * (said - 1) + rng.normal(0, 3, n), 0, 100)
    return Encoded({"image:stats": vectors, "verdict": verdict_features(texts)}, texts), ratings


@pytest.mark.parametrize("head", fitting.HEADS)
def test_a_head_learns_from_both_and_scores_what_it_never_saw(head):
    encoded, ratings = data()
    unseen, truth = data(seed=1)
    both, image = (fit(encoded, ratings, np.ones(90), some, head) for some in (SOURCES, SOURCES[:1]))
    scores = both.predict(unseen)[0]
    assert spearmanr(scores, truth).statistic > 0.9
    assert spearmanr(scores, truth).statistic > spearmanr(image.predict(unseen)[0], truth).statistic + 0.1
    assert ((scores >= 0) & (scores <= 100)).all()


def test_leave_one_out_in_closed_form_is_that_of_fitting_without_each(monkeypatch):
    """With the weights and the scaling of the whole held fast, as the closed form has it."""
    encoded, ratings = data(30)
    counts = np.random.default_rng(2).uniform(0.5, 2, 30)
    counts /= counts.mean()
    head = fit(encoded, ratings, counts, SOURCES[:1])
    closed, deviations = head.left_out()
    placed = head.placed["image:stats"]
    likeness = head.spaces.likeness({"image:stats": placed}, {"image:stats": placed})["image"]
    for at in (0, 7, 29):
        rest = np.arange(30) != at
        inner = likeness[np.ix_(rest, rest)] + np.diag(head.chosen.noise / counts[rest])
        expected = head.mean + likeness[at, rest] @ np.linalg.solve(inner, ratings[rest] - head.mean)
        assert closed[at] == pytest.approx(expected, abs=1e-6)
        variance = likeness[at, at] + head.chosen.noise / counts[at]
        variance -= likeness[at, rest] @ np.linalg.solve(inner, likeness[rest, at])
        assert deviations[at] == pytest.approx(head.spread * np.sqrt(head.scale * variance), rel=1e-6)
    error = np.sqrt(np.mean(counts * (closed - ratings) ** 2))
    assert head.chosen.loo_rmse == pytest.approx(error, rel=1e-6)
    for noise in fitting.NOISES:
        monkeypatch.setattr(fitting, "NOISES", (noise,))
        assert fit(encoded, ratings, counts, SOURCES[:1]).chosen.loo_rmse >= head.chosen.loo_rmse - 1e-9


def test_the_uncertainty_holds_as_many_as_it_says_and_is_wider_far_away():
    encoded, ratings = data(200)
    unseen, truth = data(400, seed=3)
    head = fit(encoded, ratings, np.ones(200), SOURCES)
    scores, deviations = head.predict(unseen)
    assert 0.88 < (np.abs(scores - truth) < 1.96 * deviations).mean() < 0.99
    strange = Encoded({**unseen.vectors, "image:stats": -3 * unseen.vectors["image:stats"]}, unseen.texts)
    assert head.predict(strange)[1].mean() > deviations.mean() * 1.1


def test_a_rating_of_many_votes_counts_more():
    encoded, ratings = data(60)
    wrong = ratings.copy()
    wrong[::2] = 100 - wrong[::2]
    few_wrong = np.where(np.arange(60) % 2, 1.9, 0.1)
    unseen, truth = data(seed=4)
    trusted = fit(encoded, wrong, few_wrong, SOURCES).predict(unseen)[0]
    alike = fit(encoded, wrong, np.ones(60), SOURCES).predict(unseen)[0]
    assert spearmanr(trusted, truth).statistic > spearmanr(alike, truth).statistic + 0.1


def test_of_very_many_ratings_some_are_drawn(monkeypatch):
    monkeypatch.setattr(fitting, "MOST", 50)
    monkeypatch.setattr(fitting, "MOST_CHOSEN_ON", 30)
    encoded, ratings = data(200)
    head = fit(encoded, ratings, np.ones(200), SOURCES)
    assert len(head.coefficients) == 50
    unseen, truth = data(seed=5)
    assert spearmanr(head.predict(unseen)[0], truth).statistic > 0.8


def test_a_fold_with_one_rating_says_that_rating():
    encoded, _ = data(30)
    scores, deviations = fit(encoded, np.full(30, 70.0), np.ones(30), SOURCES).predict(encoded)
    assert scores == pytest.approx(70)
    assert np.isfinite(deviations).all()


def test_an_unknown_head_and_no_source_are_refused():
    encoded, ratings = data(30)
    with pytest.raises(InvalidValue, match="--head must be gp, svr, ridge, mlp"):
        fit(encoded, ratings, np.ones(30), SOURCES, "forest")
    with pytest.raises(InvalidValue, match="needs an image encoder or a text encoder"):
        fit(encoded, ratings, np.ones(30), [])


def test_cross_validation_never_shows_a_model_the_image_that_it_scores(monkeypatch):
    """Ratings that nothing tells stay unknown: any leak would show as a correlation."""
    encoded, _ = data(120)
    noise = np.random.default_rng(6).uniform(0, 100, 120)
    found = cross_validate(encoded, noise, np.ones(120), SOURCES, folds=5, seeds=2)
    for name, each in (found.ablation | found.baselines).items():
        assert each.srocc < 0.25, name


def test_cross_validation_compares_both_with_the_better_alone_on_the_same_folds():
    encoded, ratings = data(120)
    told = []
    found = cross_validate(
        encoded, ratings, np.ones(120), SOURCES, seeds=2, progress=lambda done, total: told.append((done, total))
    )
    better = max(found.ablation["image"].srocc, found.ablation["text"].srocc)
    assert found.ablation["both"].srocc > better
    assert found.both_minus_better_alone.mean == pytest.approx(found.ablation["both"].srocc - better)
    assert found.both_minus_better_alone.ci[0] > 0
    assert found.baselines["constant"].srocc < 0.1
    assert 0.4 < found.baselines["verdict"].srocc <= found.ablation["text"].srocc + 0.05
    assert told == [(done, 10) for done in range(1, 11)]
    alone = cross_validate(encoded, ratings, np.ones(120), SOURCES[:1], seeds=1)
    assert set(alone.ablation) == {"image"}
    assert alone.both_minus_better_alone is None


def test_words_know_parts_of_words_and_forget_none_of_them_when_kept():
    texts = ["The edge is blurred.", "A blurry edge.", "The colours are fine.", "Fine colours, blurred edges."]
    words = Words.learned(texts)
    cosines = (words.features(texts) @ words.features(texts).T).todense()
    assert np.diag(cosines) == pytest.approx(1)
    assert cosines[0, 1] > cosines[0, 2]
    again = Words(tuple(list(each) for each in words.vocabularies), words.weights)
    assert (again.features(["A blurred colour."]) != words.features(["A blurred colour."])).nnz == 0
    assert words.features(["zzz"]).nnz == 0
