"""The sample study: varied, repeatable, and with descriptions that are wrong where they say so."""

from collections import Counter

import numpy as np
import pytest

from realness.descriptions import parse_verdict, split_findings
from realness.domain import RegionShape, Verdict
from realness.planting import KINDS, photographs, sample_study
from realness.planting.kinds import SAMPLE_KINDS


@pytest.fixture(scope="module")
def study():
    return sample_study()


def test_it_is_large_and_varied(study):
    assert len(study) >= 24
    assert len({sample.photograph for sample in study}) >= 8
    assert {sample.photograph for sample in study} <= set(photographs(gray=True))
    assert len({sample.name for sample in study}) == len(study)
    assert sum(not sample.truth for sample in study) >= 4
    assert {len(sample.truth) for sample in study} == {0, 1, 2, 3}
    assert len({finding.kind for sample in study for finding in sample.truth}) >= len(SAMPLE_KINDS) - 4


def test_images_have_the_size_of_everyday_pictures(study):
    for sample in study:
        assert sample.image.dtype == np.uint8
        assert sample.image.shape[2] == 3
        assert 512 <= max(sample.image.shape) <= 768


def test_at_least_a_quarter_of_the_descriptions_are_wrong(study):
    wrong = [sample for sample in study if sample.is_wrong]
    assert len(study) / 4 <= len(wrong) <= len(study) / 2


def test_right_descriptions_name_exactly_what_was_planted(study):
    for sample in study:
        told, true = (Counter(finding.kind for finding in part) for part in (sample.findings, sample.truth))
        assert sample.is_wrong == (told != true), sample.description


def test_the_verdict_comes_first_and_untouched_images_are_called_so(study):
    for sample in study:
        verdict, explanation = parse_verdict(sample.description)
        assert verdict is sample.verdict
        assert explanation
        assert (verdict is Verdict.NO) == (not sample.findings)


def test_findings_stand_word_for_word_in_the_explanation(study):
    for sample in study:
        _, explanation = parse_verdict(sample.description)
        for finding in sample.findings:
            assert finding.start is not None
            assert explanation[finding.start :].startswith(finding.phrase)
            assert finding.regions == ()


def test_splitting_the_description_mostly_finds_the_same_findings(study):
    same = []
    for sample in study:
        verdict, explanation = parse_verdict(sample.description)
        split = [finding.phrase for finding in split_findings(explanation, verdict)]
        same.append(split == [finding.phrase for finding in sample.findings])
    assert np.mean(same) > 0.85


def test_the_true_places_are_polygons_inside_the_image(study):
    for sample in study:
        height, width = sample.image.shape[:2]
        for finding in sample.truth:
            assert finding.kind in KINDS
            assert finding.regions
            for region in finding.regions:
                assert region.shape is RegionShape.POLYGON
                assert max(region.coordinates[::2]) <= width
                assert max(region.coordinates[1::2]) <= height


def test_the_same_seed_makes_the_same_study_and_another_a_different_one(study):
    again, other = sample_study(), sample_study(seed=1)
    assert [sample.description for sample in again] == [sample.description for sample in study]
    assert all(np.array_equal(one.image, two.image) for one, two in zip(again, study, strict=True))
    assert [sample.description for sample in other] != [sample.description for sample in study]
