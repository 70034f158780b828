"""Trains the facemesh expression network on FER+ meshes in under a minute on one processor.

python -m training.facemesh.train --meshes build/meshes.npz
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from training.face_geometry.meshes import DEFAULT_FILE
from training.facemesh.data import EXPRESSIONS, Shapes, load_shapes
from training.facemesh.network import MeshNet, Mirror, ServedNet
from training.shared.scores import accuracy, class_scores, confusion, fit_temperature, softmax, vote_loss
from training.shared.splits import Split

DEFAULT_OUT = Path("build/facemesh/checkpoint.pt")
SEED = 7
EPOCHS = 12
BATCH = 256
LEARNING_RATE = 1e-3  # AdamW, cosine to zero
WEIGHT_DECAY = 0.05
BALANCE = 0.4  # 0 draws faces as they come, 1 draws every expression equally often
NOISE = 0.1  # deviation of the noise added to standardised shapes
LEAST_DEVIATION = 0.02  # centimetres; vertices that hardly move are not blown up


def train(data: Shapes) -> MeshNet:
    """Fit on the training split: soft-label cross-entropy, half of the faces mirrored."""
    torch.manual_seed(SEED)
    net, mirror = MeshNet(data.shapes.mean(dim=0), data.shapes.std(dim=0) + LEAST_DEVIATION), Mirror()
    weights = data.votes @ data.votes.mean(dim=0).pow(-BALANCE)
    optimizer = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = EPOCHS * len(data.shapes) // BATCH
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    net.train()
    for _step in range(steps):
        rows = torch.multinomial(weights, BATCH, replacement=True)
        shapes = data.shapes[rows]
        shapes = torch.where(torch.rand(BATCH, 1) < 0.5, shapes, mirror(shapes))
        logits = net(shapes + NOISE * net.deviation * torch.randn_like(shapes))
        loss = -(data.votes[rows] * functional.log_softmax(logits, dim=1)).sum(dim=1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return net.eval()


def temperature_on(net: MeshNet, data: Shapes) -> float:
    """Find the temperature under which the votes of a split are most likely."""
    with torch.no_grad():
        return fit_temperature(ServedNet(net, 1.0)(data.shapes).numpy(), data.votes.numpy())


def figures(logits: np.ndarray, data: Shapes) -> dict[str, float | dict[str, float]]:
    """Compute accuracy, macro-F1 and F1 per expression over clear faces, and vote loss over all."""
    clear = data.clear.numpy()
    table = confusion(data.labels.numpy()[clear], logits.argmax(axis=1)[clear], len(EXPRESSIONS))
    f1 = class_scores(table).f1
    return {
        "images": int(clear.sum()),
        "accuracy": round(accuracy(table), 4),
        "macro_f1": round(float(f1.mean()), 4),
        "f1": {name: round(float(value), 3) for name, value in zip(EXPRESSIONS, f1, strict=True)},
        "vote_loss": round(vote_loss(softmax(logits), data.votes.numpy()), 4),
    }


def main() -> None:
    """Read the command line, train, print the figures on validation faces and keep the network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meshes", type=Path, default=DEFAULT_FILE, help="what lay_meshes wrote")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="file to write")
    options = parser.parse_args()
    net = train(load_shapes(options.meshes, Split.TRAIN))
    held = load_shapes(options.meshes, Split.VALIDATION)
    temperature = temperature_on(net, held)
    with torch.no_grad():
        print(temperature, figures(ServedNet(net, temperature)(held.shapes).numpy(), held))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"state": net.state_dict(), "temperature": temperature}, options.out)


if __name__ == "__main__":
    main()
