"""Tell texts from other files, and read them."""

import codecs
import re
from pathlib import Path

from mien.domain.errors import ItemTooLarge, UnreadableMedia
from mien.media.limits import MediaLimits

# The longer mark first: a UTF-16 mark is the beginning of a UTF-32 one.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
_CONTROL_SHARE = 0.02


def _encoding(start: bytes) -> str:
    return next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")


def is_text(start: bytes, whole: bool) -> bool:
    """Say whether a file that starts so is a text: UTF-8, or UTF-16 or UTF-32 with its mark, nearly all printable.

    `whole` says that nothing follows; otherwise the last character may be cut in two.
    """
    decoder = codecs.getincrementaldecoder(_encoding(start))()
    try:
        text = decoder.decode(start, final=whole)
    except UnicodeDecodeError:
        return False
    return "\0" not in text and len(_CONTROL.findall(text)) <= _CONTROL_SHARE * len(text)


def read_text(path: Path, limits: MediaLimits) -> str:
    """Return the whole text, line ends as they are. Raises ItemTooLarge, or UnreadableMedia where it is no text."""
    if path.stat().st_size > limits.max_text_bytes:
        raise ItemTooLarge(f"text is over the limit of {limits.max_text_bytes / 1024**2:g} MB")
    data = path.read_bytes()
    try:
        return data.decode(_encoding(data))
    except UnicodeDecodeError as error:
        raise UnreadableMedia(f"text could not be decoded: not valid {error.encoding} at byte {error.start}") from error
