"""Turn executed notebooks into Markdown with their outputs: text, tables, pictures and interactive figures."""

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]
FIGURE = "application/vnd.plotly.v1+json"
SCRIPT = '<script src="../_static/plotly.min.js"></script>\n\n'


def notebook_page(notebook: Json, pictures: Path) -> str:
    """Return a notebook as Markdown; its pictures are written beside it, `pictures` begins their names."""
    written = _Pictures(pictures)
    cells = [part for cell in notebook["cells"] for part in _cell(cell, written)]
    script = SCRIPT if any(FIGURE in json.dumps(cell) for cell in notebook["cells"]) else ""
    title, _, rest = "\n\n".join(cells).partition("\n")
    return f"{title}\n\n{script}{rest}\n"


class _Pictures:
    """Write pictures beside the page, numbered."""

    def __init__(self, beginning: Path) -> None:
        self._beginning = beginning
        self._count = 0

    def add(self, png: str) -> str:
        self._count += 1
        path = self._beginning.with_name(f"{self._beginning.name}-{self._count}.png")
        path.write_bytes(base64.b64decode(png))
        return path.name


def _cell(cell: Json, pictures: _Pictures) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    yield _fenced("python", source)
    for number, output in enumerate(cell["outputs"]):
        yield from _output(output, pictures, f"{cell['id']}-{number}")


def _output(output: Json, pictures: _Pictures, name: str) -> Iterator[str]:
    if output["output_type"] == "stream":
        yield _fenced("text", "".join(output["text"]))
        return
    data = output["data"]
    if FIGURE in data:
        figure = {part: data[FIGURE][part] for part in ("data", "layout")}
        told = json.dumps(figure).replace("</", "<\\/")
        yield f'<div id="{name}"></div><script>Plotly.newPlot("{name}", {told})</script>'
    elif "image/png" in data:
        yield f"![chart]({pictures.add(data['image/png'])})"
    elif "text/html" in data:
        # A blank line would end the piece of HTML.
        yield "\n".join(line for line in "".join(data["text/html"]).splitlines() if line.strip())
    else:
        yield _fenced("text", "".join(data["text/plain"]))


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"
