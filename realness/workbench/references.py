"""Reference maps as files of the data folder: 8-bit grey PNG, by content, verified when read."""

import hashlib
import io

from PIL import Image

from realness import images
from realness.atomic import write_bytes
from realness.domain import ReferenceMap, StoredReferenceMap
from realness.errors import UnreadableImage
from realness.workbench.bench import Workbench

FOLDER = "reference_maps"


def keep_reference_map(bench: Workbench, found: ReferenceMap) -> StoredReferenceMap:
    """Write a reference map to `DATA/reference_maps/aa/SHA256.png`, unless it is there.

    Raises:
        CannotWrite: the data folder does not allow it.
    """
    buffer = io.BytesIO()
    Image.fromarray(found.values).save(buffer, "PNG")
    data = buffer.getvalue()
    sha256 = hashlib.sha256(data).hexdigest()
    target = bench.beside(FOLDER, f"{sha256}.png")
    if not target.is_file() or target.read_bytes() != data:
        write_bytes(target, data)
    return StoredReferenceMap(found.source, found.phrase, target.relative_to(bench.settings.data).as_posix(), sha256)


def load_reference_map(bench: Workbench, stored: StoredReferenceMap) -> ReferenceMap:
    """Read a reference map and hold its file against its hash.

    Raises:
        UnreadableImage: the file is missing or was changed.
    """
    try:
        data = (bench.settings.data / stored.path).read_bytes()
    except OSError as error:
        raise UnreadableImage("the reference map's file is missing; import its data set again") from error
    if hashlib.sha256(data).hexdigest() != stored.sha256:
        raise UnreadableImage("the reference map's file is damaged; import its data set again")
    return ReferenceMap(stored.phrase, images.read_grey(data), stored.source)
