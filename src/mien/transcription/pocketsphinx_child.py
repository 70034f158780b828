"""Be the process that hears or aligns English with PocketSphinx: questions come in on stdin, answers go out on stdout.

A message is its length in bytes (four, little-endian) and its bytes. To `recognise`, a question is 16-bit mono sound at
16 kHz and the answer a JSON list of [word, first frame, last frame, probability], frames of 10 ms. To `align`, a
question is two messages, a JSON list of words and the sound, and the answer is what `aligned` returns, as JSON. It ends
when stdin does, on Linux even while it works, so it never outlives its parent. It is a process of its own because
PocketSphinx holds Python's lock while it works.
"""

import ctypes
import json
import signal
import struct
import sys
from typing import IO, Any, Literal

from pocketsphinx import Decoder

from mien.transcription.forced_alignment import aligned

LENGTH = struct.Struct("<I")
RATE = 16_000
PR_SET_PDEATHSIG = 1

Purpose = Literal["recognise", "align"]


def main(purpose: str, asked: IO[bytes], said: IO[bytes]) -> None:
    """Answer every question until there are no more."""
    if purpose == "align":
        _align(asked, said)
        return
    decoder = Decoder(loglevel="FATAL", samprate=float(RATE))
    while (sound := read_message(asked)) is not None:
        write_message(said, json.dumps(recognise(decoder, sound)).encode())


def _align(asked: IO[bytes], said: IO[bytes]) -> None:
    decoder = Decoder(loglevel="FATAL", samprate=float(RATE), lm=None, bestpath=False)
    while (words := read_message(asked)) is not None and (sound := read_message(asked)) is not None:
        write_message(said, json.dumps(aligned(decoder, json.loads(words), sound)).encode())


def recognise(decoder: Any, sound: bytes) -> list[tuple[str, int, int, float]]:
    """Return the words of one stretch of speech, noises and silences among them."""
    if not sound.strip(b"\0"):
        return []  # in samples that are all zero a word may be heard, depending on what was heard before
    decoder.reinit_feat()  # or what was heard before would change what is heard now
    decoder.start_utt()
    decoder.process_raw(sound, full_utt=True)
    decoder.end_utt()
    # `prob` is linear here, 0…1, unlike in the C library.
    return [(one.word, one.start_frame, one.end_frame, one.prob) for one in decoder.seg() or ()]


def read_message(stream: IO[bytes]) -> bytes | None:
    """Return the next message, or None at the end of the stream."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None


def write_message(stream: IO[bytes], body: bytes) -> None:
    """Send one message."""
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


def end_with_parent() -> None:
    """Leave interrupts to the parent, and have the system end this process when the thread that started it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    end_with_parent()
    main(sys.argv[1], sys.stdin.buffer, sys.stdout.buffer)
