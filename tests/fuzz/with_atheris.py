"""Looks for inputs that end what reads them, led by which lines they reach.

    PYTHONPATH=.:tests:tests/fuzz python tests/fuzz/with_atheris.py KIND FOLDER [-max_total_time=60 …]

What follows are options of libFuzzer. KIND is PNG, JPEG, WEBP, GIF, TIFF, CSV, JSONL, JSON, safetensors or
words. An input that is found lies in FOLDER.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["realness", "PIL"]):
    import targets

    from realness.images import MAX_PIXELS

_MEMORY_MB = 17 * MAX_PIXELS // 2**20 + 1024
"""What the largest image may take (docs/operating.md), and the process itself."""


def main() -> None:
    """Begin with whole files, and go on until an input fails or the time is up."""
    kind, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    whole = {"words": (targets.description(folder), [b"Somewhat. The hand has six fingers, and the sign is garbled."])}
    feed, wholes = (whole | ({} if kind == "words" else targets.all_of(folder)))[kind]
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, data in enumerate(wholes):
        (corpus / f"whole-{number}").write_bytes(data)
    limits = ["-timeout=20", f"-rss_limit_mb={_MEMORY_MB}", *sys.argv[3:]]
    atheris.Setup([sys.argv[0], str(corpus), f"-artifact_prefix={folder}/", *limits], feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
