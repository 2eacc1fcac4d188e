"""Realness maps: for the database, or of one image."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from realness.cli.context import Context, progress_bar
from realness.cli.engine import Address, OfEngine, Workers, WorkersData, chosen
from realness.engines import Engine
from realness.settings import place

if TYPE_CHECKING:
    from realness.workbench.mapping import Drawing


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("map")(map_)


def map_(
    context: typer.Context,
    clip: Annotated[str, typer.Option(help="CLIP SPEC: mini, MODEL:TAG, MODEL:/path, local-dir:/path.")] = "mini",
    method: Annotated[str, typer.Option(help="dense, paper or released.")] = "dense",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many maps.")] = None,
    stride: Annotated[int | None, typer.Option(min=1, help="Step of the windows in pixels, with --image.")] = None,
    image: Annotated[Path | None, typer.Option(help="One image, no database.")] = None,
    text: Annotated[str | None, typer.Option(help="What looks unreal, for --image.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="For --image: .npy or .png the map, .pdf a picture of the map on the image.")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Also this picture, .png or .pdf: the map on the image.")] = None,
    colormap: Annotated[
        str | None, typer.Option(help="One of matplotlib's, upper end unreal, for a picture. [viridis]")
    ] = None,
    layers: Annotated[
        bool, typer.Option("--layers", help="In a picture: every finding's map beside the other.")
    ] = False,
    engine: OfEngine = "local",
    ray_address: Address = None,
    ray_workers: Workers = None,
    ray_data: WorkersData = None,
) -> None:
    """Compute the maps that are missing, or one map of one image."""
    shared: Context = context.obj
    by = chosen(engine, ray_address, ray_workers, ray_data)
    if by.apart and image is not None:
        raise typer.BadParameter("--engine ray goes with the database's images, not with --image")
    if stride is not None and image is None:
        raise typer.BadParameter("--stride goes with --image; the database's maps have the method's own step")
    drawn = picture is not None or (out is not None and out.suffix == ".pdf")
    if picture is not None and image is None:
        raise typer.BadParameter("--picture goes with --image, --text and --out")
    if (colormap is not None or layers) and not drawn:
        raise typer.BadParameter("--colormap and --layers go with a picture: --picture FILE, or --out FILE.pdf")
    if image is None and text is None and out is None:
        _of_database(shared, clip, method, limit, by)
    elif image is None or text is None or out is None:
        raise typer.BadParameter("--image, --text and --out go together")
    else:
        from realness.workbench.mapping import Drawing  # noqa: PLC0415

        drawing = Drawing(place(picture) if picture else None, colormap, layers)
        _of_image(shared, clip, method, stride, drawing, (place(image), text, place(out)))


def _of_database(shared: Context, clip: str, method: str, limit: int | None, engine: Engine) -> None:
    from realness.workbench.mapping import compute_maps  # noqa: PLC0415

    with shared.bench() as bench, progress_bar(f"maps ({method}, {clip})") as progress:
        report = compute_maps(bench, clip=clip, method=method, limit=limit, progress=progress, engine=engine)
    for one in report.skipped:
        typer.echo(f"skipped {one.row}: {one.reason}", err=True)
    result: dict[str, Any] = {"maps": report.maps, "found": report.found, "seconds": round(report.seconds, 3)}
    result |= {"images_per_second": round(report.images_per_second, 3), "skipped": [vars(s) for s in report.skipped]}
    there = f"; {report.found} more lay in the data folder" if report.found else ""
    rate = f"{report.images_per_second:.1f} images a second"
    shared.finish(result, f"{report.maps} maps in {report.seconds:.1f} s, {rate}{there}")


def _of_image(
    shared: Context, clip: str, method: str, stride: int | None, drawing: "Drawing", files: tuple[Path, str, Path]
) -> None:
    from realness.workbench.mapping import map_one_image  # noqa: PLC0415

    with progress_bar(f"map ({method}, {clip})") as progress:
        values = map_one_image(*files, clip=clip, method=method, stride=stride, drawing=drawing, progress=progress)
    low, high = float(values.min()), float(values.max())
    result: dict[str, Any] = {"shape": list(values.shape), "min": low, "max": high}
    if drawing.file:
        result["picture"] = str(drawing.file)
    said = f"{values.shape[0]} x {values.shape[1]} (height x width), {low:.3f} to {high:.3f}"
    shared.finish(result, f"{files[2]}: {said}" + (f"; picture: {drawing.file}" if drawing.file else ""))
