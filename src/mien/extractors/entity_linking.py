"""Link names to articles of the English Wikipedia, offline, by a compact table of titles."""

import gzip
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import quote

WIKI: Final = "https://en.wikipedia.org/wiki/"
UNCOUNTED: Final = 1_000
"""Links that an article is taken to have, when names are weighed, where nobody counted: such lists hold known names."""

EVIDENCE: Final = 5.0
AGREEMENT: Final = 2.0
OWN_TITLE: Final = 2.0
CLASH: Final = -3.0
"""Weights beside the logarithm of incoming links: a word of the title's addition stands near, the kinds agree, the name
is the very title, the kinds differ."""

# Tags of the network → types of the table.
_TYPE_OF: Final[Mapping[str, str]] = {"PER": "PER", "LOC": "GPE", "ORG": "ORG"}
_POSSESSIVE: Final = re.compile(r"['’]s?$")
_QUALIFIER: Final = re.compile(r"^(?P<base>.+?)(?: \((?P<inside>[^()]+)\)|, (?P<after>.+))$")
_WORD: Final = re.compile(r"\w+")
_SMALL_WORDS: Final = frozenset({"the", "of", "and", "in", "a", "an", "for", "on"})


@dataclass(frozen=True, slots=True)
class Article:
    """Hold one title; `support` counts the links that lead to it, 0 where unknown; `kind` is PER, GPE, ORG or empty."""

    title: str
    support: float
    kind: str

    @property
    def uri(self) -> str:
        """Return the address of the article."""
        return WIKI + quote(self.title.replace(" ", "_"), safe="()',:!*;@&=+$/")


class EntityTable:
    """Find the article a name most likely means, or none; its 40,000 articles stay the lines they were read from."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = tuple(lines)
        self._known: dict[str, tuple[int, ...]] = {}
        self._only_near: dict[str, tuple[int, ...]] = {}
        for number, line in enumerate(self._lines):
            title, _, _, aliases = line.split("\t")
            for name in {_key(title), *(_key(alias) for alias in aliases.split("|") if alias)}:
                self._known[name] = (*self._known.get(name, ()), number)
            qualified = _QUALIFIER.match(title)
            if qualified:
                name = _key(qualified["base"])
                self._only_near[name] = (*self._only_near.get(name, ()), number)

    def link(self, name: str, tag: str, near: frozenset[str]) -> Article | None:
        """Return the article a name means, given the network's tag and the lower-case words near it.

        A title with an addition (`Lens (geometry)`) is meant only where a word of the addition stands near, unless the
        name is known as another name of it. None is returned rather than an article that does not fit.
        """
        key = _key(name)
        articles = [_article(self._lines[number]) for number in self._known.get(key, ())]
        additions = [_article(self._lines[number]) for number in self._only_near.get(key, ())]
        articles += [article for article in additions if _evidence(article.title, near)]
        fitting = [article for article in articles if not _impossible(article, key, tag)]
        if name.islower():  # without its capital, "crown" is hardly the series
            fitting = [article for article in fitting if article.kind]
        return max(fitting, key=lambda article: _score(article, key, tag, near), default=None)


@cache
def read_entities() -> EntityTable:
    """Read the table that comes with the package: title, links, type and other names, separated by tabs."""
    packed = (files("mien.extractors") / "entities.tsv.gz").read_bytes()
    return EntityTable(gzip.decompress(packed).decode("utf-8").splitlines())


def _article(line: str) -> Article:
    title, support, kind, _ = line.split("\t")
    return Article(title, float(support or 0), kind)


def _key(name: str) -> str:
    words = _POSSESSIVE.sub("", name).casefold().replace("’", "'").strip(". ").split()
    return " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)


def _score(article: Article, key: str, tag: str, near: frozenset[str]) -> float:
    score = math.log1p(article.support or UNCOUNTED) + EVIDENCE * min(2, _evidence(article.title, near))
    if key == _key(article.title):
        score += OWN_TITLE
    wanted = _TYPE_OF.get(tag)
    if wanted is None or not article.kind:
        return score
    return score + (AGREEMENT if wanted == article.kind else CLASH)


def _impossible(article: Article, key: str, tag: str) -> bool:
    """Say whether the kinds cannot both be right: a person is no place, though a team bears a city's name.

    A person's single name that leads to an article of unknown kind says too little.
    """
    if tag == "PER":
        return article.kind != "PER" and bool(article.kind or " " not in key)
    return article.kind == "PER" and tag in _TYPE_OF


def _evidence(title: str, near: frozenset[str]) -> int:
    qualified = _QUALIFIER.match(title)
    if not qualified:
        return 0
    words = _WORD.findall((qualified["inside"] or qualified["after"]).casefold())
    return sum(word in near for word in words if word not in _SMALL_WORDS)
