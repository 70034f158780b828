"""Open video and sound files safely, and decode a track of them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Disposition, Stream

from mien.domain.cancellation import Cancellation
from mien.domain.errors import UnreadableMedia

# Containers that hold their own data. Playlists, which name other files, and bare pictures are not among them.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,mpegts,mpeg,asf,mxf,dv,"
    "ogg,wav,w64,mp3,flac,aac,aiff,au,caf,amr,ac3,eac3,wv,ape,tta"
)
_OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "none"}
_NOT_A_FILM = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
# Formats whose header states a length worth believing.
_STATES_LENGTH = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "flv", "avi", "flac", "ogg", "wav"})
_BUFFER_BYTES = 256 * 1024
_MICROSECONDS = 1_000_000

av.logging.set_level(None)


@contextmanager
def open_container(path: Path) -> Iterator[InputContainer]:
    """Open a video or sound file for the length of a block. Raises UnreadableMedia.

    It is read through a file object, so that nothing in it can make the decoder open another file or address.
    """
    with path.open("rb") as file:
        try:
            container = av.open(
                file, "r", container_options=_OPTIONS, metadata_errors="replace", buffer_size=_BUFFER_BYTES
            )
        except (av.FFmpegError, ValueError) as error:
            raise unreadable(path) from error
        with container:
            yield container


def unreadable(path: Path) -> UnreadableMedia:
    """Return the error for a file in which no picture or sound is found."""
    with path.open("rb") as file:
        looks_like_film = file.read(8)[4:] == b"ftyp"
    if looks_like_film:
        return UnreadableMedia("file could not be decoded as video: it is damaged or cut off")
    return UnreadableMedia()


def film_track(container: InputContainer) -> Any:
    """Return the video stream, or None; cover art and thumbnails are no film."""
    films = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & _NOT_A_FILM
    ]
    return films[0] if films else None


def sound_track(container: InputContainer) -> Any:
    """Return the audio stream, or None."""
    sounds = [stream for stream in container.streams.audio if stream.codec_context is not None]
    return sounds[0] if sounds else None


def begin_seconds(container: InputContainer) -> float:
    """Return the time stamp at which a file begins: that of its film or of its sound, whichever is earlier."""
    tracks = [track for track in (film_track(container), sound_track(container)) if track is not None]
    begins = [float(track.start_time * track.time_base) for track in tracks if track.start_time is not None]
    return min(begins, default=0.0)


def stated_seconds(container: InputContainer) -> float | None:
    """Return the length the file states of itself, None where it does not or only guesses."""
    if container.format.name not in _STATES_LENGTH or not container.duration:
        return None
    return container.duration / _MICROSECONDS


def every_packet(packet: Any) -> Iterable[Any]:
    """Choose every packet."""
    return (packet,)


def decoded(
    container: InputContainer,
    track: Stream,
    path: Path,
    cancellation: Cancellation,
    choose: Callable[[Any], Iterable[Any]] = every_packet,
) -> Iterator[Any]:
    """Yield the decoded frames of a track in order of presentation, passing over damaged ones.

    `choose` is given every packet of the track and says which to decode now, one after the other. Asks `cancellation`
    at every packet. Raises UnreadableMedia at the end when nothing could be decoded or the file is cut off.
    """
    reached, count = 0.0, 0
    for packet in _packets(container):
        cancellation.check()
        reached = max(reached, _end(packet))
        if packet.stream.index != track.index:
            continue
        for one in choose(packet):
            for frame in _frames(one):
                count += 1
                yield frame
    if not count:
        raise UnreadableMedia(f"file could not be decoded: its {track.type} is damaged")
    if _cut_off(container, track, path, reached):
        raise UnreadableMedia(f"file is cut off: it ends after {reached:.1f} s")


def _packets(container: InputContainer) -> Iterator[Any]:
    try:
        yield from container.demux()
    except av.FFmpegError as error:
        raise UnreadableMedia(f"file breaks off: {error.strerror}") from error


def _frames(packet: Any) -> list[Any]:
    try:
        return list(packet.decode())
    except av.FFmpegError:
        return []  # one damaged packet is no reason to give up a film


def _end(packet: Any) -> float:
    begin = packet.pts if packet.pts is not None else packet.dts
    base = packet.time_base
    if begin is None or base is None:
        return 0.0
    return float((begin + (packet.duration or 0)) * base.numerator / base.denominator)


def _cut_off(container: InputContainer, track: Stream, path: Path, reached: float) -> bool:
    if container.format.name.startswith("mov"):
        size = path.stat().st_size
        return any(entry.pos + entry.size > size for entry in track.index_entries)
    stated = stated_seconds(container)
    if container.format.name == "avi" and track.type == "video" and track.frames and track.average_rate:
        stated = float(track.frames / track.average_rate)
    return stated is not None and reached < stated - max(1.0, 0.05 * stated)
