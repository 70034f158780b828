"""Tell in which language a text is written, offline."""

import re
from functools import cache
from importlib.resources import files
from typing import Any, Final

from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]  # has no types
from py3langid.modelio import load_model  # type: ignore[import-untyped]  # has no types

LATIN: Final = ("da", "de", "en", "es", "fr", "id", "it", "nl", "no", "pl", "pt", "sv", "tr")
SAMPLES: Final = 4
SAMPLE_CHARACTERS: Final = 500

SHORT_CHARACTERS: Final = 20
SHORT_ODDS: Final = 8.0
ODDS: Final = 2.0
"""How many times likelier than English another language must be; a slip into another language costs more than one
into English, and short lines say little."""

# Frequent words of Hindi in Latin script that no language above uses much; "to", "hi" or "main" would be.
_HINDI_WORDS: Final = frozenset((files("mien.extractors") / "latin_hindi.txt").read_text("utf-8").split())
_WORD: Final = re.compile(r"[A-Za-z]+")
_SCRIPTS: Final = (
    (re.compile("[\u3040-\u30ff\uff66-\uff9f]"), "ja"),
    (re.compile("[\uac00-\ud7af\u1100-\u11ff]"), "ko"),
    (re.compile("[\u0b80-\u0bff]"), "ta"),
    (re.compile("[\u0900-\u097f]"), "hi"),
    (re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]"), "zh"),
)
_CYRILLIC: Final = re.compile("[\u0400-\u04ff]")
_UKRAINIAN: Final = re.compile("[іїєґІЇЄҐ]")
_RUSSIAN: Final = re.compile("[ыэъёЫЭЪЁ]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_SCRIPT_SHARE: Final = 0.2


def language_of(text: str) -> str:
    """Return the BCP-47 tag of the language a text is written in, judged by samples of a long one.

    Languages are told apart by script and, in Latin letters, by letter sequences. A text that says too little is taken
    for English; regional tags are not told apart.
    """
    sample = _sample(text)
    letters = len(_LETTER.findall(sample))
    if not letters:
        return "en"
    for script, tag in _SCRIPTS:
        if len(script.findall(sample)) >= _SCRIPT_SHARE * letters:
            return tag
    if len(_CYRILLIC.findall(sample)) >= _SCRIPT_SHARE * letters:
        return "uk" if len(_UKRAINIAN.findall(sample)) > len(_RUSSIAN.findall(sample)) else "ru"
    return "hi-Latn" if _is_latin_hindi(sample) else _latin_language(sample)


def _latin_language(sample: str) -> str:
    ranked = _latin_identifier().rank(sample)
    odds = SHORT_ODDS if len(sample) < SHORT_CHARACTERS else ODDS
    tag, likelihood = ranked[0]
    return str(tag) if likelihood > odds * dict(ranked)["en"] else "en"


@cache
def _latin_identifier() -> Any:
    """Return the identifier, one for the process: it takes 50 MB, and far more with all its languages."""
    frequencies, priors, tags, moves, rows, outputs = load_model(MODEL_DIR / MODEL_FILE)
    kept = [index for index, tag in enumerate(tags) if tag in LATIN]
    chosen = [tags[index] for index in kept]
    return LanguageIdentifier(frequencies[:, kept], priors[kept], chosen, moves, outputs, norm_probs=True, tk_row=rows)


def _sample(text: str) -> str:
    """Return a long text's parts, taken at even distances; a short one as it is."""
    if len(text) <= SAMPLES * SAMPLE_CHARACTERS:
        return text.strip()
    step = (len(text) - SAMPLE_CHARACTERS) // (SAMPLES - 1)
    return "\n".join(text[place * step : place * step + SAMPLE_CHARACTERS] for place in range(SAMPLES))


def _is_latin_hindi(sample: str) -> bool:
    found = [word.lower() for word in _WORD.findall(sample)]
    known = sum(word in _HINDI_WORDS for word in found)
    return known >= 2 and known >= 0.3 * len(found)
