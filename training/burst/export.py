"""Writes the three weights folders for bursts: the detector, the burst network, and the head of calls.

python -m training.burst.export --packed build/voice --fitted build/burst
"""

import argparse
import json
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mien.models.additive_tables import lift, read_table, softmax
from mien.models.burst_mapping import (
    CALLS,
    EMOTIONS,
    RULE_COLUMNS,
    BurstEvidence,
    read_burst_tables,
    read_call_rules,
    ruled_calls,
)
from mien.models.listening import PARTS, pieces
from mien.models.prosody import RULE_SHARPNESS
from mien.models.voice_mapping import HEARD, VoiceEvidence, read_voice_table, ruled_circle
from mien.spectrograms.mel import RATE
from training.burst.calls import CallNet
from training.burst.data import divide
from training.burst.detector import as_served
from training.burst.network import load
from training.voice.clips import Clips
from training.voice.graphs import Arrays, Described, golden_sounds, write_weights
from training.voice.hearing import Heard, hear, parts_of

HERE = Path(__file__).parent
APACHE = "Apache-2.0"
EMOGATOR = {"name": "EmoGator, a part", "licence": APACHE, "url": "github.com/fredbuhl/EmoGator"}
VOICES = {"name": "readings by espeak-ng, flite and people", "licence": "public domain, MIT", "url": ""}
DEEPLY = {
    "name": "Deeply Nonverbal Vocalization Dataset, sample",
    "licence": "CC BY-NC-ND 4.0",
    "url": "github.com/deeplyinc/Nonverbal-Vocalization-Dataset",
}
REFERENCE = 1_200
VERSION, EVENTS_VERSION = "2", "4"


def golden_inputs() -> Arrays:
    """Return spectrograms, melodies and measures of the golden sounds."""
    return inputs_of(golden_sounds())


def inputs_of(sounds: Iterable[NDArray[np.float32]]) -> Arrays:
    """Return spectrograms, melodies and measures of sounds of one length."""
    parts = [parts_of(*pieces(sound)) for sound in sounds]
    return {name: np.stack([part[place] for part in parts]) for place, name in enumerate(PARTS)}


def quantiles(sums: NDArray[np.float32]) -> list[list[float]]:
    """Return what 5, 50 and 95 % of each column do not exceed."""
    return [[round(float(value), 4) for value in row] for row in np.quantile(sums, (0.05, 0.5, 0.95), axis=0).T]


def calibration(mean: NDArray[Any], deviation: NDArray[Any], knots: Mapping[str, list[list[float]]]) -> str:
    """Return the calibration as the JSON that mien reads."""
    numbers = {"mean": np.round(mean, 4).tolist(), "deviation": np.round(deviation, 4).tolist()}
    return json.dumps({**numbers, "knots": dict(knots)}) + "\n"


def burst_calibrations(heard: Heard, head: CallNet) -> tuple[str, str]:
    """Return the calibrations with calls by rules and with calls by the head, over bursts of the dev part."""
    (logits, summaries), measured = heard.outputs, heard.measures
    emotions = softmax(logits)
    mean, deviation = measured.mean(axis=0), measured.std(axis=0) + 1e-3
    standard = np.clip((measured - mean) / deviation, -2.5, 2.5)
    with torch.no_grad():
        fitted = softmax(head(torch.from_numpy(summaries), torch.from_numpy(measured)).numpy())
    results = []
    for calls in (ruled_calls(read_call_rules(), emotions, standard), fitted):
        columns = BurstEvidence(emotions, calls, standard).columns
        knots = {name: quantiles(table.sums(columns)) for name, table in read_burst_tables().items()}
        results.append(calibration(mean, deviation, knots))
    return results[0], results[1]


