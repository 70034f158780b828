"""Build the table by which entities are linked: `python -m training.entities.build [--data FOLDER]`."""

import argparse
import gzip
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
TABLE: Final = HERE.parent.parent / "src" / "mien" / "extractors" / "entities.tsv.gz"
DATA: Final = HERE.parent.parent.parent / "shared" / "data" / "text"

WRITTEN: Final = {"people.txt": "PER", "organisations.txt": "ORG", "places.txt": "GPE", "works.txt": ""}
NOT_NAMES: Final = re.compile(
    r"^(?:List|Lists|Outline|Index|History|Geography|Demographics|Economy|Politics|Culture|Sport|Music|Climate|"
    r"Timeline|Government|Religion|Education|Transport|Tourism|Military|Languages?|Category|Portal) (?:of|in) |"
    r"\((?:disambiguation|name|given name|surname|letter|unit|typography|punctuation)\)$|^\d+$"
)

SURNAME_LINKS: Final = 1_000  # links from which a person's single name alone leads to the article

# Names that many people bear: alone they mean somebody near, hardly the one the article is about.
SHARED: Final = frozenset((HERE / "shared_names.txt").read_text("utf-8").split())


@dataclass(frozen=True)
class Row:
    """Holds one line of the table; `links` is None where nobody counted."""

    title: str
    links: int | None
    kind: str
    aliases: tuple[str, ...]


def main() -> None:
    """Write the table and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    counted = list(counted_rows(parser.parse_args().data / "entity_titles.jsonl.gz"))
    written = [row for file, kind in WRITTEN.items() for row in written_rows((HERE / file).read_text("utf-8"), kind)]
    rows = merged(counted, written)
    content = "".join(f"{row.title}\t{_number(row.links)}\t{row.kind}\t{'|'.join(row.aliases)}\n" for row in rows)
    TABLE.write_bytes(gzip.compress(content.encode("utf-8"), 9, mtime=0))
    print(f"{len(counted)} counted titles, {len(written)} written by hand, {len(rows)} in the table")
    print(f"{sum(len(row.aliases) for row in rows)} other names, {TABLE.stat().st_size} bytes")


def counted_rows(path: Path) -> Iterator[Row]:
    """Yield the titles of the data pack without lists and the like, with those of their other names that are names."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        told: list[dict[str, Any]] = [json.loads(line) for line in lines]
    titles = {one["title"].casefold() for one in told}
    for one in told:
        if NOT_NAMES.search(one["title"]) or "\t" in one["title"] or one["title"] in SHARED:
            continue
        kind = one["type"] or ""
        known_by_surname = kind != "PER" or (one["inlinks"] or 0) >= SURNAME_LINKS
        surfaces = [name for name in one["aliases"] if known_by_surname or " " in name]
        aliases = _names(one["title"], kind, surfaces, titles)
        yield Row(one["title"], one["inlinks"], kind, tuple(aliases))


def _names(title: str, kind: str, surfaces: Iterable[str], titles: set[str]) -> list[str]:
    """Return the surface forms that mean the title itself and not something called after it."""
    kept: dict[str, str] = {}
    shared = set(title.casefold().split())
    for surface in surfaces:
        folded = surface.casefold()
        named_after = kind == "GPE" and " " in surface and not shared & set(folded.split())
        other = folded in titles and folded != title.casefold()
        if surface.islower() or "|" in surface or folded.endswith("-based") or named_after or other:
            continue
        kept.setdefault(folded, surface)
    return [name for name in kept.values() if name.casefold() != title.casefold()]


def written_rows(text: str, kind: str) -> Iterator[Row]:
    """Yield the titles of a file written by hand: `topic: Title; Title = other name/other name`."""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        for entry in line.split(": ", 1)[1].split("; "):
            title, _, names = entry.partition(" = ")
            yield Row(title.strip(), None, kind, tuple(name.strip() for name in names.split("/") if name.strip()))


def merged(counted: Iterable[Row], written: Iterable[Row]) -> list[Row]:
    """Return one row per title, in alphabetical order; what was written by hand adds names and decides the kind."""
    rows = {row.title: row for row in counted}
    for row in written:
        known = rows.get(row.title)
        if known is None:
            rows[row.title] = row
            continue
        aliases = tuple(dict.fromkeys([*known.aliases, *row.aliases]))
        rows[row.title] = replace(known, kind=row.kind, aliases=aliases)
    return [rows[title] for title in sorted(rows)]


def _number(links: int | None) -> str:
    return "" if links is None else str(links)


if __name__ == "__main__":
    main()
