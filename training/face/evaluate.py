"""Prints the figures of the card: how well a checkpoint does on a split it was not fitted on.

python -m training.face.evaluate --out build/face --split validation
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.face.data import DEFAULT_FOLDER, EXPRESSIONS, Faces, load_faces, reframe
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
    fit_temperature,
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


def validation_temperature(net: FaceExpressionNet, data: Path) -> float:
    """Fit the temperature to the votes of the validation split, and to nothing else."""
    faces = load_faces(data, Split.VALIDATION)
    return fit_temperature(predict(net, faces).numpy(), faces.votes.numpy())


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


def framing_table(net: FaceExpressionNet, temperature: float, faces: Faces) -> str:
    """Write how the scores fall when the crop is cut otherwise or the face is small, as a Markdown table."""
    lines = ["| crop | accuracy | macro-F1 |", "| --- | ---: | ---: |"]
    for name, change in FRAMINGS.items():
        changed = replace(faces, pixels=reframe(faces.pixels, **change))
        result = evaluate(predict(net, changed).numpy() / temperature, changed)
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
    parser.add_argument("--split", choices=["validation", "test"], default="validation")
    options = parser.parse_args()
    net = load_checkpoint(options.out)
    temperature = validation_temperature(net, options.data)
    faces = load_faces(options.data, Split[options.split.upper()])
    print(f"{options.split} split, temperature {temperature:.3f}\n")
    print(card_text(evaluate(predict(net, faces).numpy() / temperature, faces)))
    if options.split == "validation":
        print(f"\n{framing_table(net, temperature, faces)}")


if __name__ == "__main__":
    main()
