"""Tell texts from other files, and read them."""

import codecs
import re
from pathlib import Path

from mien.domain.errors import ItemTooLarge, UnreadableMedia
from mien.media.encodings import encoding_of
from mien.media.limits import MediaLimits

_START_BYTES = 64 * 1024
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
_CONTROL_SHARE = 0.02


def is_text(start: bytes, whole: bool) -> bool:
    """Say whether a file that starts so is a text in an encoding that can be told, nearly all printable.

    `whole` says that nothing follows; otherwise the last character may be cut in two.
    """
    encoding = encoding_of(start, whole)
    if encoding is None:
        return False
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(start, final=whole)
    except UnicodeDecodeError:
        return False
    return "\0" not in text and len(_CONTROL.findall(text)) <= _CONTROL_SHARE * len(text)


def read_text(path: Path, limits: MediaLimits) -> str:
    """Return the whole text, line ends as they are. Raises ItemTooLarge, or UnreadableMedia where it is no text."""
    if path.stat().st_size > limits.max_text_bytes:
        raise ItemTooLarge(f"text is over the limit of {limits.max_text_bytes / 1024**2:g} MB")
    data = path.read_bytes()
    encoding = encoding_of(data[:_START_BYTES], whole=len(data) <= _START_BYTES) or "utf-8"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableMedia(f"text could not be decoded: not valid {error.encoding} at byte {error.start}") from error
