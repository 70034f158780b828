"""Leave frames undecoded that nobody asked for and no frame asked for is built on, and keep count of them all the same.

Two kinds are left out: those that no other frame refers to, and those between the last frame asked for and a fresh
start, a key picture at which the decoder forgets everything before it (cameras make one about every second).
"""

from collections.abc import Iterator
from fractions import Fraction
from heapq import heappop, heappush
from typing import Any, Final

from av.video.stream import VideoStream

from mien.media.fresh_starts import FreshStarts

_CODECS: Final = frozenset({"h264", "hevc"})
_NEAR_FRAMES: Final = 0.75
_LEAST_STEP: Final = 2
"""From this many frames between two that are asked for, leaving some out pays."""

_MOST_HELD_BYTES: Final = 16 * 1024 * 1024
"""Packets held back at most, in bytes; a fresh start that is further away is not waited for."""


class SparseDecoding:
    """Choose the packets to decode, and tell the decoder of each whether its frame may be wanted.

    Only for codecs that mark what is referred to, at a constant rate, in containers that know their rate beforehand
    (MP4, MOV); `possible` says whether this film is one. Then a frame's
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
        self._fresh_starts = FreshStarts(track.codec_context)
        self._held: list[Any] = []
        self._held_bytes = 0
        self._begun = False

    def chosen(self, packet: Any) -> Iterator[Any]:
        """Count the frame of a packet and yield what is to be decoded now: the packet, some held back before, nothing.

        Each must be decoded before the next is asked for. Of every film something is decoded, to prove that it can be.
        """
        if not self.possible:
            yield packet
            return
        if packet.size == 0:  # the film is over, and what is still held back nobody asked for
            yield from () if self._begun else self._released()
            yield packet
            return
        if packet.is_discard or packet.pts is None:
            yield from self._released()
            self.possible = self.possible and packet.pts is not None
            self._track.codec_context.skip_frame = "DEFAULT"
            yield packet
            return
        heappush(self._stamps, packet.pts)
        if self._held and self._fresh_starts.between(self._held, packet):
            self._held, self._held_bytes = [], 0
        self._held.append(packet)
        self._held_bytes += packet.size
        if self.near(packet.pts) or self._held_bytes > _MOST_HELD_BYTES:
            yield from self._released()

    def _released(self) -> Iterator[Any]:
        self._begun = True
        held, self._held, self._held_bytes = self._held, [], 0
        for packet in held:
            self._track.codec_context.skip_frame = "DEFAULT" if self.near(packet.pts) else "NONREF"
            yield packet

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
