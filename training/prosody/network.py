"""The prosody network as it is served: for each fold networks that listen and networks that read."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from training.prosody.data import FOLDS
from training.prosody.encoder import EncoderReader
from training.prosody.reader import ReaderNet
from training.prosody.train import HEADS, SETTINGS, SIZE
from training.voice.network import ClipNet, loaded

READER_SHARE: float = SETTINGS["served"]["reader_share"]
"""How much the logits from reading are added to those that listening gives."""

ENCODER_SHARE: float = SETTINGS["served"]["encoder_share"]
"""How much the logits from what the recogniser's encoder hears are added to those."""

TEMPERATURE: float = SETTINGS["served"]["temperature"]
"""What logits are divided by, so that a likelihood of unseen speakers' classes means what it says."""

CIRCLE_SHARE: float = SETTINGS["served"]["circle_share"]
"""How much arousal and valence from reading count beside those from listening."""


class ServedNet(nn.Module):
    """Scores sound: spectrograms, B x T x 64, with melodies, B x T x 3, and measures, B x 40.

    Beside them stand the trunk's summaries, B x 2048, and mean states of the recogniser's encoder, B x 288. Gives
    logits of the classes, B x 8, and arousal and valence, B x 2, -1…1.
    """

    def __init__(
        self, listening: Sequence[ClipNet], readers: Sequence[ReaderNet], encoder_readers: Sequence[EncoderReader]
    ) -> None:
        super().__init__()
        self.listening = nn.ModuleList(listening)
        self.readers = nn.ModuleList(readers)
        self.encoder_readers = nn.ModuleList(encoder_readers)

    def forward(
        self, spectrograms: Tensor, melodies: Tensor, measures: Tensor, voice: Tensor, speech: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return logits and the place in the circle."""
        heard, circle = _mean([net(spectrograms, melodies) for net in self.listening])
        features = torch.cat([voice, measures], dim=1)
        read, place = _mean([net(features) for net in self.readers])
        encoded = torch.stack([net(speech) for net in self.encoder_readers]).mean(dim=0)
        share = CIRCLE_SHARE
        logits = (heard + READER_SHARE * read + ENCODER_SHARE * encoded) / TEMPERATURE
        return logits, ((circle + share * place) / (1 + share)).clamp(-1, 1)


def _mean(told: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    logits, places = (torch.stack([one[part] for one in told]).mean(dim=0) for part in (0, 1))
    return logits, places


def load(fitted: Path, folds: Sequence[str] = FOLDS) -> ServedNet:
    """Return the network made of those of some folds, from a folder of weights: `reader-<fold>-<seed>.pt` and others.

    Weights are rounded to 16 bits, which is how they are kept when they are shipped.
    """
    served = SETTINGS["served"]
    listening = [loaded(fitted / f"{name}.pt", SIZE, HEADS) for fold in folds for name in served["listening"][fold]]
    readers = []
    for fold in folds:
        for seed in served["readers"]:
            net = ReaderNet()
            net.load_state_dict(torch.load(fitted / f"reader-{fold}-{seed}.pt"))
            readers.append(net)
    encoder_readers = []
    for fold in folds:
        reader = EncoderReader()
        reader.load_state_dict(torch.load(fitted / f"encoder-{fold}.pt"))
        encoder_readers.append(reader)
    return ServedNet(listening, readers, encoder_readers).half().float().eval()