def speech_calibration(net: nn.Module, packed: Path) -> str:
    """Return the calibration of prosody by rules, over free speech."""
    told = np.load(packed / "voices.npz")
    samples, ends = told["samples"].astype(np.float32) / 32768, told["ends"]
    real = [samples[a : a + 3 * RATE] for a in range(0, ends[int(told["real"])] - 3 * RATE, RATE)]
    read = [samples[a : min(b, a + 3 * RATE)] for a, b in pairwise(ends[:151]) if b - a > RATE]
    heard = hear(net, real + read)
    emotions, measured = softmax(heard.outputs[0]), heard.measures
    known = measured[: len(real)]
    mean, deviation = known.mean(axis=0), (known.std(axis=0) + measured.std(axis=0)) / 2 + 1e-3
    standard = np.clip((measured - mean) / deviation, -2.5, 2.5)
    rules = read_table("voice_rules.toml", HEARD, RULE_COLUMNS)
    likely = softmax(np.float32(RULE_SHARPNESS) * rules.sums(np.concatenate([lift(emotions), standard], axis=1)))
    evidence = VoiceEvidence(likely, ruled_circle(likely, standard), standard)
    return calibration(mean, deviation, {"voice": quantiles(read_voice_table().sums(evidence.columns))})


def write_hearing(options: argparse.Namespace, scores: Mapping[str, Any]) -> None:
    """Write the burst network and the head of calls."""
    bursts = Clips(options.packed, "burst")
    served = load(options.fitted)
    chosen = np.random.default_rng(4).permutation(divide(bursts).dev)[:REFERENCE].tolist()
    heard = hear(served, [bursts.samples(number) for number in chosen])
    head = CallNet(heard.outputs[1].shape[1])
    head.load_state_dict(torch.load(options.fitted / "calls.pt"))
    by_rules, by_head = burst_calibrations(heard, head.eval())
    golden = golden_inputs()
    companions = {"calibration.json": by_rules, "speech_calibration.json": speech_calibration(served, options.packed)}
    write_weights(
        served, [golden, inputs_of([bursts.samples(chosen[0])])], ("logits", "summary"),
        Described("burst", VERSION, APACHE, "fitted on EmoGator alone", [EMOGATOR], {"emotions": EMOTIONS},
                  scores.get("burst", {}), HERE / "card.md", companions),
    )  # fmt: skip
    with torch.no_grad():
        summaries = served(*(torch.from_numpy(rows) for rows in golden.values()))[1].numpy()
    inputs = {"summary": summaries, "measures": golden["measures"]}
    write_weights(
        head, [inputs, {"summary": heard.outputs[1], "measures": heard.measures}], ("logits",),
        Described("burst-calls-nc", VERSION, "CC BY-NC-ND 4.0", "see the card", [DEEPLY], {"calls": CALLS},
                  scores.get("burst-calls-nc", {}), HERE / "calls_card.md", {"calibration.json": by_head}),
    )  # fmt: skip


def write_events(options: argparse.Namespace, scores: Mapping[str, Any]) -> None:
    """Write the detector."""
    write_weights(
        as_served(options.fitted / "detector.pt"), [{"spectrogram": golden_inputs()["spectrogram"]}], ("logits",),
        Described("burst-events", EVENTS_VERSION, APACHE, "fitted on EmoGator and free speech", [EMOGATOR, VOICES],
                  {"kinds": ("other", "speech", "burst")}, scores.get("burst-events", {}), HERE / "events_card.md"),
    )  # fmt: skip


PARTS_TO_WRITE = {"hearing": write_hearing, "events": write_events}


def main() -> None:
    """Read the command line and write the folders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--fitted", type=Path, default=Path("build/burst"))
    parser.add_argument("--scores", type=Path, help="JSON of figures by folder name, for the manifests")
    parser.add_argument("--part", nargs="+", choices=PARTS_TO_WRITE, default=list(PARTS_TO_WRITE))
    options = parser.parse_args()
    torch.set_num_threads(1)
    scores = json.loads(options.scores.read_text()) if options.scores else {}
    for part in options.part:
        PARTS_TO_WRITE[part](options, scores)


if __name__ == "__main__":
    main()
