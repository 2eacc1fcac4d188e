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
