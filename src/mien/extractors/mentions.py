"""Find named entities in texts and transcripts: tag, join to whole words, link, and say which word speaks of them."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import islice
from typing import ClassVar, Final

import numpy as np

from mien.domain.errors import WeightsMissing
from mien.domain.expression import Extractor
from mien.domain.media import Media, MediaKind
from mien.domain.network import Floats, Runtime
from mien.domain.request import EntityExtraction
from mien.domain.segment import EntityMention, Position
from mien.domain.transcript import Transcript
from mien.extractors.entity_linking import Article, EntityTable, read_entities
from mien.extractors.entity_spans import Tagged, entities, whole_words
from mien.extractors.sentences import sentences
from mien.extractors.spoken import as_spoken
from mien.extractors.text_language import LATIN, language_of
from mien.tokenization.tokens import MAX_TOKENS, Pieces, Tokeniser, length_sorted, windows

ENGLISH: Final = "language-2"
LARGER: Final = "language-multilingual-1"
FOREIGN_CONFIDENCE: Final = 0.5
FOREIGN_NEEDED: Final = 0.3
"""Where the English network reads another language: factor on its confidence, and what a mention needs of it then."""

SENTENCES: Final = 32
ROWS: Final = 16
PART_CHARACTERS: Final = 2_000
NEAR_WORDS: Final = 6.0
FOCUS_NEEDED: Final = 0.02
NAMES_REMEMBERED: Final = 10_000

_WORD: Final = re.compile(r"\w+")
_EMPTY_WORDS: Final = frozenset((files("mien.extractors") / "empty_words.txt").read_text("utf-8").split())


@dataclass(frozen=True)
class _Part:
    """Hold a sentence, or a stretch of a very long one, and where it begins in the text."""

    begin: int
    text: str


@dataclass(frozen=True, eq=False)
class _Row:
    """Hold what the network says of one row of pieces of a part: tags, pieces x 9, and focus, a number per piece."""

    part: _Part
    pieces: Pieces
    tags: Floats
    focus: Floats


class Tagger:
    """Tag sentences with the network of a weights folder."""

    def __init__(self, runtime: Runtime, weights: str) -> None:
        self._network = runtime.network(weights)
        self._tokeniser = Tokeniser(runtime.companion(weights, "tokenizer.json"))
        self.languages = frozenset(json.loads(runtime.companion(weights, "manifest.json")).get("languages", ("en",)))

    def rows(self, parts: Sequence[_Part]) -> list[_Row]:
        """Return the tagged rows in order of the text; a part longer than a row gives several."""
        cut = [(part, row) for part in parts for row in windows(self._tokeniser.pieces(part.text), MAX_TOKENS)]
        found: dict[int, _Row] = {}
        for batch in length_sorted([len(row) for _, row in cut], ROWS):
            inputs = self._tokeniser.rows([cut[index][1] for index in batch])
            answers = self._network.run(inputs, ["tags", "focus"])
            for place, index in enumerate(batch):
                part, pieces = cut[index]
                inner = slice(1, len(pieces) + 1)
                found[index] = _Row(part, pieces, answers["tags"][place, inner], answers["focus"][place, inner])
        return [found[index] for index in range(len(cut))]


class MentionExtractor:
    """Find people, places, organisations and other names, with their article where the table has one."""

    takes: ClassVar[type[object]] = EntityExtraction
    kinds: ClassVar[frozenset[MediaKind]] = frozenset({MediaKind.TEXT, MediaKind.AUDIO, MediaKind.VIDEO})
    reads_transcript: ClassVar[bool] = True
    in_stretches: ClassVar[bool] = True

    def __init__(self, runtime: Runtime) -> None:
        self._english = Tagger(runtime, ENGLISH)
        self._larger = _larger(runtime)
        self._table = read_entities()

    def extract(self, media: Media, transcript: Transcript | None, wanted: EntityExtraction) -> Iterator[EntityMention]:
        """Yield the mentions in order; none in a language whose script no network here reads."""
        text = transcript.text if transcript else media.text
        language = (transcript.language if transcript else None) or language_of(text)
        for mention in self._written(text, language):
            if transcript is not None and transcript.words:
                yield as_spoken(mention, transcript, wanted.identify_speakers)
            else:
                yield mention

    def _written(self, text: str, language: str) -> Iterator[EntityMention]:
        tagger, trust = self._tagger(language)
        if tagger is None:
            return
        linker = _Linker(self._table)
        parts = _parts(text, language)
        while batch := list(islice(parts, SENTENCES)):
            for row in tagger.rows(batch):
                for mention in linker.mentions(row):
                    confidence = mention.entity_confidence * trust
                    if trust == 1.0 or confidence >= FOREIGN_NEEDED:
                        yield replace(mention, entity_confidence=confidence, language=language)

    def _tagger(self, language: str) -> tuple[Tagger | None, float]:
        tags = {language, language.split("-")[0]}
        if self._larger is not None and tags & self._larger.languages:
            return self._larger, 1.0
        if tags & self._english.languages:
            return self._english, 1.0
        return (self._english, FOREIGN_CONFIDENCE) if tags & set(LATIN) else (None, 0.0)


class _Linker:
    """Link the names of one text one after the other: a surname means who was named in full before."""

    def __init__(self, table: EntityTable) -> None:
        self._table = table
        self._in_full: dict[str, Article | None] = {}
        self._before: frozenset[str] = frozenset()

    def mentions(self, row: _Row) -> Iterator[EntityMention]:
        near = frozenset(word.casefold() for word in _WORD.findall(row.part.text))
        words = whole_words(row.part.text, row.pieces.spans)
        found = entities(row.part.text, row.pieces.spans, row.tags)
        for one in found:
            name = row.part.text[slice(*one.place)]
            article = self._article(name, one.kind, near | self._before)
            yield EntityMention(
                entity=name,
                position=Position(row.part.begin + one.place[0], row.part.begin + one.place[1]),
                entity_confidence=min(1.0, one.confidence),
                support=article.support if article else 0.0,
                uri=article.uri if article else "",
                link_word=_link_word(row, words, one, found),
                context=row.part.text,
            )
        self._before = near

    def _article(self, name: str, kind: str, near: frozenset[str]) -> Article | None:
        if kind != "PER":
            return self._table.link(name, kind, near)
        names = name.casefold().removesuffix("'s").removesuffix("’s").split()
        if len(names) == 1 and names[0] in self._in_full:
            return self._in_full[names[0]]
        article = self._table.link(name, kind, near)
        if len(names) > 1 and len(self._in_full) < NAMES_REMEMBERED:
            self._in_full[names[-1]] = article
        return article


def _link_word(row: _Row, words: Sequence[tuple[int, int]], one: Tagged, found: Sequence[Tagged]) -> str:
    """Return the word near an entity that carries the expression most, or the entity's own last word."""
    named = {index for other in found for index in range(*other.words)}
    best, best_focus = -1, FOCUS_NEEDED
    for index, (first, last) in enumerate(words):
        written = row.part.text[row.pieces.spans[first][0] : row.pieces.spans[last - 1][1]]
        if index in named or not written.replace("'", "").isalpha() or written.casefold() in _EMPTY_WORDS:
            continue
        distance = max(one.words[0] - index, index - one.words[1] + 1)
        focus = float(row.focus[first:last].max()) * float(np.exp(-distance / NEAR_WORDS))
        if focus > best_focus:
            best, best_focus = index, focus
    first, last = words[best] if best >= 0 else words[one.words[1] - 1]
    return row.part.text[row.pieces.spans[first][0] : row.pieces.spans[last - 1][1]]


def _parts(text: str, language: str) -> Iterator[_Part]:
    for place in sentences(text, language):
        begin = place.begin
        while place.end - begin > PART_CHARACTERS:
            end = text.rfind(" ", begin + 1, begin + PART_CHARACTERS)
            end = end if end > 0 else begin + PART_CHARACTERS
            yield _Part(begin, text[begin:end])
            begin = end
        yield _Part(begin, text[begin : place.end])


def _larger(runtime: Runtime) -> Tagger | None:
    try:
        runtime.companion(LARGER, "manifest.json")
    except WeightsMissing:
        return None
    return Tagger(runtime, LARGER)


_contract: type[Extractor[EntityExtraction]] = MentionExtractor
