"""Adapt the sound of a speaker to PocketSphinx's acoustic model: one linear transform of the cepstra of a recording.

Constrained maximum likelihood linear regression (Gales 1998, "Maximum likelihood linear transformations for HMM-based
speech recognition"), from the states of a first pass, each frame counting as much as its word is likely. The same
matrix serves the cepstra and their first and second differences, which are linear in them; these have no offset.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CEPSTRA: Final = 13
STREAMS: Final = 3
PRIOR_FRAMES: Final = 300.0
"""Frames that speak for leaving everything as it is: a short recording moves little."""

ROUNDS: Final = 2
SWEEPS: Final = 20
NATS_PER_WEIGHT: Final = 1024 * np.log(1.0001)
"""Mixture weights are stored as negative logarithms to the base 1.0001, shifted by ten bits."""


@dataclass(frozen=True)
class AcousticModel:
    """Hold a phonetically tied model: a codebook of Gaussians per phone and stream, and each state's weights in it.

    `means` and `variances` are phones x 3 x Gaussians x 13, `weights` (log) 3 x Gaussians x states; `phones` are names.
    """

    means: Floats
    variances: Floats
    weights: Floats
    phones: tuple[str, ...]


@dataclass(frozen=True)
class Aligned:
    """Hold one stretch: its cepstra (frames x 13, their mean taken away), and of the frames of speech their places,
    phones, states and how likely their words are."""

    cepstra: Floats
    places: NDArray[np.int64]
    phones: NDArray[np.int64]
    states: NDArray[np.int64]
    sure: Floats


def read_model(folder: Path) -> AcousticModel:
    """Read a model of PocketSphinx from its folder."""
    definition = (folder / "mdef").read_bytes()
    begin = 12 + int.from_bytes(definition[8:12], "little")
    count = int.from_bytes(definition[begin : begin + 4], "little")
    names = definition[begin + 40 :].split(b"\0", count)[:count]
    means = _gaussians(folder / "means")
    packed = (folder / "sendump").read_bytes()
    states = int.from_bytes(definition[begin + 16 : begin + 20], "little")
    weights = np.frombuffer(packed[-STREAMS * means.shape[2] * states :], np.uint8).reshape(STREAMS, -1, states)
    logs = -NATS_PER_WEIGHT * weights.astype(np.float64)
    variances = np.maximum(_gaussians(folder / "variances"), 1e-4)
    return AcousticModel(means, variances, logs, tuple(name.decode() for name in names))


def transform_of(model: AcousticModel, stretches: Sequence[Aligned]) -> Floats:
    """Return 13 x 14, a matrix and an offset, that make the stretches of one recording likeliest."""
    transform = np.eye(CEPSTRA, CEPSTRA + 1)
    for _ in range(ROUNDS):
        squares = np.zeros((CEPSTRA, CEPSTRA + 1, CEPSTRA + 1))
        products = np.zeros((CEPSTRA, CEPSTRA + 1))
        frames = 0.0
        for stretch in stretches:
            frames += _gather(model, stretch, transform, squares, products)
        if not frames:
            return transform
        transform = _likeliest(squares, products, frames)
    return transform


def transformed(cepstra: Floats, transform: Floats) -> Floats:
    """Return cepstra, frames x 13, after a transform."""
    moved: Floats = cepstra @ transform[:, :CEPSTRA].T + transform[:, CEPSTRA]
    return moved


def _gaussians(path: Path) -> Floats:
    content = path.read_bytes()
    begin = content.index(b"endhdr\n") + 11  # past the mark of the byte order
    phones, streams, count = np.frombuffer(content, "<i4", 3, begin).tolist()
    numbers = phones * streams * count * CEPSTRA
    return np.frombuffer(content, "<f4", numbers, begin + 28).reshape(phones, streams, count, -1).astype(np.float64)


def _gather(model: AcousticModel, one: Aligned, transform: Floats, squares: Floats, products: Floats) -> float:
    """Add the statistics of a stretch to `squares` and `products`; return how many frames they are worth."""
    heard, plain = _differences(transformed(one.cepstra, transform)), _differences(one.cepstra)
    for stream in range(STREAMS if one.places.size else 0):
        means, variances = model.means[one.phones, stream], model.variances[one.phones, stream]
        distances = np.square(heard[one.places, stream][:, None] - means) / variances
        logs = -0.5 * (distances + np.log(variances)).sum(axis=2) + model.weights[stream][:, one.states].T
        shares = np.exp(logs - logs.max(axis=1, keepdims=True))
        shares *= (one.sure / shares.sum(axis=1))[:, None]
        precision = np.einsum("fk,fki->fi", shares, 1 / variances)
        pulled = np.einsum("fk,fki->fi", shares, means / variances)
        offset = np.full((one.places.size, 1), float(stream == 0))
        inputs = np.concatenate([plain[one.places, stream], offset], axis=1)
        squares += np.einsum("fi,fa,fb->iab", precision, inputs, inputs, optimize=True)
        products += np.einsum("fi,fa->ia", pulled, inputs)
    return float(one.sure.sum()) * STREAMS


def _differences(cepstra: Floats) -> Floats:
    """Return frames x 3 x 13: cepstra, their first and second differences, as `1s_c_d_dd` of the model has them."""
    padded, frames = np.pad(cepstra, ((3, 3), (0, 0)), mode="edge"), len(cepstra)
    at = [padded[3 + step : 3 + step + frames] for step in (-3, -2, -1, 0, 1, 2, 3)]
    return np.stack([at[3], at[5] - at[1], (at[6] - at[2]) - (at[4] - at[0])], axis=1)


def _likeliest(squares: Floats, products: Floats, frames: float) -> Floats:
    """Return the transform of greatest likelihood, row by row, each given the others."""
    prior = squares * (STREAMS * PRIOR_FRAMES / frames)
    inverses = np.linalg.inv(squares + prior)
    wanted = products + np.stack([prior[row, row] for row in range(CEPSTRA)])
    transform = np.eye(CEPSTRA, CEPSTRA + 1)
    for _ in range(SWEEPS):
        for row in range(CEPSTRA):
            square = transform[:, :CEPSTRA]
            cofactors = np.append(np.linalg.det(square) * np.linalg.inv(square)[:, row], 0.0)
            bend, slope = cofactors @ inverses[row] @ cofactors, cofactors @ inverses[row] @ wanted[row]
            root = np.sqrt(slope**2 + 4 * bend * frames)
            steps = ((-slope + root) / (2 * bend), (-slope - root) / (2 * bend))
            gains = [frames * np.log(abs(step * bend + slope)) - 0.5 * step**2 * bend for step in steps]
            transform[row] = (steps[int(np.argmax(gains))] * cofactors + wanted[row]) @ inverses[row]
    return transform
