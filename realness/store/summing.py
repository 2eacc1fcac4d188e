"""What `summaries` is made from, and what is made from it, in SQL that every database speaks."""

SUMMARIES = {
    "description": (
        "(description_id, verdict) = "
        "(SELECT id, verdict FROM descriptions WHERE image_id = {image} AND provider <> 'check' "
        "ORDER BY id DESC LIMIT 1)"
    ),
    "opinion": (
        "opinion = "
        "(SELECT rating FROM opinion_scores WHERE image_id = {image} AND rating IS NOT NULL ORDER BY id LIMIT 1)"
    ),
    "prediction": (
        "(score, low, high) = "
        "(SELECT rating, low, high FROM predictions WHERE image_id = {image} ORDER BY id DESC LIMIT 1)"
    ),
}
"""What the columns of `summaries` are taken from."""

INFORMATIVE = "coalesce({row}.low - {row}.high, CASE WHEN {row}.score IS NULL THEN 2.0 ELSE 1.0 END)"
"""`study_images.informative` of an image whose row of `summaries` is `row`."""

_SET = "UPDATE study_images SET informative = "
_OF_SUMMARY = f"(SELECT {INFORMATIVE.format(row='s')} FROM summaries AS s WHERE s.image_id = study_images.image_id)"
_THESE = "study_id IN (SELECT id FROM studies WHERE order_by = 'informative')"
INFORMED = {
    "informative_of_new_image": ("INSERT ON study_images", f"{_SET}{_OF_SUMMARY} WHERE id = NEW.id AND {_THESE};"),
    "informative_of_new_score": (
        "UPDATE OF score, low, high ON summaries",
        f"{_SET}{INFORMATIVE.format(row='NEW')} WHERE image_id = NEW.image_id AND {_THESE};",
    ),
    "informative_of_new_order": (
        "UPDATE OF order_by ON studies",
        f"{_SET}CASE WHEN NEW.order_by = 'informative' THEN {_OF_SUMMARY} END "
        "WHERE study_id = NEW.id AND NEW.order_by <> OLD.order_by;",
    ),
}
"""The triggers that keep `study_images.informative`: after what each comes, and what it does."""


def of_new_image(*, numbered: bool) -> tuple[str, str, str, str]:
    """What a summary takes from its image, `NEW` in a trigger.

    Args:
        numbered: generators have numbers.

    Returns:
        The statement that gives a new generator its number, with its semicolon (empty without numbers); the columns of
        `summaries`; their values; the columns of `images` that these are taken from.
    """
    columns, told, sources = "split, is_real", "NEW.split, NEW.is_real", "split, is_real"
    if not numbered:
        return "", columns, told, sources
    known = (
        "INSERT INTO generators (name) SELECT NEW.generator WHERE NEW.generator IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM generators WHERE name = NEW.generator); "
    )
    told += ", (SELECT id FROM generators WHERE name = NEW.generator)"
    return known, f"{columns}, generator_id", told, f"{sources}, generator"
