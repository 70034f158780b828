"""Prints the figures of the cards of the burst network and of the head of calls.

python -m training.burst.evaluate --packed build/voice --fitted build/burst --part dev
python -m training.burst.evaluate --part calls
"""

import argparse
import json
from pathlib import Path

import torch

from mien.models.additive_tables import softmax
from training.burst.calls import across_folds
from training.burst.data import divide
from training.burst.network import load, load_clip_net
from training.burst.train import report, truth_of
from training.voice.clips import Clips
from training.voice.hearing import hear


def emotions(clips: Clips, fitted: Path, part: str) -> dict[str, float]:
    """Return top-1, top-3 and mean AUC over the contributors of a part, heard as mien hears them."""
    numbers = getattr(divide(clips), part)
    net = load(fitted)
    heard = hear(net, [clips.samples(number) for number in numbers])
    told = report(softmax(heard.outputs[0]), truth_of(clips)[numbers])
    return {name: round(value, 3) for name, value in told.items()} | {"clips": len(numbers)}


def main() -> None:
    """Print the figures asked for, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--fitted", type=Path, default=Path("build/burst"))
    parser.add_argument("--part", choices=["dev", "test", "calls"], default="dev")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.part == "calls":
        clips = Clips(options.packed, "burst", melody=True)
        result = across_folds(clips, load_clip_net(options.fitted / "clips.pt"))
    else:
        result = emotions(Clips(options.packed, "burst"), options.fitted, options.part)
    print(json.dumps({options.part: result}, indent=1))


if __name__ == "__main__":
    main()
