"""Lets the served prosody network hear packed clips the way mien does; all of them are short enough to be one piece."""

from collections.abc import Sequence

import numpy as np
import torch

from mien.models.listening import pieces
from training.prosody import encoder
from training.prosody.encoder import STATES
from training.prosody.network import ServedNet
from training.prosody.trunk import CLEAN, SUMMARIES
from training.voice.clips import Clips
from training.voice.hearing import Heard, parts_of


@torch.no_grad()
def heard(net: ServedNet, clips: Clips, numbers: Sequence[int]) -> Heard:
    """Return what a network hears in clips, whose summaries `trunk` and `encoder` beside this have kept."""
    states = np.load(clips.folder / STATES, mmap_mode="r")
    voices = np.load(clips.folder / SUMMARIES, mmap_mode="r")
    rows, measured = [], []
    for number in numbers:
        (piece,) = pieces(clips.samples(number))
        voice = np.array(voices[number, CLEAN], np.float32)
        speech = np.array(states[number, encoder.CLEAN], np.float32)
        rows.append(net(*(torch.from_numpy(part)[None] for part in (*parts_of(piece), voice, speech))))
        measured.append(piece.measures)
    outputs = tuple(torch.cat([row[place] for row in rows]).numpy() for place in (0, 1))
    return Heard(outputs, np.stack(measured))
