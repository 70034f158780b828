"""Lets speech synthesisers read, so that the detector of bursts meets speech whose licence leaves its weights free.

Needs the programs espeak-ng and flite.

python -m training.burst.voices --out build/voice
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from mien.spectrograms.mel import RATE
from training.voice.pack import decode

LANGUAGES = (  # noqa: SIM905  easier to read
    "en-us en-gb en-gb-scotland en-gb-x-rp en-029 de fr-fr es es-419 it pt pt-br nl sv da nb pl ru uk tr hi ta id "
    "cs fi hu ro"
).split()
VARIANTS = "m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 klatt2 klatt3 klatt4 Annie Andrea Alex Steph Ed Gene".split()  # noqa: SIM905
FLITE = "kal awb_time kal16 awb rms slt".split()  # noqa: SIM905
SENTENCES = (
    "It was the best of times, it was the worst of times.",
    "Where did you put the keys? I have been looking for them all day!",
    "Oh no, not again.", "Yes, well, of course.", "No!", "Really?", "The train leaves at seven forty five.",
    "She sells sea shells by the sea shore, and he has hardly any hats.",
    "I cannot believe that you have done this, how could you?",
    "Please leave a message after the tone.", "One two three four five six seven eight nine ten.",
    "A large dog ran after the small brown cat across the wet street.",
    "Hello, how are you today?", "Thank you very much, that is so kind of you.",
    "Perhaps we should go home now, it is getting late and I am tired.",
    "What a wonderful surprise, I am so happy to see you!", "Stop that at once!", "Mama, look over there!",
    "The quick brown fox jumps over the lazy dog.", "Get out of my house, and do not come back.",
)  # fmt: skip
SYLLABLES = (
    [*"bdfghjklmnprstvz", "sh", "ch", "st", "tr", "pl", "kr"],
    [*"aeiou", "ai", "ou", "ie"],
    ["", "n", "s", "t", "r", "m", "l"],
)


def _sentence(rng: np.random.Generator) -> str:
    if rng.random() < 0.5:
        return str(rng.choice(SENTENCES))
    lengths = rng.integers(1, 4, 9)
    return " ".join("".join(rng.choice(part) for _ in range(length) for part in SYLLABLES) for length in lengths)


def _read(text: str, rng: np.random.Generator, path: Path) -> None:
    if rng.random() < 0.25:
        stretch, pitch = rng.uniform(0.75, 1.4), rng.uniform(80, 260)
        how = ["--setf", f"duration_stretch={stretch:.2f}", "--setf", f"int_f0_target_mean={pitch:.0f}"]
        subprocess.run(["flite", "-voice", str(rng.choice(FLITE)), *how, "-t", text, "-o", str(path)], check=True)
        return
    voice = f"{rng.choice(LANGUAGES)}+{rng.choice(VARIANTS)}"
    numbers = ["-s", str(rng.integers(110, 260)), "-p", str(rng.integers(5, 99))]
    subprocess.run(["espeak-ng", "-v", voice, *numbers, "-w", str(path), text], check=True, stderr=subprocess.DEVNULL)


def through_opus(samples: NDArray[np.int16], bits: int, path: Path) -> NDArray[np.int16]:
    """Return sound as it comes out of a low Opus rate."""
    with av.open(str(path), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE, layout="mono")
        stream.bit_rate = bits
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="s16", layout="mono")
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return decode(path)


def trimmed(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """Cut silence off both ends."""
    heard = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    return samples[heard[0] : heard[-1] + 1] if heard.size else samples[:0]


def main() -> None:
    """Write `voices.npz`: the samples of all readings in a row, and where each begins."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/voice"))
    parser.add_argument("--count", type=int, default=900)
    parser.add_argument("--readings", type=Path, nargs="*", default=[], help="recordings of real, free speech to add")
    options = parser.parse_args()
    rng = np.random.default_rng(3)
    pieces = [trimmed(decode(path)) for path in options.readings]
    with tempfile.TemporaryDirectory() as scratch:
        for _ in range(options.count):
            path = Path(scratch) / "read.wav"
            _read(_sentence(rng), rng, path)
            samples = trimmed(decode(path))
            if rng.random() < 0.6 and samples.size > RATE // 2:
                samples = through_opus(samples, int(rng.choice([12_000, 16_000, 24_000])), Path(scratch) / "coded.ogg")
            pieces.append(samples)
    ends = np.cumsum([0, *[len(piece) for piece in pieces]])
    np.savez(options.out / "voices.npz", samples=np.concatenate(pieces), ends=ends, real=len(options.readings))
    print(f"{len(pieces)} readings, {ends[-1] / RATE / 60:.0f} minutes")


if __name__ == "__main__":
    main()
