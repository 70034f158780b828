"""Hold a sound file of three hours against one of three minutes: where things are heard, and in how much memory.

A click every ten seconds tells how far from its place the end of a file is heard, in containers of several kinds, one
of them at 44.1 kHz; the reading of the samples, over and over, is measured by `prosody` and `burst` without a
transcription, in a process of its own, for its peak of memory. `--transcribe` hears its words as well, with the
recogniser that is embedded, and measures the processes that time them beside: a quarter of an hour more of one core.
`--minutes` and `--short` make both shorter. Exit code 1 when a click is heard 50 ms from its place, or the long one
takes more than 1.2 times the memory of the short one.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
from numpy.typing import NDArray

from mien.api import files_of, open_measurement
from mien.assembly import pull_samples
from mien.media.opening import open_media
from mien.settings import read_settings

Form = tuple[str, str, int]
FORMS: tuple[Form, ...] = (
    ("long.mp3", "libmp3lame", 44_100),
    ("long.m4a", "aac", 44_100),
    ("long.mkv", "aac", 48_000),
    ("long.opus", "libopus", 48_000),
    ("long.flac", "flac", 44_100),
)
EVERY_SECONDS = 10
FAINT = 0.001
FARTHEST_SECONDS = 0.05
MOST_MEMORY = 1.2
MODELS: dict[str, dict[str, Any]] = {"prosody": {"window": {"length": 4, "step": 4}}, "burst": {}}
HEARING: dict[str, dict[str, Any]] = {"prosody": {}, "burst": {}}
Samples = NDArray[np.float32]


def main() -> int:
    """Print how far off each form is, and the memory; exit code 1 when either is too much."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=int, default=180)
    arguments.add_argument("--short", type=int, default=3, help="minutes of the recording it is held against")
    arguments.add_argument("--only", choices=["places", "memory"])
    arguments.add_argument("--transcribe", action="store_true")
    arguments.add_argument("--form", action="append", help="one of the containers, by the end of its name: mp3")
    arguments.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    told = arguments.parse_args()
    if told.measure:
        print(json.dumps(measured(told.measure, HEARING if told.transcribe else MODELS)))
        return 0
    good = True
    with tempfile.TemporaryDirectory() as folder:
        if told.only != "memory":
            forms = [form for form in FORMS if not told.form or form[0].rpartition(".")[2] in told.form]
            good = _places(Path(folder), told.minutes * 60, forms)
        if told.only != "places":
            good = _memory(Path(folder), (told.short * 60, told.minutes * 60), told.transcribe) and good
    return 0 if good else 1


