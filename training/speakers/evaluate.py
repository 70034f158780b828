"""Measure the diarisation error rate on dialogues, with the speakers the weights were not fitted to by default.

python -m training.speakers.evaluate                 # of build/speakers/speaker-space-1, as `fit` wrote it
python -m training.speakers.evaluate --permissive    # without anything fitted, by fixed thresholds

Speech and prints of dialogues are taken once, as the extractor does, and kept in build/speakers/prints.
"""

import argparse
import json
import tomllib
from collections import defaultdict
from pathlib import Path

import numpy as np

from mien.assembly import open_weights
from mien.domain.errors import UnknownNetwork
from mien.domain.network import Network
from mien.extractors.speaker_space import SPACE, SpeakerSpace
from mien.extractors.speakers import Telling, told
from mien.runtime.networks import NetworkRuntime
from mien.runtime.onnx_network import OnnxNetwork
from mien.settings import read_settings
from training.speakers.dialogues import Dialogue
from training.speakers.diarisation_error import DiarisationError, diarisation_error
from training.speakers.fit import DATA, HERE
from training.speakers.prints import printed_dialogues


class WithSpace:
    """Hand out the networks of a runtime, but the space of another folder, or none."""

    def __init__(self, runtime: NetworkRuntime, folder: Path | None) -> None:
        self._runtime = runtime
        self._folder = folder

    def network(self, weights: str) -> Network:
        """Return the network, the space from the folder. Raises UnknownNetwork where there is to be none."""
        if weights != SPACE:
            return self._runtime.network(weights)
        return OnnxNetwork(self._placed() / "model.onnx", 1)

    def companion(self, weights: str, file: str) -> str:
        """Return the text beside a network."""
        return (
            self._runtime.companion(weights, file) if weights != SPACE else (self._placed() / file).read_text("utf-8")
        )

    def _placed(self) -> Path:
        if self._folder is None:
            raise UnknownNetwork(f"{SPACE} is left out")
        return self._folder


def groups_of(dialogue: Dialogue) -> tuple[str, ...]:
    """Return the rows of the table a dialogue counts in."""
    kind = dialogue.kind
    pair = (f"{kind}, 2, {'one sex' if dialogue.same_sex else 'both sexes'}",) if dialogue.count == 2 else ()
    return ("all", kind, f"{kind}, {dialogue.count} speakers", *pair, f"{kind}, {dialogue.channel}")


def main() -> None:
    """Print the error rate by kind of dialogue, with the parts of it and how often the count is right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--space", type=Path, default=Path("build/speakers") / SPACE)
    parser.add_argument("--speakers", choices=("development", "held_out"), default="held_out")
    parser.add_argument("--permissive", action="store_true", help="measure what serves without fitted weights")
    parser.add_argument("--collar", type=float, default=0.25)
    wanted = parser.parse_args()
    settings = tomllib.loads((HERE / "config.toml").read_text("utf-8"))
    networks = NetworkRuntime(open_weights(read_settings()))
    space = SpeakerSpace(WithSpace(networks, None if wanted.permissive else wanted.space))
    if not wanted.permissive:
        print(json.loads((wanted.space / "manifest.json").read_text("utf-8"))["speakers"], "speakers fitted to")
    found: dict[str, list[tuple[DiarisationError, bool]]] = defaultdict(list)
    for one in printed_dialogues(settings, wanted.speakers, wanted.data, networks):
        turns = told(one.prints, one.speech, space, Telling())
        said = [(turn.time.begin, turn.time.end, turn.speaker) for turn in turns]
        error = diarisation_error(one.dialogue.turns, said, wanted.collar)
        for group in groups_of(one.dialogue):
            found[group].append((error, len({turn.speaker for turn in turns}) == one.dialogue.count))
    for group, results in sorted(found.items()):
        print(row(group, results))


def row(group: str, results: list[tuple[DiarisationError, bool]]) -> str:
    """Return one row: error rate over all seconds, its parts, the share of dialogues with the right count."""
    errors = [error for error, _right in results]
    spoken = sum(error.spoken for error in errors)
    missed, invented, confused = (
        sum(getattr(error, part) for error in errors) / spoken for part in ("missed", "invented", "confused")
    )
    right = np.mean([right for _error, right in results])
    rate = missed + invented + confused
    return (
        f"{group:20} DER {rate:.3f} (missed {missed:.3f}, invented {invented:.3f}, confused {confused:.3f}), "
        f"count right {right:.2f} of {len(results)}"
    )


if __name__ == "__main__":
    main()
