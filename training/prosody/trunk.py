"""Keeps what the voice trunk hears in every clip: as it is, and as other throats, rooms and lines would have made it.

The trunk itself is not fitted; `mien weights pull` fetches it.

python -m training.prosody.trunk --packed build/voice
"""

import argparse
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.network import Network
from mien.models.acoustics import measures
from mien.models.voice_trunk import NETWORK, summaries
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from training.burst.mixtures import coloured_noise, curve, telephone
from training.voice.clips import Clips

Floats = NDArray[np.float32]
VIEWS: Final = 5
"""As it is; another throat; the other way another throat, with noise; over a telephone; any of these a little."""

CLEAN, THROAT, OTHER_THROAT, TELEPHONE, ANY = range(VIEWS)
SUMMARIES: Final = "speech_trunk.npy"
MEASURED: Final = "speech_measures.npy"
WEIGHTS: Final = Path.home() / ".cache" / "mien" / "weights"


def view(samples: Floats, which: int, rng: np.random.Generator) -> Floats:
    """Return a recording as it is, or as another throat, room or line would have made it."""
    if which == THROAT:
        return _microphone(_other_throat(samples, _goes_up(samples), rng), rng, 4)
    if which == OTHER_THROAT:
        return _noisy(_microphone(_other_throat(samples, not _goes_up(samples), rng), rng, 4), rng, (15, 50))
    if which == TELEPHONE:
        return telephone(_noisy(_microphone(samples, rng, 4), rng, (12, 45)))
    if which == ANY:
        worse = _noisy(_microphone(_speed(samples, np.exp(rng.uniform(-0.12, 0.12))), rng, 5), rng, (8, 35))
        return telephone(worse) if rng.random() < 0.3 else worse
    return samples


def _goes_up(samples: Floats) -> bool:
    """Draw whether a clip's first other throat is the smaller one, the same whenever it is asked for."""
    drawn = np.random.default_rng(int(1e6 * abs(samples[len(samples) // 2])) + len(samples))
    return bool(drawn.random() < 0.5)


def _other_throat(samples: Floats, up: bool, rng: np.random.Generator) -> Floats:
    """Return a recording played faster, as of a smaller throat, or slower."""
    return _speed(samples, np.exp(rng.uniform(0.04, 0.2) * (1 if up else -1)))


def _speed(samples: Floats, factor: float) -> Floats:
    places = np.arange(int(len(samples) / factor)) * factor
    return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)


def _microphone(samples: Floats, rng: np.random.Generator, strength: float) -> Floats:
    spectrum = np.fft.rfft(samples)
    changed = spectrum * 10 ** (curve(len(spectrum), strength, rng) / 20)
    return np.fft.irfft(changed, len(samples)).astype(np.float32)


def _noisy(samples: Floats, rng: np.random.Generator, below: tuple[float, float]) -> Floats:
    noise = coloured_noise(len(samples), rng) * samples.std() * 10 ** (-rng.uniform(*below) / 20)
    return (samples + noise).astype(np.float32)


def degraded(samples: Floats, rng: np.random.Generator) -> Floats:
    """Return a recording as another microphone, room or line would have made it: what worse measures are taken of."""
    spectrum = np.fft.rfft(samples)
    changed = np.fft.irfft(spectrum * 10 ** (curve(len(spectrum), 5, rng) / 20), len(samples)).astype(np.float32)
    noise = coloured_noise(len(samples), rng) * changed.std() * 10 ** (-rng.uniform(10, 45) / 20)
    noisy = (changed + noise).astype(np.float32)
    return telephone(noisy) if rng.random() < 0.3 else noisy


def fetched_trunk(weights: Path) -> Network:
    """Return the trunk; raises WeightsMissing where it was not fetched."""
    return NetworkRuntime(WeightsStore(weights), threads=1).network(NETWORK)


def heard_views(clips: Clips, network: Network) -> NDArray[np.float16]:
    """Return summaries, clips x views x 2048."""
    columns = []
    for which in range(VIEWS):
        rng = np.random.default_rng(100 + which)
        sounds = (view(clips.samples(number), which, rng) for number in range(len(clips.rows)))
        columns.append(np.stack([summaries(network, [sound])[0].astype(np.float16) for sound in sounds]))
    return np.stack(columns, axis=1)


def measured_clips(clips: Clips) -> Floats:
    """Return measures, clips x 2 x measures: of each clip as it is and degraded."""
    rng, rows = np.random.default_rng(11), []
    for number in range(len(clips.rows)):
        samples = clips.samples(number)
        rows.append(np.stack([measures(samples), measures(degraded(samples, rng))]))
    return np.stack(rows)


def read_features(folder: Path) -> NDArray[np.float16]:
    """Return what readers read, clips x views x (2048 + measures)."""
    heard, measured = np.load(folder / SUMMARIES), np.load(folder / MEASURED)
    beside = measured[:, [0] + [1] * (VIEWS - 1)]
    return np.concatenate([heard, beside.astype(np.float16)], axis=2)


def main() -> None:
    """Read the command line and write both arrays."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="where fetched networks lie")
    options = parser.parse_args()
    clips = Clips(options.packed, "speech")
    np.save(options.packed / SUMMARIES, heard_views(clips, fetched_trunk(options.weights)))
    np.save(options.packed / MEASURED, measured_clips(clips))


if __name__ == "__main__":
    main()
