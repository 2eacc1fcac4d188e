"""Reference regions and reference maps: kept once, read by image and by study."""

import pytest
from builders import make_image, make_study
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from realness.domain import Finding, Region, RegionShape, StoredReferenceMap
from realness.errors import DatabaseProblem
from realness.store import ReferenceFinding, migrate

BOX = Region(RegionShape.BOX, (1.0, 2.0, 3.0, 4.5))
MASK = Region(RegionShape.MASK, (5, 10, 640 * 480 - 15), (640, 480))
HEAT = StoredReferenceMap("richhf", "artifact", "reference_maps/ab/ab.png", "ab" * 32)


def add(store, study, **known):
    """An image of that study; gives its id."""
    image = make_image(**known)
    store.images.add(study.id, [image, image])  # twice is the same as once
    with store.database.read() as connection:
        query = text("SELECT id FROM images WHERE sha256 = :sha256")
        return connection.execute(query, {"sha256": image.facts.sha256}).scalar()


def test_regions_come_back_by_source_phrase_and_kind_in_order(store):
    study = make_study(store, images=0)
    findings = (Finding("a hand", regions=(BOX, MASK)), Finding("a hat", kind="melt", regions=(BOX,)))
    image = add(store, study, source="loki", regions=(*findings, Finding("the sky")))
    assert store.references.regions_of(image) == [ReferenceFinding("loki", finding) for finding in findings]
    assert store.references.regions_of(image + 1) == []


def test_a_map_is_kept_once_for_an_image_source_and_phrase_as_it_came_last(store):
    study = make_study(store, images=0)
    image = add(store, study, reference_maps=(HEAT,))
    assert store.references.maps_of(image) == [HEAT]
    later = StoredReferenceMap("richhf", "artifact", "reference_maps/cd/cd.png", "cd" * 32)
    other = StoredReferenceMap("richhf", "misalignment", "reference_maps/ef/ef.png", "ef" * 32)
    again = make_image(store.images.by_id(image).facts.size - 1000, reference_maps=(later, other))
    store.images.add(study.id, [again])
    assert store.references.maps_of(image) == [later, other]
    assert store.references.maps_of(image + 1) == []


def test_images_with_any_reference_are_listed_for_all_and_for_a_study(store):
    first, second = make_study(store, images=2, name="one"), make_study(store, images=1, name="two")
    both = add(store, second, regions=(Finding("a hand", regions=(BOX,)),), reference_maps=(HEAT,))
    heat = add(store, first, reference_maps=(HEAT,))
    marked = add(store, second, regions=(Finding("a hand", regions=(BOX,)),))
    found = store.references
    assert [image.id for image in found.images_with_any()] == [both, heat, marked]
    assert [image.id for image in found.images_with_any(second.id)] == [both, marked]
    assert [image.id for image in found.images_with_any(first.id)] == [heat]
    assert found.images_with_any(99) == []
    assert found.images_with_any(first.id)[0] == store.images.by_id(heat)


def test_a_database_without_reference_maps_gets_them_and_keeps_all_it_has(store):
    study = make_study(store)
    image = add(store, study, regions=(Finding("a hand", regions=(BOX,)),))
    migrate(store.database, "0001")
    with store.database.read() as connection:
        assert "reference_maps" not in inspect(connection).get_table_names()
    migrate(store.database)
    assert store.studies.named("pilot").images == 4
    assert len(store.references.regions_of(image)) == 1
    assert store.references.maps_of(image) == []
    with pytest.raises(IntegrityError, match="append-only"), store.database.write() as connection:
        connection.execute(text("UPDATE descriptions SET text = 'x'"))


def test_a_map_belongs_to_an_image(store):
    query = (
        "INSERT INTO reference_maps (created_at, image_id, source, phrase, path, sha256) "
        "VALUES ('2026-01-01', 5, 's', 'p', 'x', 'y')"
    )
    with pytest.raises((IntegrityError, DatabaseProblem)), store.database.write() as connection:
        connection.exec_driver_sql(query)
