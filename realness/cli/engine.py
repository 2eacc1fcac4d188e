"""The options that say who does the work on many images: this process, or Ray's workers."""

from typing import Annotated

import typer

from realness.engines import LOCAL, Engine, Ray

OfEngine = Annotated[str, typer.Option("--engine", help="local, or ray: workers on this machine or on many.")]
Address = Annotated[
    str | None,
    typer.Option(
        "--ray-address", envvar="RAY_ADDRESS", help="A Ray cluster: HOST:PORT, or auto. [none: one on this machine]"
    ),
]
Workers = Annotated[
    int | None, typer.Option("--ray-workers", min=1, max=100_000, help="How many. [one a GPU, else as fits the work]")
]
WorkersData = Annotated[
    str | None, typer.Option("--ray-data", help="The data folder as workers see it: a folder, s3://…, gs://… [--data]")
]


def chosen(engine: str, address: str | None, workers: int | None, data: str | None) -> Engine:
    """The engine that these options name.

    Raises:
        typer.BadParameter: there is no such engine, or an option of Ray stands beside another.
        InvalidValue: the address is none.
    """
    if engine == "ray":
        return Ray(None if address == "local" else address or None, workers, data)
    if engine != "local":
        raise typer.BadParameter(f"--engine must be local or ray, got {engine!r}")
    if workers is not None or data is not None:
        raise typer.BadParameter("--ray-workers and --ray-data go with --engine ray")
    return LOCAL
