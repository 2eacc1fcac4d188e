"""The sample study: photographs with planted inconsistencies, made on the spot."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from realness import images
from realness.descriptions import parse_verdict
from realness.domain import Description, Study, StudySettings
from realness.store import NewImage
from realness.workbench.bench import Progress, Workbench, silent
from realness.workbench.importing import copy_image

SAMPLE = "sample"
"""The sample study's name."""


def add_sample(bench: Workbench, seed: int = 0, progress: Progress = silent) -> Study:
    """Make the sample study, or complete it. Its true regions are kept as reference regions, its machine
    texts as descriptions by `planted`; some of them are wrong on purpose.
    """
    from realness.planting import sample_study  # noqa: PLC0415  scikit-image, which only this needs

    items = sample_study(seed)
    new = []
    with TemporaryDirectory() as folder:
        for done, item in enumerate(items, 1):
            file = Path(folder) / f"{done:03}.png"
            file.write_bytes(_png(item.image))
            facts = images.inspect_image(file)
            said = Description(
                text=item.description,
                verdict=item.verdict,
                explanation=parse_verdict(item.description)[1],
                provider="planted",
                findings=item.findings,
                planted_wrong=item.is_wrong,
            )
            new.append(
                NewImage(
                    facts,
                    copy_image(bench, file, facts),
                    source=SAMPLE,
                    name=item.name,
                    is_real=None if item.truth else True,
                    description=said,
                    regions=item.truth,
                )
            )
            progress(done, len(items))
    study = bench.store.studies.ensure(SAMPLE, StudySettings(sample=True))
    bench.store.images.add(study.id, new)
    return study


def sample_is_missing(bench: Workbench) -> bool:
    """Whether there is nothing to review yet, or a sample study whose making was cut off."""
    found = [study for study in bench.store.studies.all() if study.settings.sample]
    if not found:
        return not bench.store.studies.all()
    return any(study.images == 0 or bench.store.maps.without_any(study.id) for study in found)


def _png(picture: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")  # pyright: ignore[reportArgumentType]
    return buffer.getvalue()
