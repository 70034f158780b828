"""Find where somebody speaks: Silero's network over the waveform, and its probabilities cut into stretches.

Source: Silero VAD v6 (MIT), https://github.com/snakers4/silero-vad. It reads 512 samples at a time (32 ms at 16 kHz)
after the 64 before them, and carries a state from one to the next; the sequence form takes many at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mien.domain.cancellation import Cancellation
from mien.domain.media import Waveform
from mien.domain.network import Floats, Runtime
from mien.domain.segment import TimeSpan
from mien.extractors.stretch_borders import heard_part

WEIGHTS: Final = "voice-activity-1"
RATE: Final = 16_000
FRAME: Final = 512
CONTEXT: Final = 64
STATE: Final = 128
FRAMES_AT_ONCE: Final = 1_024
FRAME_SECONDS: Final = FRAME / RATE
_NOWHERE: Final = TimeSpan(0.0, 0.0)


@dataclass(frozen=True)
class Cutting:
    """Say how probabilities become stretches: they begin above `on`, end after `silence` seconds below `off`.

    Stretches shorter than `shortest` are dropped, longer than `longest` are cut where speech is least likely; each is
    widened by `padding` seconds on both sides, as far as the neighbours leave room.
    """

    on: float = 0.5
    off: float = 0.35
    silence: float = 0.6
    shortest: float = 0.2
    longest: float = 20.0
    padding: float = 0.2


class VoiceActivity:
    """Say where in a recording somebody speaks."""

    def __init__(self, runtime: Runtime) -> None:
        self._network = runtime.network(WEIGHTS)

    def speech(
        self, waveform: Waveform, cancellation: Cancellation | None = None, cutting: Cutting | None = None
    ) -> tuple[TimeSpan, ...]:
        """Return the stretches of speech in order; they do not overlap. Asks `cancellation` every half minute."""
        probabilities = self.probabilities(waveform, cancellation or Cancellation())
        return stretches(probabilities, waveform.samples.size / waveform.rate, cutting or Cutting())

    def probabilities(self, waveform: Waveform, cancellation: Cancellation) -> Floats:
        """Return the probability of speech for every 32 ms; below 0 where a stretch leaves it to others to listen."""
        if waveform.rate != RATE:
            raise ValueError(f"voice activity reads {RATE} samples a second, not {waveform.rate}")

        def listen(first: int, last: int) -> Floats:
            samples = waveform.samples[first * FRAME : last * FRAME]
            heard = self._pieces(replace(waveform, samples=samples), cancellation)
            return np.concatenate([np.empty(0, np.float32), *heard])

        frames = -(-waveform.samples.size // FRAME)
        if waveform.part is None:
            return listen(0, frames)
        return heard_part(listen, waveform.part, frames, FRAME_SECONDS)

    def _pieces(self, waveform: Waveform, cancellation: Cancellation) -> Iterator[Floats]:
        state = {name: np.zeros((1, 1, STATE), np.float32) for name in ("h", "c")}
        before = np.zeros(CONTEXT, np.float32)
        for begin in range(0, waveform.samples.size, FRAME * FRAMES_AT_ONCE):
            cancellation.check()
            samples = _whole_frames(waveform.samples[begin : begin + FRAME * FRAMES_AT_ONCE])
            answer = self._network.run({"input": _with_context(before, samples), **state})
            state = {"h": answer["hn"], "c": answer["cn"]}
            before = samples[-CONTEXT:]
            waveform.release()
            yield np.asarray(answer["speech_probs"], np.float32).reshape(-1)


def listened(probabilities: Floats) -> TimeSpan:
    """Return the part of a recording that is listened to and not left to others."""
    ours = np.flatnonzero(probabilities >= 0)
    return TimeSpan(float(ours[0]) * FRAME_SECONDS, float(ours[-1] + 1) * FRAME_SECONDS) if ours.size else _NOWHERE


def stretches(probabilities: Floats, seconds: float, cutting: Cutting) -> tuple[TimeSpan, ...]:
    """Cut probabilities, one per 32 ms, into stretches of speech within a recording of that many seconds.

    Where others listen (a probability below 0) nothing is.
    """
    ours = listened(probabilities)
    earliest, latest = ours.begin, min(seconds, ours.end)
    frames = [
        part
        for begin, end in _runs(probabilities, cutting)
        if (end - begin) * FRAME_SECONDS >= cutting.shortest
        for part in _short_enough(probabilities, begin, end, round(cutting.longest / FRAME_SECONDS))
    ]
    spans: list[TimeSpan] = []
    for index, (begin, end) in enumerate(frames):
        before = frames[index - 1][1] if index else None
        after = frames[index + 1][0] if index + 1 < len(frames) else None
        room_before = begin * FRAME_SECONDS if before is None else (begin - before) * FRAME_SECONDS / 2
        room_after = np.inf if after is None else (after - end) * FRAME_SECONDS / 2
        spans.append(
            TimeSpan(
                max(earliest, begin * FRAME_SECONDS - min(cutting.padding, room_before)),
                min(latest, end * FRAME_SECONDS + min(cutting.padding, room_after)),
            )
        )
    return tuple(spans)


def _whole_frames(samples: Floats) -> Floats:
    """Return the samples as an array in memory, filled up with silence to whole frames."""
    lacking = -samples.size % FRAME
    return np.concatenate([samples, np.zeros(lacking, np.float32)]) if lacking else np.array(samples, np.float32)


def _with_context(before: Floats, samples: Floats) -> Floats:
    """Return frames x 576: each frame behind the 64 samples before it."""
    frames = samples.reshape(-1, FRAME)
    heads = np.concatenate([before[None], frames[:-1, -CONTEXT:]])
    return np.concatenate([heads, frames], axis=1)


def _runs(probabilities: Floats, cutting: Cutting) -> Iterator[tuple[int, int]]:
    """Yield begin and end, in frames, of what lies between two silences long enough."""
    patience = max(1, round(cutting.silence / FRAME_SECONDS))
    begin, quiet_since = None, None
    for index, probability in enumerate(probabilities.tolist()):
        if probability >= cutting.on:
            begin = index if begin is None else begin
            quiet_since = None
        elif begin is not None and probability < cutting.off:
            quiet_since = index if quiet_since is None else quiet_since
            if index - quiet_since + 1 >= patience:
                yield begin, quiet_since
                begin, quiet_since = None, None
    if begin is not None:
        yield begin, quiet_since if quiet_since is not None else len(probabilities)


def _short_enough(probabilities: Floats, begin: int, end: int, longest: int) -> Iterator[tuple[int, int]]:
    while end - begin > longest:
        # The later half, so that pieces do not become too short; the least likely place is where a word is not cut.
        half = begin + longest // 2
        cut = half + int(np.argmin(_smooth(probabilities[half : begin + longest])))
        yield begin, cut
        begin = cut
    yield begin, end


def _smooth(probabilities: Floats) -> Floats:
    return np.convolve(np.pad(probabilities, 1, mode="edge"), np.full(3, 1 / 3, np.float32), mode="valid")