def write_clicks(path: Path, codec: str, rate: int, seconds: int) -> Path:
    """Encode faint noise with a short beep at every tenth second, piece by piece, so that hours need no memory."""
    with av.open(str(path), "w") as out:
        track: Any = out.add_stream(codec, rate=rate, layout="mono")
        size = track.codec_context.frame_size or 1024
        resampler = av.AudioResampler(track.codec_context.format.name, "mono", rate, frame_size=size)
        for second in range(seconds):
            samples = _second(rate, beeping=second % EVERY_SECONDS == EVERY_SECONDS // 2)
            frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, second * rate, Fraction(1, rate)
            for piece in resampler.resample(frame):
                out.mux(track.encode(piece))
        for piece in resampler.resample(None):
            out.mux(track.encode(piece))
        out.mux(track.encode(None))
    return path


def delays(path: Path, seconds: int, scratch: Path) -> list[float]:
    """Return how much later than at its place each click of a file is heard, in seconds."""
    with open_media(path, scratch=scratch) as media:
        waveform = media.waveform()
        found = []
        for place in range(EVERY_SECONDS // 2, seconds, EVERY_SECONDS):
            first = (place - 1) * waveform.rate
            around = np.abs(np.array(waveform.samples[first : first + 2 * waveform.rate]))
            loudness = np.convolve(around, np.ones(80) / 80, "same")
            found.append(float(loudness.argmax()) / waveform.rate - 1 - 0.005)
            waveform.release()
        return found


def measured(path: Path, models: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Measure a file as `mien analyze` does; return its CPU seconds, its rows, and the bytes of two peaks: of this
    process and of the largest one it has started."""
    begun = time.process_time()
    rows = 0
    with open_measurement(files_of(path), models) as measurement:
        for one in measurement:
            (entry,) = json.loads(one.element)["results"]["predictions"]
            for model in entry["models"].values():
                rows += sum(len(group["predictions"]) for group in model["grouped_predictions"])
        others = _largest_child()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"peak": peak, "others": others, "seconds": round(time.process_time() - begun, 1), "rows": rows}


def _largest_child() -> int:
    """Return the most bytes that one of the processes started here has held so far."""
    told = [Path(f"/proc/{child.pid}/status").read_text() for child in psutil.Process().children(recursive=True)]
    return max((int(one.split("VmHWM:")[1].split()[0]) * 1024 for one in told if "VmHWM:" in one), default=0)


def _places(folder: Path, seconds: int, forms: Sequence[Form]) -> bool:
    good = True
    for name, codec, rate in forms:
        path = write_clicks(folder / name, codec, rate, seconds)
        found = delays(path, seconds, folder)
        print(
            f"{name} ({rate} Hz, {path.stat().st_size / 1e6:.0f} MB): first click {found[0] * 1000:+.1f} ms, "
            f"last {found[-1] * 1000:+.1f} ms, farthest {max(map(abs, found)) * 1000:.1f} ms",
            flush=True,
        )
        good = good and max(map(abs, found)) < FARTHEST_SECONDS
        path.unlink()
    return good


def _memory(folder: Path, lengths: Sequence[int], transcribe: bool) -> bool:
    peaks: list[tuple[float, ...]] = []
    for length in lengths:
        path = _write_reading(folder / f"{length}.flac", length)
        command = [sys.executable, __file__, "--measure", str(path), *["--transcribe"] * transcribe]
        environment = os.environ | {"MIEN_TRANSCRIBER": "moonshine" if transcribe else "none", "TMPDIR": str(folder)}
        answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        told = json.loads(answer.stdout.splitlines()[-1])
        peaks.append((told["peak"], told["others"]) if transcribe else (told["peak"],))
        sizes = " and ".join(f"{peak / 1e6:.0f} MB" for peak in peaks[-1])
        print(f"{length / 60:g} minutes: {sizes}, {told['rows']} rows, {told['seconds']:.0f} CPU s", flush=True)
        path.unlink()
    times = [long / short for short, long in zip(*peaks, strict=True)]
    print("memory: " + " and ".join(f"{one:.2f} times" for one in times))
    return all(one <= MOST_MEMORY for one in times)


def _write_reading(path: Path, seconds: int) -> Path:
    """Encode the reading of the samples, again and again, at 16 kHz."""
    (sample,) = (one for one in pull_samples(read_settings(), None, print) if one.name == "two_cities.wav")
    with open_media(sample) as media:
        samples = (np.clip(media.waveform().samples, -1, 1) * 32767).astype("<i2")
    with av.open(str(path), "w") as out:
        track: Any = out.add_stream("flac", rate=16_000, layout="mono")
        for begin, piece in _again_and_again(samples, seconds * 16_000):
            frame = av.AudioFrame.from_ndarray(piece[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 16_000, begin, Fraction(1, 16_000)
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
    return path


def _again_and_again(samples: NDArray[np.int16], wanted: int) -> Iterator[tuple[int, NDArray[np.int16]]]:
    size = 4096
    for begin in range(0, wanted, size):
        places = np.arange(begin, min(wanted, begin + size)) % samples.size
        yield begin, np.ascontiguousarray(samples[places])


def _second(rate: int, beeping: bool) -> Samples:
    samples = np.random.default_rng(7).normal(0, FAINT, rate).astype(np.float32)
    if beeping:
        time_of = np.arange(rate // 100) / rate
        samples[: time_of.size] += np.sin(2 * np.pi * 1500 * time_of) * np.hanning(time_of.size)
    return samples


if __name__ == "__main__":
    sys.exit(main())
