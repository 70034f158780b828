"""Every link of the manual that stays in the repository leads somewhere, also its anchor."""

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(
    [*DOCS.rglob("*.md"), *DOCS.rglob("*.ipynb"), ROOT / "README.md", *ROOT.glob("src/mien/weights/*/card.md")]
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@cache
def text_of(path: Path) -> str:
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        text = "\n\n".join(
            "".join(one["source"]) for one in json.loads(text)["cells"] if one["cell_type"] == "markdown"
        )
    return FENCED.sub("", text)


@cache
def anchors(path: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    return frozenset(slug(heading) for heading in re.findall(r"^#+ (.+)$", text_of(path), re.MULTILINE))


def slug(heading: str) -> str:
    words = re.sub(r"[`*]|\]\([^)]*\)|\[", "", heading).strip().lower()
    kept = (one for one in words if one in " -_" or unicodedata.category(one)[0] in "LN")
    return "".join(kept).replace(" ", "-")


def links(path: Path) -> Iterator[str]:
    without_code = re.sub(r"`[^`\n]*`", "", text_of(path))
    return (target for target in LINK.findall(without_code) if "://" not in target and not target.startswith("mailto:"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in links(page):
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        if not place.exists() or (anchor and place.suffix in (".md", ".ipynb") and anchor not in anchors(place)):
            broken.append(target)
    assert broken == []


def test_every_page_can_be_found_from_the_index() -> None:
    named = {(DOCS / target).resolve() for target in links(DOCS / "index.md") if not target.startswith("#")}
    pages = {path for path in PAGES if path.is_relative_to(DOCS) and "decisions" not in path.parts}

    assert {path.relative_to(DOCS).as_posix() for path in pages - named - {DOCS / "index.md"}} == set()


def test_anchors_are_made_as_readers_make_them() -> None:
    assert slug("Old `face` results: what differs?") == "old-face-results-what-differs"
