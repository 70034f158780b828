"""Run the notebooks of the documentation and keep what they print, without what only this machine knows."""

import base64
import io
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

NOTEBOOKS = Path(__file__).parent.parent / "docs" / "notebooks"
CELL_SECONDS = 600
OPEN_MARKS = re.compile("TODO|FIXME|XXX|HACK|TBD")
COLOURS = range(192, 32, -4)
KEPT_METADATA = ("kernelspec", "language_info")


def main() -> int:
    """Run the notebooks named, or all."""
    # Figures are kept as data; what draws them (5 MB) would else be in every notebook.
    os.environ["PLOTLY_RENDERER"] = "plotly_mimetype"
    for name in sys.argv[1:] or sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")):
        begun = time.monotonic()
        run(NOTEBOOKS / f"{name}.ipynb")
        print(f"{name}: {time.monotonic() - begun:.0f} s")
    return 0


def run(path: Path) -> None:
    """Run one notebook in a folder of its own and write it back. Raises CellExecutionError."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=CELL_SECONDS, resources={"metadata": {"path": folder}}).execute()
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", ()):
            output.metadata = {}
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = small_picture(output.data["image/png"])
            if "text/html" in output.get("data", {}):
                # Styles of tables carry nothing but a scope that no other page knows.
                output.data["text/html"] = without_style(output.data["text/html"])
    notebook.metadata = {name: notebook.metadata[name] for name in KEPT_METADATA if name in notebook.metadata}
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)


def small_picture(encoded: str) -> str:
    """Return a PNG in base64 with fewer colours, so that it is small and spells no mark of open work by chance.

    Whoever searches the tree for such marks must find work, not letters of a picture. Raises ValueError.
    """
    picture = Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB")
    for colours in COLOURS:
        out = io.BytesIO()
        picture.quantize(colours).save(out, "PNG", optimize=True)
        told = base64.b64encode(out.getvalue()).decode()
        if not OPEN_MARKS.search(told):
            return told
    raise ValueError("this picture spells a mark of open work in any number of colours")


def without_style(html: str) -> str:
    """Return HTML without its style element."""
    before, found, rest = html.partition("<style")
    return before + rest.partition("</style>")[2].lstrip() if found else html


if __name__ == "__main__":
    sys.exit(main())
