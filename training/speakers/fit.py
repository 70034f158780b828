"""Fit the space in which speakers are told apart, and write its weights folder; no PyTorch is needed.

python -m training.speakers.fit                      # fits to the development speakers, into build/speakers
python -m training.speakers.fit --everybody --ship   # fits to all speakers with the same settings, into the package
"""

import argparse
import hashlib
import json
import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from mien.assembly import open_weights
from mien.extractors.speaker_space import SPACE, Judgements
from mien.extractors.speakers import Telling
from mien.extractors.voice_prints import PRINT_SIZE
from mien.runtime.networks import NetworkRuntime
from mien.runtime.onnx_graph import floats_of, message, model, node, tensor
from mien.settings import read_settings
from training.shared.parity import check_parity, run_onnx
from training.speakers.judging import fit_judgements
from training.speakers.prints import Printed, printed_dialogues
from training.speakers.space import Space, fit_space

HERE = Path(__file__).parent
DATA = Path("../shared/data/speech")
SHIPPED = Path("src/mien/weights") / SPACE
OPSET = 13
GOLDEN_FORMULA = "print i (0, 1, 2), number j (0 to 255): |sin(0.1 (i + 1) (j + 1))|, divided by the length of the row"


def fit(printed: Sequence[Printed], floor: float) -> tuple[Space, Judgements]:
    """Return the space of all dialogues, and judgements from each half of them in the space of the other half."""
    halves = printed[::2], printed[1::2]
    spaces = [fit_space(half, floor) for half in halves]
    parts = [(halves[0], spaces[1]), (halves[1], spaces[0])]
    return fit_space(printed, floor), fit_judgements(parts, Telling())


def write(space: Space, judgements: Judgements, folder: Path, about: dict[str, Any]) -> None:
    """Write the weights folder: graph, manifest, card, golden values."""
    folder.mkdir(parents=True, exist_ok=True)
    graph = folder / "model.onnx"
    graph.write_bytes(_graph(space))
    i, j = np.mgrid[0:3, 0:PRINT_SIZE]
    waves = np.abs(np.sin(0.1 * (i + 1) * (j + 1))).astype(np.float32)
    prints = waves / np.linalg.norm(waves, axis=1, keepdims=True)
    points = run_onnx(graph, prints, "points")
    check_parity(space.project(prints), points)
    name, version = SPACE.rsplit("-", 1)
    content = graph.read_bytes()
    told = {"name": name, "version": version, "file": graph.name, "sha256": hashlib.sha256(content).hexdigest()}
    about = {"bytes": len(content), "licence": "CC-BY-NC-SA-4.0", **about, "judgements": asdict(judgements)}
    (folder / "manifest.json").write_text(json.dumps(told | about, indent=2) + "\n")
    golden = {"input": GOLDEN_FORMULA, "points": points.round(5).tolist(), "tolerance": 1e-3}
    (folder / "golden.json").write_text(json.dumps(golden) + "\n")
    shutil.copy(HERE / "card.md", folder / "card.md")


def _graph(space: Space) -> bytes:
    projection = space.projection.astype(np.float32)
    shift = (-space.mean @ space.projection).astype(np.float32)
    parts = [
        (1, node("Gemm", ["prints", "projection", "shift"], "points")),
        (2, "speaker-space"),
        (5, tensor("projection", projection)),
        (5, tensor("shift", shift)),
        (11, floats_of("prints", ("batch", PRINT_SIZE))),
        (12, floats_of("points", ("batch", projection.shape[1]))),
    ]
    return model(message(*parts), OPSET)


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=Path("build/speakers") / SPACE)
    parser.add_argument("--speakers", choices=("development", "held_out"), default="development")
    parser.add_argument("--everybody", action="store_true", help="fit to both groups of speakers")
    parser.add_argument("--ship", action="store_true", help="write into the package")
    wanted = parser.parse_args()
    settings = tomllib.loads((HERE / "config.toml").read_text("utf-8"))
    groups = ("development", "held_out") if wanted.everybody else (wanted.speakers,)
    runtime = NetworkRuntime(open_weights(read_settings()))
    printed = [one for group in groups for one in printed_dialogues(settings, group, wanted.data, runtime)]
    about = {
        "licence_note": "Fitted on RAVDESS and nEMO (both CC BY-NC-SA 4.0): not for commercial use.",
        "speakers": sum(len(settings["speakers"][group]) for group in groups),
        "created": date.today().isoformat(),
    }
    write(*fit(printed, settings["fit"]["floor"]), SHIPPED if wanted.ship else wanted.out, about)


if __name__ == "__main__":
    main()
