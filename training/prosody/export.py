"""Writes the weights folder of the prosody network.

python -m training.prosody.export --packed build/voice --fitted build/prosody
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from mien.models.additive_tables import softmax
from mien.models.voice_mapping import HEARD, VoiceEvidence, read_voice_table, with_rule
from training.burst.export import calibration, golden_inputs, inputs_of, quantiles
from training.prosody.network import ServedNet, load
from training.voice.clips import Clips
from training.voice.graphs import Described, write_weights
from training.voice.hearing import hear

CARD = Path(__file__).with_name("card.md")
LICENCE = "CC BY-NC-SA 4.0"
DATA_SETS = [
    {"name": "RAVDESS, speech", "licence": LICENCE, "url": "zenodo.org/record/1188976"},
    {"name": "nEMO", "licence": LICENCE, "url": "github.com/amu-cai/nEMO"},
    {"name": "EmoGator, a part", "licence": "Apache-2.0", "url": "github.com/fredbuhl/EmoGator"},
]
CALM = frozenset({"neutral", "calm"})
ORDINARY, EMOTIONAL = 420, 80
"""Clips of ordinary and of emotional speech that scores are fitted to: interviews are mostly the former."""


def fitted_calibration(net: ServedNet, clips: Clips) -> str:
    """Return the calibration, over speech that is mostly neutral or calm."""
    rng = np.random.default_rng(6)
    calm = rng.permutation(clips.select(lambda row: row["emotion"] in CALM))[:ORDINARY]
    moved = rng.permutation(clips.select(lambda row: row["emotion"] not in CALM))[:EMOTIONAL]
    heard = hear(net, [clips.samples(number) for number in (*calm, *moved)])
    (logits, circle), measured = heard.outputs, heard.measures
    mean, deviation = measured[: len(calm)].mean(axis=0), measured[: len(calm)].std(axis=0) + 1e-3
    standard = np.clip((measured - mean) / deviation, -2.5, 2.5).astype(np.float32)
    evidence = VoiceEvidence(softmax(logits), with_rule(circle, standard), standard)
    return calibration(mean, deviation, {"voice": quantiles(read_voice_table().sums(evidence.columns))})


def main() -> None:
    """Read the command line and write the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--fitted", type=Path, default=Path("build/prosody"))
    parser.add_argument("--scores", type=Path, help="JSON of figures for the manifest")
    options = parser.parse_args()
    torch.set_num_threads(1)
    clips = Clips(options.packed, "speech")
    net = load(options.fitted)
    scores = json.loads(options.scores.read_text()) if options.scores else {}
    note = "fitted on corpora whose licence forbids commercial use; their share-alike clause is kept"
    told = Described("prosody-nc", "2", LICENCE, note, DATA_SETS, {"heard": HEARD, "circle": ("arousal", "valence")},
                     scores, CARD, {"calibration.json": fitted_calibration(net, clips)})  # fmt: skip
    write_weights(net, [golden_inputs(), inputs_of([clips.samples(0)])], ("logits", "circle"), told)


if __name__ == "__main__":
    main()
