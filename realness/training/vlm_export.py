"""A change to a model, put into its weights."""

from pathlib import Path

from realness.training.vlm_model import load, quiet


def merge(base: str, adapter: Path, target: Path) -> None:
    """Write a model with the change of an adapter in its weights, in the precision that it is stored in.

    It begins from the files of both, not from what was trained in memory, so that what is written is what anyone gets
    from them.

    Args:
        base: as `located` gives it.
        adapter: a folder of peft's, with the processor that the model was tuned with.
        target: an empty folder, for safetensors and processor files.
    """
    from peft import PeftModel  # noqa: PLC0415  seconds, for long work only
    from transformers import AutoProcessor  # noqa: PLC0415  as above

    model, _ = load(base, "auto")
    with quiet():
        merged = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload(safe_merge=True)  # pyright: ignore[reportCallIssue]
        merged.save_pretrained(target)
        AutoProcessor.from_pretrained(str(adapter), trust_remote_code=False).save_pretrained(target)
