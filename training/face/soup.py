"""Averages the weights of networks that began as one (Wortsman et al. 2022, model soups).

python -m training.face.soup --networks build/a/checkpoint.pt build/b/checkpoint.pt --out build/face
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from training.face.train import DEFAULT_OUT


def soup(networks: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return the mean of all weights and statistics; what is counted stays as the first network has it."""
    return {
        name: torch.stack([one[name] for one in networks]).mean(dim=0) if value.is_floating_point() else value
        for name, value in networks[0].items()
    }


def main() -> None:
    """Read the command line and leave the mean as `checkpoint.pt`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=Path, nargs="+", required=True, help="checkpoint.pt of each")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for checkpoint.pt")
    options = parser.parse_args()
    states = [torch.load(path, map_location="cpu") for path in options.networks]
    options.out.mkdir(parents=True, exist_ok=True)
    mean = soup([state["average"] for state in states])
    torch.save({"average": mean, "config": states[0]["config"]}, options.out / "checkpoint.pt")


if __name__ == "__main__":
    main()
