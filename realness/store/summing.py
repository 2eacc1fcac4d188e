"""What `summaries` is made from, in SQL that every database speaks."""

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
