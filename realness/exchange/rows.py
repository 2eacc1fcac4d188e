"""What leaves: one current review with everything that it answers, or one description as a machine gave it."""

from collections.abc import Sequence
from typing import Any, NamedTuple


class ExportRow(NamedTuple):
    """One current review, or one description that nobody need have answered, flat. None is "not there".

    A million of them leave in one go: a named tuple is made in a tenth of the time of a frozen dataclass.

    Attributes:
        image_sha256: the image's identity.
        image_name: the image's name in the source it came from, relative to it.
        width, height: in pixels, after EXIF rotation.
        study, split, generator, prompt, is_real: what is known of the image and its study.
        reviewer: the reviewer's pseudonym, never the name.
        role, kind, revision: of the review; the kind of a description is `description`.
        rating: blind, 0-100; of an adjudication the lead's own, given with everything seen, or none.
        second_rating: after the reveal, 0-100.
        judgement: of the machine's description.
        machine_verdict, machine_text, machine_explanation: what the machine said; its text holds the verdict too.
        provider, model, prompt_version: of the machine's description.
        planted_wrong: True when the description was made inaccurate on purpose.
        verdict, explanation: as the reviewer corrected them.
        findings: `state`, `phrase`, `machine_phrase`, `kind`, `regions` each; those of a description have no state.
        active_seconds: time spent on it, idle time excluded.
        reason: why it was skipped or flagged, or adjudicated so.
        note: the reviewer's own.
        created_at: when it was saved, ISO 8601 in UTC.
        client_at: when the browser says that it was sent, ISO 8601 in UTC.
        map_method, map_clip: of the realness map that was shown.
        app_version: that wrote this.
        opinion_rating, opinion_z_score, opinion_source: an imported mean opinion score of the image.
        sources: the reviews that an adjudication was taken from: `reviewer` and `revision` each.
        final: whether this is what stands for the image in its study: the newest adjudication alone, every review where
            there is none. What needs one text for an image takes these.
        source: whose words these are: `human` or `machine`.
    """

    image_sha256: str
    image_name: str | None
    width: int
    height: int
    study: str | None
    split: str | None
    generator: str | None
    prompt: str | None
    is_real: bool | None
    reviewer: str | None
    role: str | None
    kind: str
    revision: int | None
    rating: float | None
    second_rating: float | None
    judgement: str | None
    machine_verdict: str | None
    machine_text: str | None
    machine_explanation: str | None
    provider: str | None
    model: str | None
    prompt_version: str | None
    planted_wrong: bool | None
    verdict: str | None
    explanation: str
    findings: Sequence[dict[str, Any]]
    active_seconds: float | None
    reason: str
    note: str
    created_at: str
    client_at: str | None
    map_method: str | None
    map_clip: str | None
    app_version: str | None
    opinion_rating: float | None
    opinion_z_score: float | None
    opinion_source: str | None
    sources: Sequence[dict[str, Any]] = ()
    final: bool = True
    source: str = "human"


COLUMNS = ExportRow._fields
"""The columns of `csv` and the keys of `jsonl`, in order."""
