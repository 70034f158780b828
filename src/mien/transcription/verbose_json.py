"""Read `verbose_json`, the form in which transcription servers tell words, segments and how sure they are."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mien.domain.errors import CannotTranscribe
from mien.domain.segment import TimeSpan
from mien.domain.transcript import SpokenWord, spread

Json = Mapping[str, Any]
_SURE_OF: Final = ("probability", "confidence", "score")


def words_of(answer: Json, piece: TimeSpan) -> list[SpokenWord]:
    """Return the words of an answer about one stretch of a recording, with times in the recording.

    Words without a probability of their own have that of their segment; a server that gives no words has those of each
    segment spread over its time. Raises CannotTranscribe for an answer with text and without any times.
    """
    try:
        segments = list(answer.get("segments") or ())
        told = list(answer.get("words") or ()) or [word for one in segments for word in one.get("words") or ()]
        if told:
            return list(_told(told, segments, str(answer.get("text") or ""), piece))
        if segments:
            return [word for one in segments for word in _spread(one, piece)]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CannotTranscribe(
            f"unable to transcribe file: the transcription server's answer cannot be read ({error})"
        ) from error
    if str(answer.get("text") or "").strip():
        raise CannotTranscribe("unable to transcribe file: the transcription server tells no times")
    return []


def _told(words: Sequence[Json], segments: Sequence[Json], text: str, piece: TimeSpan) -> Iterator[SpokenWord]:
    """Yield the words as the text writes them: many servers leave the punctuation out of the words themselves."""
    place, number = 0, 0
    for word in words:
        bare = str(word["word"]).strip()
        if not bare:
            continue
        while number + 1 < len(segments) and float(segments[number]["end"]) <= float(word["start"]):
            number += 1
        sure = _own(word) if _own(word) is not None else _of_segment(segments[number] if segments else {})
        begin = text.find(bare, place)
        if begin < 0:
            yield SpokenWord(bare, _time(word, piece), sure, not str(word["word"])[:1].isalnum() or not text)
            continue
        end = _with_marks(text, begin + len(bare))
        yield SpokenWord(text[begin:end], _time(word, piece), sure, begin == 0 or text[begin - 1].isspace())
        place = end


def _with_marks(text: str, end: int) -> int:
    """Return where the marks behind a word end; they belong to it."""
    while end < len(text) and not text[end].isspace() and not text[end].isalnum():
        end += 1
    return end


def _spread(segment: Json, piece: TimeSpan) -> list[SpokenWord]:
    parts = [(word, True) for word in str(segment["text"]).split()]
    return spread(parts, _time(segment, piece), _of_segment(segment))


def _time(told: Json, piece: TimeSpan) -> TimeSpan:
    begin = min(piece.end, piece.begin + max(0.0, float(told["start"])))
    return TimeSpan(begin, max(begin, min(piece.end, piece.begin + float(told["end"]))))


def _own(word: Json) -> float | None:
    found = [word[name] for name in _SURE_OF if isinstance(word.get(name), int | float)]
    return _share(float(found[0])) if found else None


def _of_segment(segment: Json) -> float | None:
    likelihood = segment.get("avg_logprob")
    return _share(math.exp(min(0.0, float(likelihood)))) if isinstance(likelihood, int | float) else None


def _share(value: float) -> float:
    return min(1.0, max(0.0, value)) if math.isfinite(value) else 0.0
