"""Look at the bytes of a file and open the right reader."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from mien.domain.cancellation import Cancellation
from mien.domain.errors import EmptyFile
from mien.domain.media import Frame, MediaKind
from mien.domain.transcript import Captions
from mien.media.audio import SoundTrack
from mien.media.captions import captions_beside, captions_within
from mien.media.container import decoded, film_track, open_container, sound_track, stated_seconds, unreadable
from mien.media.image import Pixels, image_format, moves, read_image, read_moving_image
from mien.media.limits import MediaLimits, check_pixels, too_long
from mien.media.opened import OpenedMedia
from mien.media.text import is_text, read_text
from mien.media.video import read_frames

_START_BYTES = 64 * 1024
_DEFAULT_LIMITS = MediaLimits()


def open_media(
    path: Path,
    limits: MediaLimits = _DEFAULT_LIMITS,
    scratch: Path | None = None,
    cancellation: Cancellation | None = None,
    subtitles: Path | None = None,
) -> OpenedMedia:
    """Open a file by what its bytes are, whatever its name says.

    A waveform is kept in `scratch` (the system's temporary folder without it); decoding asks `cancellation`.
    `subtitles` is an .srt or .vtt file that came with it; without one a recording's own text tracks are its captions.
    Raises EmptyFile, UnreadableMedia or ItemTooLarge.
    """
    size = path.stat().st_size
    if not size:
        raise EmptyFile
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    if is_text(start, whole=size <= _START_BYTES):
        return text_media(read_text(path, limits))
    picture = image_format(start)
    if picture:
        if moves(path, picture, limits):
            return OpenedMedia(MediaKind.VIDEO_NO_AUDIO, read_frames=partial(_moving_frames, path, picture, limits))
        return _image_media(read_image(path, picture, limits))
    opened = _recorded_media(path, limits, scratch, cancellation or Cancellation())
    return replace(opened, read_captions=partial(_captions, path, subtitles, cancellation or Cancellation()))


def text_media(text: str) -> OpenedMedia:
    """Open a text that is already in memory."""
    return OpenedMedia(MediaKind.TEXT, text=text)


def _image_media(pixels: Pixels) -> OpenedMedia:
    def frames(_fps: float) -> Iterator[Frame]:
        yield Frame(0, 0.0, pixels)

    return OpenedMedia(MediaKind.IMAGE, read_frames=frames)


def _moving_frames(path: Path, picture: str, limits: MediaLimits, fps: float) -> Iterator[Frame]:
    return read_moving_image(path, picture, fps, limits)


def _recorded_media(path: Path, limits: MediaLimits, scratch: Path | None, cancellation: Cancellation) -> OpenedMedia:
    kind = _recorded_kind(path, limits, cancellation)
    if kind is MediaKind.VIDEO_NO_AUDIO:
        return OpenedMedia(kind, read_frames=partial(_frames, path, limits, cancellation))
    sound = SoundTrack(path, limits, scratch, cancellation)
    if kind is MediaKind.AUDIO:
        return OpenedMedia(kind, read_waveform=sound.waveform, release=sound.close)
    return OpenedMedia(
        kind,
        read_frames=partial(_frames, path, limits, cancellation),
        read_waveform=sound.waveform,
        release=sound.close,
    )


def _captions(path: Path, subtitles: Path | None, cancellation: Cancellation) -> tuple[Captions, ...]:
    beside = captions_beside(subtitles) if subtitles else ()
    return beside or captions_within(path, cancellation)


def _frames(path: Path, limits: MediaLimits, cancellation: Cancellation, fps: float) -> Iterator[Frame]:
    return read_frames(path, fps, limits, cancellation)


def _recorded_kind(path: Path, limits: MediaLimits, cancellation: Cancellation) -> MediaKind:
    """Return what kind of recording a file is, having decoded one frame of it as a proof."""
    with open_container(path) as container:
        film, sound = film_track(container), sound_track(container)
        if film is None and sound is None:
            raise unreadable(path)
        if (stated_seconds(container) or 0) > limits.max_seconds:
            raise too_long(limits)
        if film is not None:
            check_pixels("video", film.codec_context.width, film.codec_context.height, limits)
        next(decoded(container, film or sound, path, cancellation))
    if film is None:
        return MediaKind.AUDIO
    return MediaKind.VIDEO if sound is not None else MediaKind.VIDEO_NO_AUDIO
