"""Writes the three weights folders for bursts: the detector, the burst network, and the head of calls.

python -m training.burst.export --packed build/voice --fitted build/burst
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.models.acoustics import measures
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
from mien.models.listening import SHORTEST_FRAMES
from mien.models.prosody import RULE_SHARPNESS
from mien.models.voice_mapping import HEARD, VoiceEvidence, read_voice_table, ruled_circle
from mien.spectrograms.mel import RATE, filled, levelled, log_mel
from training.burst.calls import CallNet, load_clip_net
from training.burst.data import divide
from training.burst.detector import DetectorNet
from training.burst.statistics import DROPOUT, MEMBERS, UNITS
from training.burst.train import report, truth_of
from training.voice.clips import Clips
from training.voice.graphs import Arrays, Described, golden_sounds, write_weights
from training.voice.network import ClipNet
from training.voice.statistics import StatisticsNet

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


STATISTICS_SHARE = 0.5
"""How much the logits from statistics and measures are added to those that listening gives; chosen on the dev part."""


class ServedClips(nn.Module):
    """Gives the logits of the emotions and the summary that other heads read."""

    def __init__(self, net: ClipNet, statistics: StatisticsNet) -> None:
        super().__init__()
        self.net = net
        self.statistics = statistics

    def forward(self, spectrograms: Tensor, measured: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and summary."""
        summary = self.net.summary(self.net.trunk(spectrograms))
        logits = self.net.heads[0](summary)
        return logits + STATISTICS_SHARE * self.statistics(spectrograms, measured)[0], summary


def spectrogram(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a clip as the networks hear it."""
    return levelled(filled(log_mel(samples), SHORTEST_FRAMES))


def golden_inputs() -> Arrays:
    """Return spectrograms and measures of the golden sounds."""
    return inputs_of(golden_sounds())


def inputs_of(sounds: Iterable[NDArray[np.float32]]) -> Arrays:
    """Return spectrograms and measures of sounds of one length."""
    several = list(sounds)
    return {
        "spectrogram": np.stack([spectrogram(sound) for sound in several]),
        "measures": np.stack([measures(sound) for sound in several]),
    }


@torch.no_grad()
def heard(net: nn.Module, sounds: Sequence[NDArray[np.float32]]) -> tuple[NDArray[np.float32], ...]:
    """Return probabilities of the emotions, summaries and measures of clips."""
    measured = np.stack([measures(sound) for sound in sounds])
    rows = [
        net(torch.from_numpy(spectrogram(sound))[None], torch.from_numpy(row)[None])
        for sound, row in zip(sounds, measured, strict=True)
    ]
    logits, summaries = (torch.cat([row[part] for row in rows]).numpy() for part in (0, 1))
    return softmax(logits), summaries, measured


def quantiles(sums: NDArray[np.float32]) -> list[list[float]]:
    """Return what 5, 50 and 95 % of each column do not exceed."""
    return [[round(float(value), 4) for value in row] for row in np.quantile(sums, (0.05, 0.5, 0.95), axis=0).T]


def calibration(mean: NDArray[Any], deviation: NDArray[Any], knots: Mapping[str, list[list[float]]]) -> str:
    """Return the calibration as the JSON that mien reads."""
    numbers = {"mean": np.round(mean, 4).tolist(), "deviation": np.round(deviation, 4).tolist()}
    return json.dumps({**numbers, "knots": dict(knots)}) + "\n"


def burst_calibrations(told: tuple[NDArray[np.float32], ...], head: CallNet) -> tuple[str, str]:
    """Return the calibrations with calls by rules and with calls by the head, over bursts of the dev part."""
    emotions, summaries, measured = told
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
    emotions, _, measured = heard(net, real + read)
    known = measured[: len(real)]
    mean, deviation = known.mean(axis=0), (known.std(axis=0) + measured.std(axis=0)) / 2 + 1e-3
    standard = np.clip((measured - mean) / deviation, -2.5, 2.5)
    rules = read_table("voice_rules.toml", HEARD, RULE_COLUMNS)
    likely = softmax(np.float32(RULE_SHARPNESS) * rules.sums(np.concatenate([lift(emotions), standard], axis=1)))
    evidence = VoiceEvidence(likely, ruled_circle(likely, standard), standard)
    return calibration(mean, deviation, {"voice": quantiles(read_voice_table().sums(evidence.columns))})


def main() -> None:
    """Read the command line and write the folders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--clips", type=Path, default=Path("build/burst/clips.pt"))
    parser.add_argument("--statistics", type=Path, default=Path("build/burst/statistics.pt"))
    parser.add_argument("--calls", type=Path, default=Path("build/burst/calls.pt"))
    parser.add_argument("--detector", type=Path, default=Path("build/burst/detector.pt"))
    parser.add_argument("--scores", type=Path, help="JSON of figures by folder name, for the manifests")
    options = parser.parse_args()
    torch.set_num_threads(1)
    scores = json.loads(options.scores.read_text()) if options.scores else {}
    bursts = Clips(options.packed, "burst")
    statistics = StatisticsNet([len(EMOTIONS)], UNITS, MEMBERS, DROPOUT)
    statistics.load_state_dict(torch.load(options.statistics))
    served = ServedClips(load_clip_net(options.clips), statistics).eval()
    parts, truth = divide(bursts), truth_of(bursts)
    chosen = np.random.default_rng(4).permutation(parts.dev)[:REFERENCE].tolist()
    told = heard(served, [bursts.samples(number) for number in chosen])
    head = CallNet(told[1].shape[1])
    head.load_state_dict(torch.load(options.calls))
    by_rules, by_head = burst_calibrations(told, head.eval())
    golden = golden_inputs()
    spoken = speech_calibration(served, options.packed)
    companions = {"calibration.json": by_rules, "speech_calibration.json": spoken}
    write_weights(
        served, [golden, inputs_of([bursts.samples(chosen[0])])], ("logits", "summary"),
        Described("burst", "1", APACHE, "fitted on EmoGator alone", [EMOGATOR], {"emotions": EMOTIONS},
                  scores.get("burst", {"dev": report(told[0], truth[chosen])}), HERE / "card.md",
                  companions),
    )  # fmt: skip
    with torch.no_grad():
        summaries = served(*(torch.from_numpy(rows) for rows in golden.values()))[1].numpy()
    inputs = {"summary": summaries, "measures": golden["measures"]}
    write_weights(
        head, [inputs, {"summary": told[1], "measures": told[2]}], ("logits",),
        Described("burst-calls-nc", "1", "CC BY-NC-ND 4.0", "see the card", [DEEPLY], {"calls": CALLS},
                  scores.get("burst-calls-nc", {}), HERE / "calls_card.md", {"calibration.json": by_head}),
    )  # fmt: skip
    detector = DetectorNet()
    detector.load_state_dict(torch.load(options.detector))
    write_weights(
        detector.eval(), [{"spectrogram": golden["spectrogram"]}], ("logits",),
        Described("burst-events", "1", APACHE, "fitted on EmoGator and free speech", [EMOGATOR, VOICES],
                  {"kinds": ("other", "speech", "burst")}, scores.get("burst-events", {}), HERE / "events_card.md"),
    )  # fmt: skip


if __name__ == "__main__":
    main()
