"""The card of a data set: what the Hub reads of it, and what people have to know."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_TITLE = "What looks unrealistic in images, as people corrected it"


def card(counts: Mapping[tuple[str, str], int], said: Counter[str], images: int) -> str:
    """README.md.

    Args:
        counts: rows by configuration and split.
        said: rows by whose text it is, or answers: provider and model, empty where no machine said anything.
        images: how many different ones.
    """
    from huggingface_hub import DatasetCardData  # noqa: PLC0415  the app needs none of it

    names = sorted({config for config, _ in counts}, key=["sft", "preference", "kto"].index)
    configs: list[dict[str, Any]] = [
        {
            "config_name": name,
            "data_files": [
                {"split": split, "path": f"{name}/{split}-*.parquet"} for config, split in counts if config == name
            ],
        }
        for name in names
    ]
    configs[0]["default"] = True
    rows = sum(counts.values())
    data = DatasetCardData(
        license="other",
        language=["en"],
        pretty_name=_TITLE,
        task_categories=["image-text-to-text", "image-to-text"],
        size_categories=[next((name for most, name in _SIZES if rows < most), "n>1M")],
        tags=["realness", *(["preference", "dpo"] if "preference" in names else [])],
        configs=configs,
    )
    lines = [f"| {config} | {split} | {number:,} |" for (config, split), number in counts.items()]
    by = [f"- {name or 'none: written by a person alone'}: {number:,}" for name, number in sorted(said.items())]
    text = _TEXT.format(title=_TITLE, images=images, lines="\n".join(lines), by="\n".join(by) or "- none")
    return f"---\n{data.to_yaml()}\n---\n\n{text}"


_TEXT = """# {title}

{images:,} images. Each row has the image, the question and an answer: what looks unrealistic in it.

| configuration | split | rows |
|---|---|---|
{lines}

`sft` holds texts to learn, `preference` a better text (`chosen`, as a person left it) and a worse one (`rejected`, as a
machine wrote it), `kto` texts that are right (`label` true) or wrong. Splits are by image, never by text. Reviewers
have pseudonyms. `source` says whose words an answer is: `human` or `machine`.

## Whose texts these answer

{by}

Machine texts are under the terms of whoever made their model. Those of OpenAI forbid to use output "to develop models
that compete with OpenAI": leave such texts out (`export --generator`) where that matters. A person's correction of a
machine's text builds on it.

## Licence

None is given here: the images and the texts are under the licences of where they come from. Name it in the first lines
of this file (`license`) before you share it.
"""
