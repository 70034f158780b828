"""Translate between the contract's language tags and the names recognisers go by."""

from typing import Final

from mien.domain.labels import LANGUAGES

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
