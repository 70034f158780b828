"""Goes part of the way back from a trained network to the one it began as (Wortsman et al. 2022, WiSE-FT).

python -m training.face.blend --out build/face --share 0.7

Both compute nearly the same, so a mean of their weights is a network too; the share is chosen on the validation split.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from training.face.grow import START
from training.face.train import DEFAULT_OUT


def blend(began: Mapping[str, Tensor], ended: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """Return the mean of all weights and statistics, `share` of it from the trained ones."""
    return {
        name: share * value + (1 - share) * began[name] if value.is_floating_point() else value
        for name, value in ended.items()
    }


def main() -> None:
    """Read the command line and leave the blend in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder that holds start.pt and checkpoint.pt")
    parser.add_argument("--share", type=float, required=True, help="share of the trained weights, 0 to 1")
    options = parser.parse_args()
    ended = torch.load(options.out / "checkpoint.pt")
    average = blend(torch.load(options.out / START)["average"], ended["average"], options.share)
    blended = options.out / f"blend-{options.share:.2f}"
    blended.mkdir(exist_ok=True)
    torch.save({**ended, "average": average, "share": options.share}, blended / "checkpoint.pt")


if __name__ == "__main__":
    main()
