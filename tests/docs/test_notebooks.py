"""The notebooks of the manual hold what they print, and nothing that only the machine they ran on knows."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from scripts.notebook_pages import notebook_page
from scripts.write_reference import DOCS

NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))
LARGEST_PICTURE = 150_000
LARGEST_NOTEBOOK = 400_000
MACHINE = re.compile(r"/(?:home|root|tmp|work|Users|usr|var)/|/dev/shm|site-packages")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(request.param.read_text("utf-8"))
    return told


def code(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_there_is_one_for_photographs_films_and_texts() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["interview-video", "photo-set", "survey-text"]


def test_every_cell_was_run_in_order_and_without_an_error(notebook: dict[str, Any]) -> None:
    cells = code(notebook)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1)), "run scripts/notebooks"
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs} <= {"stream", "execute_result", "display_data"}
    assert not any(output.get("name") == "stderr" for output in outputs)


def test_it_holds_tables_pictures_and_a_figure(notebook: dict[str, Any]) -> None:
    kinds = {kind for cell in code(notebook) for output in cell["outputs"] for kind in output.get("data", {})}
    assert {"text/html", "image/png", "application/vnd.plotly.v1+json"} <= kinds


def test_it_is_small(notebook: dict[str, Any]) -> None:
    pictures = [output["data"]["image/png"] for cell in code(notebook) for output in cell["outputs"]
                if "image/png" in output.get("data", {})]  # fmt: skip
    assert max(len(base64.b64decode(picture)) for picture in pictures) <= LARGEST_PICTURE
    assert len(json.dumps(notebook)) <= LARGEST_NOTEBOOK


def test_it_names_no_place_on_a_machine(notebook: dict[str, Any]) -> None:
    told = json.dumps([cell["outputs"] for cell in code(notebook)] + [cell["source"] for cell in notebook["cells"]])
    without_pictures = re.sub(r'"image/png": "[^"]*"', "", told)
    assert MACHINE.findall(without_pictures) == []


def test_it_spells_no_mark_of_open_work(notebook: dict[str, Any]) -> None:
    assert re.findall("TODO|FIXME|XXX|HACK|TBD", json.dumps(notebook)) == []


def test_it_says_what_scores_are_not(notebook: dict[str, Any]) -> None:
    said = " ".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    assert "do not say what" in " ".join(said.split())


def test_it_becomes_a_page_of_the_site(notebook: dict[str, Any], tmp_path: Path) -> None:
    page = notebook_page(notebook, tmp_path / "page")

    assert page.startswith("# ")
    assert "plotly.min.js" in page and "Plotly.newPlot(" in page
    assert (tmp_path / "page-1.png").read_bytes().startswith(b"\x89PNG")
    assert "![chart](page-1.png)" in page
