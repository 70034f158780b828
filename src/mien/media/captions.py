"""Read the subtitles that come with a recording: text tracks in its container, or an .srt or .vtt file beside it."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import av
from av.container import InputContainer
from av.stream import Disposition

from mien.domain.cancellation import Cancellation
from mien.domain.errors import ItemError
from mien.domain.labels import LANGUAGES
from mien.domain.segment import TimeSpan
from mien.domain.transcript import Captions, SpokenWord
from mien.media.container import begin_seconds, open_container
from mien.media.limits import MediaLimits
from mien.media.text import read_text

MOST_LINES: Final = 100_000
_TEXT_CODECS: Final = frozenset({"ass", "mov_text", "srt", "ssa", "subrip", "text", "webvtt"})
_NOT_SPEECH: Final = Disposition.forced | Disposition.comment
# ISO 639-2, as containers write it, to the tags of the contract.
_TAGS: Final = {
    "chi": "zh", "zho": "zh", "dan": "da", "dut": "nl", "nld": "nl", "eng": "en", "fre": "fr", "fra": "fr",
    "ger": "de", "deu": "de", "hin": "hi", "ind": "id", "ita": "it", "jpn": "ja", "kor": "ko", "nor": "no",
    "nob": "no", "nno": "no", "pol": "pl", "por": "pt", "rus": "ru", "spa": "es", "swe": "sv", "tam": "ta",
    "tur": "tr", "ukr": "uk",
}  # fmt: skip
_UNTOLD: Final = frozenset({"", "und", "mul", "mis", "zxx", "qaa"})
_WEBVTT: Final = re.compile(r"\ufeff?WEBVTT")


def captions_within(path: Path, cancellation: Cancellation) -> tuple[Captions, ...]:
    """Return the text tracks of a recording, in its order; forced ones, which translate signs, are left out."""
    with open_container(path) as container:
        tracks = [track for track in container.streams.subtitles if _is_speech(track)]
        if not tracks:
            return ()
        begin = begin_seconds(container)
        found: dict[int, list[SpokenWord]] = {track.index: [] for track in tracks}
        for packet in _packets(container, tracks):
            cancellation.check()
            if packet.pts is not None and packet.duration and len(found[packet.stream.index]) < MOST_LINES:
                found[packet.stream.index] += _lines(packet, begin)
        return tuple(Captions(tuple(found[one.index]), _language(one.language)) for one in tracks if found[one.index])


def captions_beside(path: Path, language: str | None = None) -> tuple[Captions, ...]:
    """Return the subtitles of an .srt or .vtt file, whatever its name; none where it is no such file."""
    try:
        text = read_text(path, MediaLimits())
    except ItemError:
        return ()
    form = "webvtt" if _WEBVTT.match(text) else "srt"
    try:
        with av.open(io.BytesIO(text.encode()), "r", format=form) as container:
            lines = [line for packet in container.demux() if packet.pts is not None for line in _lines(packet, 0.0)]
    except (av.FFmpegError, ValueError):
        return ()
    return (Captions(tuple(lines[:MOST_LINES]), language),) if lines else ()


def _is_speech(track: Any) -> bool:
    context = track.codec_context
    return context is not None and context.name in _TEXT_CODECS and not track.disposition & _NOT_SPEECH


def _packets(container: InputContainer, tracks: list[Any]) -> Iterator[Any]:
    try:
        yield from container.demux(tracks)
    except av.FFmpegError:
        return  # what was read of the subtitles stays good; whether the recording is, its own reader says


def _lines(packet: Any, begin: float) -> Iterator[SpokenWord]:
    try:
        pieces = packet.decode()
    except av.FFmpegError:
        return
    start = float(packet.pts * packet.time_base) - begin
    time = TimeSpan(max(0.0, start), max(0.0, start + float((packet.duration or 0) * packet.time_base)))
    for piece in pieces:
        dialogue = getattr(piece, "dialogue", b"")
        if dialogue and time.end > time.begin:
            yield SpokenWord(dialogue.decode("utf-8", "replace"), time)


def _language(told: str | None) -> str | None:
    name = (told or "").strip()
    if name.lower() in _UNTOLD:
        return None
    return name if name in LANGUAGES else _TAGS.get(name.lower(), name.lower())
