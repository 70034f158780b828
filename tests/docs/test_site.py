"""The documentation as a site, as scripts/site builds it."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def site() -> Path:
    done = subprocess.run([ROOT / "scripts" / "site"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return ROOT / "build" / "site"


def test_every_page_card_and_notebook_is_there(site: Path) -> None:
    made = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")}
    docs = ROOT / "docs"
    pages = {
        path.relative_to(docs).with_suffix("").as_posix()
        for path in docs.rglob("*")
        if path.suffix in (".md", ".ipynb")
    }
    cards = {f"cards/{path.parent.name}" for path in ROOT.glob("src/mien/weights/*/card.md")}
    assert pages | cards <= made
    assert cards


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    loaded = re.compile(r"<(?:script|img|link|iframe)\b[^>]*(?:src|href)=\"((?:https?:)?//[^\"]+)\"")
    assert {
        path.name: found for path in site.rglob("*.html") if (found := loaded.findall(path.read_text("utf-8")))
    } == {}
    styles = [
        path
        for path in site.rglob("*.css")
        if re.search(r"(?:url\(|@import )['\"]?(?:https?:)?//", path.read_text("utf-8"))
    ]
    assert styles == []


def test_figures_of_notebooks_are_drawn_by_a_script_of_the_site(site: Path) -> None:
    page = (site / "notebooks" / "survey-text.html").read_text("utf-8")
    assert "Plotly.newPlot(" in page
    assert (site / "_static" / "plotly.min.js").stat().st_size > 1_000_000
