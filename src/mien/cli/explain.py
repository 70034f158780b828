"""Say which evidence moved the expression scores of a face."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from mien import api
from mien.cli.readable import wide_console


def explain(
    file: Annotated[Path, typer.Argument(help="A photograph or a film.")],
    face: Annotated[int | None, typer.Option(min=0, help="Which face, counted from the left; default: all.")] = None,
    top: Annotated[int, typer.Option(min=1, max=48, help="How many of the strongest expressions.")] = 5,
    model: Annotated[str, typer.Option(help="face or facemesh.")] = "face",
    at: Annotated[float, typer.Option(min=0, help="Second of a film; its next frame with a face is taken.")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the explanation as JSON.")] = False,
) -> None:
    """Say which evidence moved the strongest expression scores of each face, in logits.

    Every score starts from that of a neutral face; what is seen raises or lowers its logit. Scores say how an
    expression is likely to be perceived, not what a person feels.

    Example: mien explain photo.jpg --face 0 --top 3
    """
    told = api.explain(file, face=face, top=top, model=model, at=at)
    if as_json:
        print(json.dumps(told, indent=2))
        return
    for one in told:
        _print_face(one)


def _print_face(told: dict[str, Any]) -> None:
    box = told["box"]
    place = f"box {box['x']:.0f},{box['y']:.0f} {box['w']:.0f}x{box['h']:.0f}"
    moment = f", {told['time']:.2f} s" if told["frame"] else ""
    table = Table(
        "expression", "score", "logit", "evidence", "seen", title=f"face {told['face']}, {place}{moment}", box=None
    )
    table.title_justify = "left"
    for emotion in told["emotions"]:
        table.add_row(emotion["name"], f"{emotion['score']:.2f}", f"{emotion['base']:+.2f}", "a neutral face", "")
        for term in emotion["evidence"]:
            named = f"{term['kind']}: {term['name']}"
            table.add_row("", "", f"{term['added']:+.2f}", named, f"{term['seen']:.2f}")
    wide_console().print(table)
