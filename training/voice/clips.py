"""Hands out packed clips by number: spectrograms cut or filled up to a length, and samples."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mien.spectrograms.mel import BANDS, FLOOR_DECIBELS
from training.voice.pack import read_rows

Row = dict[str, str]


class Clips:
    """Holds one packed data set; `rows` says of each clip who speaks and what it expresses.

    With `melody` a spectrogram carries the course of the pitch as three more columns.
    """

    def __init__(self, folder: Path, name: str, melody: bool = False) -> None:
        self.folder = folder
        self.rows: list[Row] = read_rows(folder / f"{name}.csv")
        self._mel = np.load(folder / f"{name}_mel.npy", mmap_mode="r")
        self._wav = np.load(folder / f"{name}_wav.npy", mmap_mode="r")
        self._melody = np.load(folder / f"{name}_melody.npy", mmap_mode="r") if melody else None
        offsets = np.load(folder / f"{name}_off.npz")
        self._mel_offsets, self._wav_offsets = offsets["mel"], offsets["wav"]

    def select(self, wanted: Callable[[Row], bool]) -> list[int]:
        """Return the numbers of the clips whose row is wanted."""
        return [number for number, row in enumerate(self.rows) if wanted(row)]

    def samples(self, number: int) -> NDArray[np.float32]:
        """Return the samples of a clip, -1…1."""
        begin, end = self._wav_offsets[number : number + 2]
        return np.asarray(self._wav[begin:end], np.float32) / 32768

    def spectrogram(self, number: int) -> NDArray[np.float32]:
        """Return the whole spectrogram of a clip in decibels, with its melody where that is wanted."""
        begin, end = self._mel_offsets[number : number + 2]
        bands = np.asarray(self._mel[begin:end], np.float32)
        if self._melody is None:
            return bands
        return np.concatenate([bands, np.asarray(self._melody[begin:end], np.float32)], axis=1)

    def batch(self, numbers: Sequence[int], frames: int, rng: np.random.Generator | None) -> Tensor:
        """Return clips of so many frames, cut and placed at random, or without `rng` from the beginning and centred."""
        return torch.from_numpy(np.stack([fitted(self.spectrogram(number), frames, rng) for number in numbers]))


def fitted(spectrogram: NDArray[np.float32], frames: int, rng: np.random.Generator | None) -> NDArray[np.float32]:
    """Cut a spectrogram or fill it up with silence."""
    spare = len(spectrogram) - frames
    if spare >= 0:
        begin = int(rng.integers(0, spare + 1)) if rng else 0
        return spectrogram[begin : begin + frames]
    before = int(rng.integers(0, -spare + 1)) if rng else -spare // 2
    filled = np.zeros((frames, spectrogram.shape[1]), np.float32)
    filled[:, :BANDS] = FLOOR_DECIBELS
    filled[before : before + len(spectrogram)] = spectrogram
    return filled
