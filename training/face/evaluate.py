"""Prints the figures of the card: how well a checkpoint does on a split it was not fitted on.

python -m training.face.evaluate --out build/face --split validation

A network fitted to the validation faces as well cannot be judged, nor calibrated, on them. `--held-out-by` names
networks made the same way without a part of them each, as `refit --held-out` makes them: face i is seen by network
i modulo their number.
"""

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from training.face.data import DEFAULT_FOLDER, EXPRESSIONS, Faces, chosen, load_faces, reframe
from training.face.network import FaceExpressionNet
from training.face.train import DEFAULT_OUT, build_network, predict
from training.shared.scores import (
    ClassScores,
    accuracy,
    calibration_error,
    class_scores,
    class_table,
    confusion,
    confusion_table,
    softmax,
    vote_loss,
)
from training.shared.splits import Split

FRAMINGS: Mapping[str, dict[str, Any]] = {
    "as it is": {},
    "face 15 % larger": {"zoom": 1.15},
    "face 15 % smaller": {"zoom": 0.87},
    "face 30 % larger": {"zoom": 1.3},
    "turned by 15 degrees": {"degrees": 15.0},
    "turned by 30 degrees": {"degrees": 30.0},
    "face 32 pixels high": {"side": 32},
    "face 24 pixels high": {"side": 24},
    "face 16 pixels high": {"side": 16},
}


@dataclass(frozen=True)
class Calibration:
    """Holds what makes the softmax of logits agree with votes: divide by the temperature, add the intercepts."""

    temperature: float
    intercepts: tuple[float, ...]

    def apply(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return calibrated logits, N x 8."""
        return (logits / self.temperature + np.asarray(self.intercepts)).astype(np.float32)


@dataclass(frozen=True)
class Evaluation:
    """Holds the figures of one split; all but the vote loss are on images with one clear expression."""

    images: int
    clear_images: int
    accuracy: float
    classes: ClassScores
    table: NDArray[np.integer]
    calibration_error: float
    vote_loss: float
    vote_entropy: float

    @property
    def macro_f1(self) -> float:
        """Return the mean F1 over the eight expressions, each counting the same."""
        return float(np.mean(self.classes.f1))


def load_checkpoint(out: Path) -> FaceExpressionNet:
    """Return the averaged network of a training run, ready to predict."""
    state = torch.load(out / "checkpoint.pt", map_location="cpu")
    net = build_network(state["config"]["network"])
    net.load_state_dict(state["average"])
    return net.eval()


def out_of_fold(nets: Sequence[FaceExpressionNet], faces: Faces) -> Tensor:
    """Return the logits, N x 8, that each face gets from the network that was not fitted to it."""
    logits, turn = torch.empty(len(faces), len(EXPRESSIONS)), torch.arange(len(faces)) % len(nets)
    for place, net in enumerate(nets):
        logits[turn == place] = predict(net, chosen(faces, turn == place))
    return logits


def fit_calibration(logits: Tensor, votes: Tensor) -> Calibration:
    """Find temperature and intercepts by the least negative log-likelihood of the votes.

    Faces were drawn with balance in training, so a network thinks rare expressions too likely; intercepts undo that.
    """
    logits, votes = logits.double(), votes.double()
    values = torch.zeros(1 + len(EXPRESSIONS), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([values], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimiser.zero_grad()
        loss = functional.cross_entropy(logits * values[0].exp() + values[1:], votes)
        loss.backward()  # type: ignore[no-untyped-call]  # torch's stub
        return float(loss.detach())

    optimiser.step(closure)
    sharpness, *intercepts = values.detach().tolist()
    middle = float(np.mean(intercepts))
    return Calibration(math.exp(-sharpness), tuple(value - middle for value in intercepts))


def crossed(logits: Tensor, votes: Tensor, folds: int = 5) -> NDArray[np.float32]:
    """Calibrate every face with constants that were fitted on the other faces, so that figures are not flattered."""
    fold = torch.arange(len(logits)) % folds
    calibrated = np.empty(logits.shape, np.float32)
    for part in range(folds):
        fitted = fit_calibration(logits[fold != part], votes[fold != part])
        calibrated[fold == part] = fitted.apply(logits[fold == part].numpy())
    return calibrated


def evaluate(logits: NDArray[np.floating], faces: Faces) -> Evaluation:
    """Work out every figure of the card from calibrated logits, N x 8."""
    probabilities, votes = softmax(logits), faces.votes.numpy()
    clear = faces.clear.numpy()
    labels = faces.labels.numpy()[clear]
    table = confusion(labels, probabilities[clear].argmax(axis=1), len(EXPRESSIONS))
    return Evaluation(
        images=len(faces),
        clear_images=int(clear.sum()),
        accuracy=accuracy(table),
        classes=class_scores(table),
        table=table,
        calibration_error=calibration_error(probabilities[clear], labels),
        vote_loss=vote_loss(probabilities, votes),
        vote_entropy=vote_loss(votes, votes),
    )


def framing_table(nets: Sequence[FaceExpressionNet], calibration: Calibration, faces: Faces) -> str:
    """Write how the scores fall when the crop is cut otherwise or the face is small, as a Markdown table."""
    lines = ["| crop | accuracy | macro-F1 |", "| --- | ---: | ---: |"]
    for name, change in FRAMINGS.items():
        changed = replace(faces, pixels=reframe(faces.pixels, **change))
        result = evaluate(calibration.apply(out_of_fold(nets, changed).numpy()), changed)
        lines.append(f"| {name} | {result.accuracy:.3f} | {result.macro_f1:.3f} |")
    return "\n".join(lines)


def card_text(evaluation: Evaluation) -> str:
    """Write an evaluation as the Markdown of the card."""
    return "\n".join(
        [
            f"accuracy {evaluation.accuracy:.3f}, macro-F1 {evaluation.macro_f1:.3f}, "
            f"expected calibration error {evaluation.calibration_error:.3f} "
            f"on {evaluation.clear_images} images with one clear expression;",
            f"negative log-likelihood of the votes {evaluation.vote_loss:.3f} nats "
            f"(their own entropy, the floor: {evaluation.vote_entropy:.3f}) on all {evaluation.images} images",
            "",
            class_table(evaluation.classes, EXPRESSIONS),
            "",
            "Rows: what most people saw; columns: the network.",
            "",
            confusion_table(evaluation.table, EXPRESSIONS),
        ]
    )


def main() -> None:
    """Read the command line and print the table of one split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_FOLDER, help="folder that holds ferplus.npz")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder that holds checkpoint.pt")
    parser.add_argument("--held-out-by", type=Path, nargs="*", default=[], help="folders of checkpoints")
    parser.add_argument("--split", choices=["validation", "test"], default="validation")
    options = parser.parse_args()
    net = load_checkpoint(options.out)
    nets = [load_checkpoint(folder) for folder in options.held_out_by] or [net]
    held_out = load_faces(options.data, Split.VALIDATION)
    known = out_of_fold(nets, held_out)
    calibration = fit_calibration(known, held_out.votes)
    print(f"{options.split} split, {calibration}\n")
    if options.split == "test":
        faces = load_faces(options.data, Split.TEST)
        print(card_text(evaluate(calibration.apply(predict(net, faces).numpy()), faces)))
        return
    print(f"calibrated across five folds: {card_text(evaluate(crossed(known, held_out.votes), held_out))}\n")
    print(framing_table(nets, calibration, held_out))


if __name__ == "__main__":
    main()
