"""Decodes the packed recordings once and keeps samples and spectrograms, so that training reads them by number.

python -m training.voice.pack --data ../shared/data --out build/voice
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from mien.models.acoustics import contours, melody
from mien.spectrograms.mel import RATE

PACKS = ("speech", "burst")
DEFAULT_DATA = Path("../shared/data")
DEFAULT_OUT = Path("build/voice")


def decode(path: Path) -> NDArray[np.int16]:
    """Return a recording as 16 kHz mono."""
    resampler = av.AudioResampler("s16", "mono", RATE)
    with av.open(str(path)) as container:
        parts = [part.to_ndarray()[0] for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    parts += [part.to_ndarray()[0] for part in resampler.resample(None)]
    return np.concatenate(parts)


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table of clips."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _clips(folder: Path, rows: list[dict[str, str]]) -> Iterator[NDArray[np.int16]]:
    """Yield the samples of each row; rows of one file stand together."""
    current, samples = "", np.zeros(0, np.int16)
    for row in rows:
        if row["file"] != current:
            current = row["file"]
            samples = decode(folder / current)
        begin = int(row["start"])
        yield samples[begin : begin + int(row["n"])]


def pack(name: str, data: Path, out: Path) -> int:
    """Write `<name>_wav.npy`, `_mel.npy`, `_melody.npy`, offsets and the table in one order; return the clips."""
    rows = sorted(read_rows(data / name / "clips.csv"), key=lambda row: (row["file"], int(row["start"])))
    wav, mel, courses, wav_offsets, mel_offsets = [], [], [], [0], [0]
    for samples in _clips(data / name, rows):
        heard = contours(samples.astype(np.float32) / 32768)
        wav.append(samples)
        mel.append(heard.decibels.astype(np.float16))
        courses.append(melody(heard).astype(np.float16))
        wav_offsets.append(wav_offsets[-1] + len(samples))
        mel_offsets.append(mel_offsets[-1] + len(heard.decibels))
    out.mkdir(parents=True, exist_ok=True)
    np.save(out / f"{name}_wav.npy", np.concatenate(wav))
    np.save(out / f"{name}_mel.npy", np.concatenate(mel))
    np.save(out / f"{name}_melody.npy", np.concatenate(courses))
    np.savez(out / f"{name}_off.npz", wav=wav_offsets, mel=mel_offsets)
    with (out / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def main() -> None:
    """Read the command line and pack both data sets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    options = parser.parse_args()
    for name in PACKS:
        print(name, pack(name, options.data, options.out))


if __name__ == "__main__":
    main()
