"""Goes on with a trained network on training and validation images together, when all choices are made.

python -m training.face.refit --start build/face/checkpoint.pt --taught build/face --out build/refit

Validation images are drawn some times as often as those the network has long seen. With `--held-out even` (or `odd`)
every other validation face stays out, so that what the step brings can be measured on faces it was not fitted to.
"""

import argparse
import copy
import logging
import time
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.face.data import DEFAULT_FOLDER, TEACHER, TEACHER_OF_VALIDATION, Faces, chosen, load_faces, taught
from training.face.train import Run, Schedule, build_network, keep, report, train_epoch
from training.shared.fitting import build_optimiser
from training.shared.splits import Split

CONFIG = Path(__file__).with_name("config-refit.toml")
HALVES = ("even", "odd")
log = logging.getLogger(__name__)


def in_half(count: int, half: str) -> Tensor:
    """Say which of so many faces are the `even` or the `odd` ones."""
    return torch.arange(count) % 2 == HALVES.index(half)


def together(train: Faces, more: Faces, repeats: int) -> Faces:
    """Put training faces and `repeats` times some others together."""
    all_of_them = [train, *[more] * repeats]
    return Faces(*(torch.cat([getattr(one, field.name) for one in all_of_them]) for field in fields(Faces)))


def refit(config: Mapping[str, Any], start: Path, faces: Faces, out: Path) -> Run:
    """Fit for the epochs that the settings say, from the averaged weights of a checkpoint; leave `checkpoint.pt`."""
    net = build_network(config["network"])
    net.load_state_dict(torch.load(start)["average"])
    run = Run(net, copy.deepcopy(net).eval(), build_optimiser(net, config["training"]))
    schedule = Schedule(config["training"], None, time.monotonic())
    out.mkdir(parents=True, exist_ok=True)
    for epoch in range(config["training"]["epochs"]):
        began = time.monotonic()
        loss = train_epoch(run, schedule, faces, config, epoch)
        keep(run, epoch + 1, time.monotonic() - schedule.begun, config, out / "checkpoint.pt")
        log.info("epoch %d loss %.4f %.0f s", epoch + 1, loss, time.monotonic() - began)
    return run


def main() -> None:
    """Read the command line and fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_FOLDER, help="folder that holds ferplus.npz")
    parser.add_argument("--start", type=Path, required=True, help="checkpoint of the network to go on with")
    parser.add_argument("--taught", type=Path, required=True, help="folder in which `teach` left what teachers see")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint.pt")
    parser.add_argument("--config", type=Path, default=CONFIG, help="settings")
    parser.add_argument("--seed", type=int, help="another seed than that of the settings")
    parser.add_argument("--held-out", choices=HALVES, help="the half of the validation faces that stays out")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    config = tomllib.loads(options.config.read_text())
    if options.seed is not None:
        config["training"]["seed"] = options.seed
    torch.manual_seed(config["training"]["seed"])
    torch.set_num_threads(config["training"]["threads"])
    settings, folder = config["training"], options.taught
    train, validation = load_faces(options.data, Split.TRAIN), load_faces(options.data, Split.VALIDATION)
    train = taught(train, folder / TEACHER, settings["teacher"])
    learnt = taught(validation, folder / TEACHER_OF_VALIDATION, settings["teacher"])
    held = torch.zeros(len(validation), dtype=torch.bool)
    if options.held_out:
        held = in_half(len(validation), options.held_out)
    faces = together(train, chosen(learnt, ~held), settings["repeats"])
    run = refit(config, options.start, faces, options.out)
    if options.held_out:
        log.info("%d faces held out: %s", held.sum(), report(run.average, chosen(validation, held)))


if __name__ == "__main__":
    main()
