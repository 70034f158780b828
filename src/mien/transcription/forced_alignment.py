"""Find when each word of a known text is spoken, with PocketSphinx's forced alignment."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from mien.transcription.pronunciations import Spoken, spoken_text

BEAMS: Final = (1e-200, 0.0)
"""How unlikely a path may be against the best and still be followed; where that leads nowhere, every path is.

The recogniser's own, 1e-48, is a quarter faster, and lost its way in 98 of 373 stretches: in noise, and among words
that nobody says. 1e-200 did in 10 of them.
"""

Frames = tuple[int, int]
"""The first frame of a word and the one after its last, of 10 ms."""


def aligned(decoder: Any, words: Sequence[str], sound: bytes) -> list[Frames]:
    """Return when each word as written is spoken in 16-bit mono sound at 16 kHz; nothing when the words do not fit."""
    parts = spoken_text(words, decoder.lookup_word)
    said = [one for part in parts for one in part]
    if not said or not sound.strip(b"\0"):
        return []
    for beam in BEAMS:
        found = _spoken_at(decoder, said, sound, beam)
        if len(found) == len(said):
            return list(_of_written(parts, found))
    return []


def _spoken_at(decoder: Any, said: Sequence[Spoken], sound: bytes, beam: float) -> list[Frames]:
    """Return when each spoken word is spoken, nothing when there is no way through."""
    _learn(decoder, said)
    for name in ("beam", "pbeam", "wbeam"):
        decoder.config[name] = beam
    decoder.reinit_feat()  # or what was aligned before would change what is found now
    decoder.set_align_text(" ".join(name for name, _ in said))
    decoder.start_utt()
    decoder.process_raw(sound, full_utt=True)
    decoder.end_utt()
    return [(one.start_frame, one.end_frame + 1) for one in decoder.seg() or () if one.word[0] not in "<[+("]


def _learn(decoder: Any, said: Sequence[Spoken]) -> None:
    """Add the words that the dictionary does not have, with all their ways: the second of "us" is called "us(2)"."""
    for name, ways in said:
        if decoder.lookup_word(name) is None:
            for number, phones in enumerate(ways, start=1):
                decoder.add_word(name if number == 1 else f"{name}({number})", phones, False)


def _of_written(parts: Sequence[Sequence[Spoken]], found: Sequence[Frames]) -> Iterator[Frames]:
    """Yield when each written word is spoken; one that is not spoken takes the border between its neighbours."""
    place, border = 0, found[0][0]
    for part in parts:
        first, place = place, place + len(part)
        begin, border = (found[first][0], found[place - 1][1]) if part else (border, border)
        yield begin, border
