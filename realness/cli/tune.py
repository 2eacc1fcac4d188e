"""Tuning a describer on what people corrected."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from realness.cli.context import Context, progress_bar
from realness.settings import place

app = typer.Typer(help="Tune an open vision-language model on an export (LoRA).", no_args_is_help=True)

_Data = Annotated[
    Path, typer.Argument(metavar="DATA", help="An export for this method: a folder, or its parquet form.")
]
_Out = Annotated[Path, typer.Argument(metavar="OUT", help="The run's folder; a stopped run in it goes on.")]
_Model = Annotated[str, typer.Option("--model", help="A local folder, or a hub's id, as safetensors.")]
_Steps = Annotated[int | None, typer.Option(min=1, help="How many; or by --epochs.")]
_Epochs = Annotated[float | None, typer.Option(min=0.001, help="How often each example is seen (sft 3, others 1).")]
_Batch = Annotated[int, typer.Option("--batch-size", min=1, help="Examples a step learns from.")]
_Micro = Annotated[int | None, typer.Option("--micro-batch", min=1, help="Of them at a time (by the preset).")]
_Rate = Annotated[float | None, typer.Option("--learning-rate", min=1e-9, max=1.0, help="sft 1e-4, others 2e-5.")]
_Schedule = Annotated[str, typer.Option(help="How the rate falls: cosine, linear, constant.")]
_Rank = Annotated[int, typer.Option(min=1, max=1024, help="Of the low-rank change.")]
_Alpha = Annotated[int, typer.Option(min=1, max=4096, help="It counts alpha / rank times.")]
_Dropout = Annotated[float, typer.Option(min=0.0, max=0.99, help="Of the input of the change.")]
_Beta = Annotated[float | None, typer.Option(min=1e-4, help="dpo, kto: how closely it keeps to the first model (0.1).")]
_Projector = Annotated[bool, typer.Option("--train-projector", help="Also what leads from vision to language.")]
_Head = Annotated[bool, typer.Option("--train-head", help="Also the output layer.")]
_Side = Annotated[int | None, typer.Option("--image-side", min=14, help="Larger images are made smaller (preset).")]
_Eval = Annotated[str | None, typer.Option("--eval-split", help="Where the loss is measured: validation, test, none.")]
_Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of everything random.")]
_Merge = Annotated[bool, typer.Option("--merge/--no-merge", help="Also write the whole model, ready to serve.")]
_Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]


_METHODS = {
    "sft": "Teach a describer the texts that people corrected.",
    "dpo": "Teach a describer to prefer what people wrote to what a machine wrote.",
    "kto": "Teach a describer by answers that people accepted or turned down.",
}


def _add(method: str, what: str) -> None:
    """A command for a method: they take the same options."""

    def command(
        context: typer.Context,
        data: _Data,
        out: _Out,
        model: _Model,
        steps: _Steps = None,
        epochs: _Epochs = None,
        batch: _Batch = 8,
        micro_batch: _Micro = None,
        learning_rate: _Rate = None,
        schedule: _Schedule = "cosine",
        rank: _Rank = 16,
        alpha: _Alpha = 32,
        dropout: _Dropout = 0.0,
        beta: _Beta = None,
        train_projector: _Projector = False,
        train_head: _Head = False,
        image_side: _Side = None,
        eval_split: _Eval = None,
        seed: _Seed = 0,
        merge: _Merge = True,
        device: _Device = "auto",
    ) -> None:
        if beta is not None and method == "sft":
            raise typer.BadParameter("--beta goes with dpo and kto")
        given = {name: value for name, value in context.params.items() if name not in _APART and value is not None}
        _tune(context.obj, method, given, data=place(data), out=place(out), device=device, merging=merge)

    app.command(method, help=f"{what} Stopped with Ctrl+C, it goes on from the last checkpoint.")(command)


_APART = ("context", "data", "out", "merge", "device")
for _method, _what in _METHODS.items():
    _add(_method, _what)


def _tune(shared: Context, method: str, recipe: dict[str, Any], **given: Any) -> None:
    # Before transformers is imported: its tokenizers warn of the processes that load images, and trl of itself.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from realness.training.vlm_config import TuneConfig  # noqa: PLC0415  torch and transformers, for this alone

    config = TuneConfig(method, **recipe)
    from realness.training.vlm_train import tune  # noqa: PLC0415  as above

    with progress_bar(f"tune {method}") as bar:
        result = tune(config, reading=bar.of("examples"), progress=bar.of("steps"), tell=_tell, **given)
    ready = result["merged"] or f"{result['out']}/adapter"
    shared.finish(
        result, f"{result['steps']} steps, the loss of the last one {result['loss']:.4f}; the model is {ready}"
    )


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
