"""Writes the weights folder of the prosody network.

python -m training.prosody.export --packed build/voice --fitted build/prosody
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mien.models.additive_tables import softmax
from mien.models.speech_encoder import STATE_SIZE
from mien.models.voice_mapping import HEARD, VoiceEvidence, read_voice_table, with_rule
from mien.models.voice_trunk import SUMMARY_SIZE
from training.burst.export import calibration, golden_inputs, inputs_of, quantiles
from training.prosody import encoder
from training.prosody.data import FOLDS, divide
from training.prosody.encoder import STATES
from training.prosody.hearing import heard
from training.prosody.network import load
from training.prosody.trunk import CLEAN, SUMMARIES
from training.voice.clips import Clips
from training.voice.graphs import Described, write_weights
from training.voice.hearing import Heard

CARD = Path(__file__).with_name("card.md")
LICENCE = "CC BY-NC-SA 4.0"
DATA_SETS = [
    {"name": "RAVDESS, speech", "licence": LICENCE, "url": "zenodo.org/record/1188976"},
    {"name": "nEMO", "licence": LICENCE, "url": "github.com/amu-cai/nEMO"},
    {"name": "EmoGator, a part", "licence": "Apache-2.0", "url": "github.com/fredbuhl/EmoGator"},
]
VOICE_FORMULA = "voice and speech: number j (from 0) of sound i is 0.3 sin(0.37 j + i)"
CALM = frozenset({"neutral", "calm"})
ORDINARY, EMOTIONAL = 420, 80
"""Clips of ordinary and of emotional speech that scores are fitted to: interviews are mostly the former."""


def heard_by_strangers(fitted: Path, clips: Clips, numbers: Sequence[int]) -> Heard:
    """Return what is heard in clips, each by the networks of the fold that was fitted without its speaker."""
    parts = []
    for fold in FOLDS:
        divided = divide(clips, fold=fold)
        unknown = {*divided.dev, *divided.test}
        places = [place for place, number in enumerate(numbers) if number in unknown]
        parts.append((places, heard(load(fitted, (fold,)), clips, [numbers[place] for place in places])))
    back = np.argsort([place for places, _ in parts for place in places])
    outputs = tuple(np.concatenate([told.outputs[which] for _, told in parts])[back] for which in (0, 1))
    return Heard(outputs, np.concatenate([told.measures for _, told in parts])[back])


def fitted_calibration(fitted: Path, clips: Clips) -> str:
    """Return the calibration, over speech of strangers that is mostly neutral or calm."""
    rng = np.random.default_rng(6)
    calm = rng.permutation(clips.select(lambda row: row["emotion"] in CALM))[:ORDINARY]
    moved = rng.permutation(clips.select(lambda row: row["emotion"] not in CALM))[:EMOTIONAL]
    told = heard_by_strangers(fitted, clips, [*calm.tolist(), *moved.tolist()])
    (logits, circle), measured = told.outputs, told.measures
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
    beside = {"calibration.json": fitted_calibration(options.fitted, clips)}
    labels = {"heard": HEARD, "circle": ("arousal", "valence")}
    told = Described("prosody-nc", "4", LICENCE, note, DATA_SETS, labels, scores, CARD, beside, VOICE_FORMULA)
    spoken = np.load(options.packed / SUMMARIES, mmap_mode="r")[:1, CLEAN].astype(np.float32)
    states = np.load(options.packed / STATES, mmap_mode="r")[:1, encoder.CLEAN].astype(np.float32)
    real = {**inputs_of([clips.samples(0)]), "voice": spoken, "speech": states}
    beside_sounds = {"voice": golden_rows(SUMMARY_SIZE), "speech": golden_rows(STATE_SIZE)}
    write_weights(net, [{**golden_inputs(), **beside_sounds}, real], ("logits", "circle"), told)


def golden_rows(size: int) -> NDArray[np.float32]:
    """Return three rows of `VOICE_FORMULA`."""
    numbers, sounds = np.arange(size), np.arange(3)[:, np.newaxis]
    return (0.3 * np.sin(0.37 * numbers + sounds)).astype(np.float32)


if __name__ == "__main__":
    main()
