"""The sample study: made once, known as what it is, its truth kept apart from what the machine says."""

from sqlalchemy import func, select

from realness.domain import StudySettings
from realness.store.tables import descriptions, images, reference_regions
from realness.workbench.sampling import SAMPLE, add_sample, sample_is_missing


def count(bench, table, *conditions):
    with bench.store.images.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()


def test_the_sample_is_made_once_and_says_that_it_is_one(bench):
    add_sample(bench)
    add_sample(bench)
    study = bench.store.studies.named(SAMPLE)
    assert study.settings.sample
    total = count(bench, images)
    assert total >= 24
    assert count(bench, descriptions) == total
    assert count(bench, descriptions, descriptions.c.planted_wrong) >= total / 4
    assert count(bench, images, images.c.is_real) >= 3
    assert count(bench, reference_regions) > 0


def test_a_sample_that_was_cut_off_is_missing_until_it_is_whole(bench):
    assert sample_is_missing(bench)
    bench.store.studies.ensure(SAMPLE, StudySettings(sample=True))
    assert sample_is_missing(bench)
    add_sample(bench)
    assert sample_is_missing(bench)  # its maps


def test_who_brings_images_of_their_own_needs_no_sample(bench):
    bench.store.studies.create("mine", StudySettings())
    assert not sample_is_missing(bench)
