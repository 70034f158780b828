"""Translate between the contract's language tags and the names recognisers go by."""

from typing import Final

from mien.domain.errors import CannotTranscribe
from mien.domain.labels import LANGUAGES

ENGLISH: Final = "en"
KNOWN_FROM: Final = 0.5
"""The confidence from which who knows English only takes it for heard, not only for assumed."""

_NAMES: Final = {
    "chinese": "zh", "mandarin": "zh", "danish": "da", "dutch": "nl", "english": "en", "french": "fr", "german": "de",
    "hindi": "hi", "indonesian": "id", "italian": "it", "japanese": "ja", "korean": "ko", "norwegian": "no",
    "nynorsk": "no", "nn": "no", "nb": "no", "polish": "pl", "portuguese": "pt", "russian": "ru", "spanish": "es",
    "castilian": "es", "swedish": "sv", "tamil": "ta", "turkish": "tr", "ukrainian": "uk",
}  # fmt: skip


def base_language(tag: str) -> str:
    """Return the two-letter code of a tag: recognisers know no regions."""
    return tag.split("-")[0].lower()


def heard_language(told: str | None, wanted: str | None) -> str | None:
    """Return the tag of a language that a recogniser names or abbreviates, None for one the contract does not know.

    What the client asked for is what it gets back.
    """
    if wanted is not None:
        return wanted
    name = (told or "").strip().lower()
    tag = _NAMES.get(name, base_language(name))
    return tag if tag in LANGUAGES else None


def refuse_all_but_english(wanted: str | None, transcriber: str) -> None:
    """Raise CannotTranscribe for a language that a transcriber of this name does not know."""
    if wanted is not None and base_language(wanted) != ENGLISH:
        raise CannotTranscribe(
            f"unable to transcribe file: the transcriber set up here ({transcriber}) knows English only, not {wanted}"
        )


def english_if_sure(wanted: str | None, confidence: float) -> str | None:
    """Return what the client asked for, else English where that was surely heard."""
    return wanted or (ENGLISH if confidence >= KNOWN_FROM else None)
