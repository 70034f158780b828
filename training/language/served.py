"""The network as it is served: calibrated scores of every head, and where the expression lies."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.language.network import GROUPS, LanguageNet

# How the scores of the service whose ranges we keep were distributed, all labels and texts together: share of scores
# below a value, and the value. The first and the last pair are ours, for the ends.
WANTED = (
    (0.01, 0.0002), (0.05, 0.0006), (0.25, 0.0023), (0.5, 0.0095), (0.75, 0.038),
    (0.9, 0.14), (0.95, 0.26), (0.99, 0.65), (0.9985, 0.88),
)  # fmt: skip


@dataclass(frozen=True)
class Calibration:
    """Says how raw emotion scores become served ones: a rising curve, straight between knots, for all labels alike.

    `knots` are raw scores, `values` the log odds of the served ones. One curve for all keeps the order of labels.
    """

    knots: tuple[float, ...]
    values: tuple[float, ...]
    toxicity_shift: float = 0.0


def fit_calibration(raw: NDArray[np.floating], toxicity_shift: float = 0.0) -> Calibration:
    """Let the scores of a mixed sample, texts x 53, spread as `WANTED` says."""
    knots = [float(np.quantile(raw, share)) for share, _ in WANTED]
    return Calibration(tuple(knots), tuple(math.log(value / (1 - value)) for _, value in WANTED), toxicity_shift)


class ServedNet(nn.Module):
    """Answers all heads with calibrated scores; the graph that is exported."""

    knots: Tensor
    bends: Tensor

    def __init__(self, net: LanguageNet, calibration: Calibration) -> None:
        """Wrap a trained network; the slope before the first knot and after the last goes on."""
        super().__init__()
        self.net = net
        self.calibration = calibration
        slopes = np.diff(calibration.values) / np.maximum(np.diff(calibration.knots), 1e-6)
        self.first_slope = float(slopes[0])
        self.register_buffer("knots", torch.tensor(calibration.knots[1:-1], dtype=torch.float32))
        self.register_buffer("bends", torch.tensor(np.diff(slopes), dtype=torch.float32))

    def curve(self, raw: Tensor) -> Tensor:
        """Return served scores, 0 to 1, for raw ones of any shape."""
        straight = self.calibration.values[0] + self.first_slope * (raw - self.calibration.knots[0])
        bent = (torch.relu(raw.unsqueeze(-1) - self.knots) * self.bends).sum(dim=-1)
        return torch.sigmoid(straight + bent)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, shape_ids: Tensor) -> tuple[Tensor, ...]:
        """Return emotions, sentiment, toxicity, tags, focus and the 28 labels of GoEmotions."""
        read = self.net(input_ids, attention_mask, shape_ids)
        emotions = self.curve(read.logits["emotions"])
        strength = emotions * emotions
        looked = read.attention[:, :, : GROUPS["emotions"]] @ strength.unsqueeze(-1)
        return (
            emotions,
            read.logits["sentiment"].softmax(dim=1),
            torch.sigmoid(read.logits["toxicity"] + self.calibration.toxicity_shift),
            self.net.tags(read.hidden).softmax(dim=2),
            looked.squeeze(-1) / strength.sum(dim=1, keepdim=True),
            torch.sigmoid(read.logits["goemotions"]),
        )


def sorted_curve(scores: NDArray[np.floating], first: int = 10) -> Sequence[float]:
    """Return the mean of the largest score of each row, of the second largest, and so on."""
    return [round(float(value), 3) for value in -np.sort(-scores, axis=1)[:, :first].mean(axis=0)]
