"""Leave frames undecoded that nobody asked for and no other frame is built on, and keep count of them all the same."""

from fractions import Fraction
from heapq import heappop, heappush
from typing import Any, Final

from av.video.stream import VideoStream

_CODECS: Final = frozenset({"h264", "hevc"})
_NEAR_FRAMES: Final = 0.75
_LEAST_STEP: Final = 2
"""From this many frames between two that are asked for, leaving some out pays."""


class SparseDecoding:
    """Tell the decoder, packet by packet, whether its frame may be wanted; a frame others refer to is decoded anyway.

    Only for codecs that mark such frames, at a constant rate, in containers that know their rate beforehand (MP4, MOV);
    `possible` says whether this film is one. Then a frame's
    number is how many frames come before it, not how many were decoded.
    """

    def __init__(self, track: VideoStream, fps: Fraction) -> None:
        rate = track.average_rate
        self._track = track
        self._step = rate / fps if rate and fps else Fraction(0)
        self.possible = (
            track.codec_context.name in _CODECS
            and track.container.format.name.startswith("mov")
            and track.average_rate == track.base_rate
            and track.time_base is not None
            and track.start_time is not None
            and self._step >= _LEAST_STEP
        )
        ticks = 1 / (rate * track.time_base) if self.possible and rate and track.time_base else Fraction(1)
        self._start = track.start_time or 0
        self._frames_per_tick, self._frames_per_step = float(1 / ticks), float(self._step)
        self._stamps: list[int] = []
        self._passed = 0

    def prepare(self, packet: Any) -> None:
        """Count the frame of a packet and tell the decoder what may happen to it."""
        if not self.possible or packet.is_discard or packet.size == 0:
            return
        if packet.pts is None:
            self.possible = False
            self._track.codec_context.skip_frame = "DEFAULT"
            return
        heappush(self._stamps, packet.pts)
        self._track.codec_context.skip_frame = "DEFAULT" if self.near(packet.pts) else "NONREF"

    def near(self, stamp: int | None) -> bool:
        """Say whether a frame is, or lies beside, one that is asked for; every frame does where nobody can tell."""
        if not self.possible or stamp is None:
            return True
        number = (stamp - self._start) * self._frames_per_tick
        nearest = round(number / self._frames_per_step)
        return abs(number - nearest * self._frames_per_step) <= _NEAR_FRAMES

    def number(self, decoded: int, stamp: int | None) -> int:
        """Return the number of a frame; `decoded` is how many came out of the decoder before it."""
        if not self.possible or stamp is None:
            return decoded
        while self._stamps and self._stamps[0] < stamp:
            heappop(self._stamps)
            self._passed += 1
        return self._passed
