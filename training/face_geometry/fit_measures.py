"""Fits mean, deviation and pose terms of every measure of the action units on neutral training faces.

python -m training.face_geometry.fit_measures
"""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.models.face_geometry import NeutralFace, pose_terms, read_neutral_face, to_front
from mien.models.mesh_measures import MEASURES, MeasureStatistics, raw_mesh_measures
from training.face_geometry.fit import neutral_meshes
from training.face_geometry.meshes import DEFAULT_FILE, load_meshes

OUT = Path("src/mien/models/mesh_measures.json")


def fit_measures(points: NDArray[np.float32], neutral: NeutralFace) -> MeasureStatistics:
    """Fit by least squares; deviations are those left after pose is taken out."""
    front, pose = to_front(points, neutral.vertices)
    raw, terms = raw_mesh_measures(front), pose_terms(pose)
    design = np.column_stack([np.ones(len(terms)), terms])
    solved, *_rest = np.linalg.lstsq(design, raw, rcond=None)
    return MeasureStatistics(solved[0], (raw - design @ solved).std(axis=0), solved[1:])


def as_json(statistics: MeasureStatistics) -> str:
    """Write the statistics as the JSON that `read_statistics` reads, a line per measure."""
    lines = [
        f"  {json.dumps(name)}: "
        + json.dumps(
            {
                "mean": round(float(statistics.mean[place]), 4),
                "deviation": round(float(statistics.deviation[place]), 4),
                "pose": [round(float(term), 4) for term in statistics.pose_terms[:, place]],
            }
        )
        for place, name in enumerate(MEASURES)
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Read the command line, fit and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meshes", type=Path, default=DEFAULT_FILE, help="what `lay_meshes` wrote")
    parser.add_argument("--out", type=Path, default=OUT, help="file to write")
    options = parser.parse_args()
    points = neutral_meshes(load_meshes(options.meshes))
    options.out.write_text(as_json(fit_measures(points, read_neutral_face())), "utf-8")
    print(f"{len(points)} neutral faces, {len(MEASURES)} measures")


if __name__ == "__main__":
    main()
