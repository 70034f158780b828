"""Compare the memory a long film takes with that of a short one, each measured in a process of its own.

python bench/long_film.py [MINUTES] [FACES_PER_SECOND]   # 180 minutes, 0.1 pictures a second by default

The films are made on the spot, small and with sound: two portraits that move, and a tone. The process measures as a
worker does that is alone: pieces one after the other, then their joining. Its peak is what the system says it was.
"""

import json
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from mien.api import files_of, open_measurement
from mien.settings import read_settings

SHORT_MINUTES = 3.0
ALLOWED = 1.2
RATE = 2
SIZE = (320, 180)
MODELS = {"identify_faces": True, "min_face_size": 40}


def main() -> int:
    """Print both peaks and their ratio; return 1 when it is more than allowed."""
    if sys.argv[1:2] == ["--measure"]:
        return measure(Path(sys.argv[2]), float(sys.argv[3]))
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 180.0
    fps = float(sys.argv[2]) if len(sys.argv) > 2 else 0.1
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        short = write_film(Path(folder) / "short.mp4", 60 * SHORT_MINUTES)
        for length in (SHORT_MINUTES, minutes):
            film = repeated(short, Path(folder) / f"{length:g}.mp4", round(length / SHORT_MINUTES))
            command = [sys.executable, __file__, "--measure", str(film), str(fps)]
            began = time.monotonic()
            told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            seconds = time.monotonic() - began
            print(f"{length:g} minutes: {told['peak'] / 1024:.0f} MB at most, {told['faces']} faces, {seconds:.0f} s")
            peaks.append(told["peak"])
    ratio = peaks[1] / peaks[0]
    print(f"{ratio:.2f} times the memory (at most {ALLOWED} times wanted)")
    return int(ratio > ALLOWED)


def measure(film: Path, fps: float) -> int:
    """Measure one film in this process and print its peak memory in KiB."""
    models = {"face": {**MODELS, "fps_pred": fps}, "burst": {}}
    settings = read_settings(max_media_seconds=4 * 3600)
    with open_measurement(files_of(film), models, settings) as measurement:
        faces = sum(measured.element.count(b'"frame":') for measured in measurement)
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"peak": int(peak.split()[1]), "faces": faces}))
    return 0


def write_film(path: Path, seconds: float) -> Path:
    """Write a film of two pictures a second."""
    samples = read_settings().samples
    portraits = [Image.open(samples / name).convert("RGB") for name in ("astronaut.png", "grace_hopper.jpg")]
    faces = [
        portraits[0].crop((140, 10, 320, 190)).resize((120, 120)),
        portraits[1].crop((90, 10, 410, 330)).resize((120, 120)),
    ]
    with av.open(str(path), "w") as out:
        film: Any = out.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        film.width, film.height, film.pix_fmt, film.gop_size = *SIZE, "yuv420p", 10 * RATE
        sound: Any = out.add_stream("aac", rate=16_000, layout="mono")
        for second in range(int(seconds)):
            for index in range(second * RATE, (second + 1) * RATE):
                out.mux(film.encode(_picture(faces, index)))
            out.mux(sound.encode(_tone(second)))
        for track in (film, sound):
            out.mux(track.encode())
    return path


def repeated(short: Path, path: Path, times: int) -> Path:
    """Write a film that shows another so many times, without encoding it again."""
    with av.open(str(path), "w") as out, av.open(str(short)) as first:
        tracks = [out.add_stream_from_template(track) for track in first.streams]
        last = dict.fromkeys(range(len(tracks)), -(10**9))
        seconds = int((first.duration or 0) / 1_000_000)
        for time_of_film in range(0, times * seconds, seconds):
            with av.open(str(short)) as film:
                for packet in film.demux():
                    if packet.dts is None or packet.pts is None or packet.pts * packet.time_base >= seconds:
                        continue
                    packet.pts += int(time_of_film / packet.time_base)
                    packet.dts += int(time_of_film / packet.time_base)
                    number = packet.stream.index
                    if packet.dts > last[number]:  # sound begins a little early
                        last[number] = packet.dts
                        packet.stream = tracks[number]
                        out.mux(packet)
    return path


def _picture(faces: list[Image.Image], index: int) -> av.VideoFrame:
    picture = Image.new("RGB", SIZE, (40, 60, 90))
    picture.paste(faces[index // 60 % 2], (60 + index % 60, 30))
    frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
    frame.pts, frame.time_base = index, Fraction(1, RATE)
    return frame


def _tone(second: int) -> av.AudioFrame:
    times = second + np.arange(16_000) / 16_000
    tone = (0.2 * np.sin(2 * np.pi * 220 * times)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(tone[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = 16_000, second * 16_000, Fraction(1, 16_000)
    return frame


if __name__ == "__main__":
    sys.exit(main())
