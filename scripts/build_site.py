"""Build the documentation as a site: docs/ as it is, a page per model card, the notebooks with what they print."""

import json
import re
import shutil
import sys
from pathlib import Path

from plotly.offline import get_plotlyjs
from sphinx.cmd.build import main as sphinx

from scripts.notebook_pages import notebook_page

ROOT = Path(__file__).parent.parent
DOCS, WEIGHTS = ROOT / "docs", ROOT / "src" / "mien" / "weights"
SOURCE, SITE = ROOT / "build" / "site-source", ROOT / "build" / "site"
CARD = re.compile(r"(?:\.\./)+src/mien/weights/([\w-]+)/card\.md")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")
DECISIONS = "How it is built"

CONFIGURATION = {
    "project": "mien",
    "copyright": "the authors of mien",
    "extensions": ["myst_parser"],
    "html_theme": "furo",
    "html_title": "mien",
    "html_static_path": ["static"],
    "html_copy_source": False,
    "html_show_sphinx": False,
    "myst_heading_anchors": 4,
    "myst_enable_extensions": [],
    # Code in the manual shortens with `…`, which is no Python and no JSON.
    "suppress_warnings": ["misc.highlighting_failure"],
}


def main() -> int:
    """Gather all pages and build them; a warning is an error."""
    for folder in (SOURCE, SITE):
        shutil.rmtree(folder, ignore_errors=True)
    (SOURCE / "static").mkdir(parents=True)
    (SOURCE / "static" / "plotly.min.js").write_text(get_plotlyjs(), "utf-8")
    settings = "\n".join(f"{name} = {value!r}" for name, value in CONFIGURATION.items())
    (SOURCE / "conf.py").write_text(settings + "\n", "utf-8")
    for path in DOCS.rglob("*"):
        if path.is_file():
            _bring(path.relative_to(DOCS))
    _bring_cards()
    return int(sphinx(["-q", "-W", "--keep-going", "-b", "html", str(SOURCE), str(SITE)]))


def _bring(place: Path) -> None:
    target = SOURCE / place
    target.parent.mkdir(parents=True, exist_ok=True)
    if place.suffix == ".md":
        text = (DOCS / place).read_text("utf-8")
        target.write_text(_linked(text, place) + (_contents(text) if place.name == "index.md" else ""), "utf-8")
    elif place.suffix == ".ipynb":
        page = notebook_page(json.loads((DOCS / place).read_text("utf-8")), target.with_suffix(""))
        target.with_suffix(".md").write_text(_linked(page, place), "utf-8")
    else:
        shutil.copyfile(DOCS / place, target)


def _bring_cards() -> None:
    folder = SOURCE / "cards"
    folder.mkdir()
    for card in sorted(WEIGHTS.glob("*/card.md")):
        text = card.read_text("utf-8")
        (folder / f"{card.parent.name}.md").write_text(_plain(text), "utf-8")


def _linked(text: str, place: Path) -> str:
    """Return a page with links to cards and notebooks led to their pages, and links out of docs/ taken away."""

    def led(found: re.Match[str]) -> str:
        words, target = found.groups()
        if card := CARD.fullmatch(target):
            return f"[{words}]({'../' * (len(place.parts) - 1)}cards/{card[1]}.md)"
        if "://" in target or target.startswith("#"):
            return found[0]
        path, hash_, anchor = target.partition("#")
        if path.endswith(".ipynb"):
            return f"[{words}]({path.removesuffix('.ipynb')}.md{hash_}{anchor})"
        inside = (DOCS / place.parent / path).resolve().is_relative_to(DOCS)
        return found[0] if inside else words

    return LINK.sub(led, text)


def _plain(text: str) -> str:
    """Return a card without links to files beside it, which the site does not have."""
    return LINK.sub(lambda found: found[0] if "://" in found[2] else found[1], text)


def _contents(index: str) -> str:
    """Return what makes the site's side bar out of the sections of the index, with cards and decisions."""
    parts = []
    for section in re.split(r"^## ", index, flags=re.MULTILINE)[1:]:
        title, _, rest = section.partition("\n")
        pages = [re.sub(r"\.(md|ipynb)$", "", target) for _, target in LINK.findall(rest) if "://" not in target]
        if title == DECISIONS:
            pages += _names(DOCS / "decisions", "decisions")
        parts.append((title, pages))
    parts.insert(-2, ("Model cards", [f"cards/{card.parent.name}" for card in sorted(WEIGHTS.glob("*/card.md"))]))
    return "\n".join(_tree(title, list(dict.fromkeys(pages))) for title, pages in parts)


def _names(folder: Path, below: str) -> list[str]:
    return [f"{below}/{path.stem}" for path in sorted(folder.glob("*.md"))]


def _tree(title: str, pages: list[str]) -> str:
    return f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n" + "\n".join(pages) + "\n```\n"


if __name__ == "__main__":
    sys.exit(main())
