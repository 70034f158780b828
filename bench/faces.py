"""Time `face` on a film of 1280 x 720 with one face, one core, and measure its memory over a long one.

The film is made on the spot: a portrait that sways before a grey wall, with the noise of a camera, 30 frames a second
in H.264. How it is encoded decides what the frames between two analysed ones cost; the wanted figures speak of the
first way. All times are CPU time of the process, decoding included. The bare loop beside it takes the same frames,
searches as often, lays as many meshes and runs the same networks, and does nothing else: no following, no results.
"""

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image

from mien.assembly import pull_samples
from mien.domain.cancellation import Cancellation
from mien.domain.network import Network
from mien.domain.request import FaceExtraction, InferenceRequest
from mien.domain.segment import FaceCrop
from mien.extractors.face_alignment import cut_box, cut_square, hull, picture_of, square_around
from mien.extractors.face_detection import DETECTOR, BlazeFace
from mien.extractors.face_mesh import MESH, SURROUNDINGS, mesh_in
from mien.extractors.faces import CROP_SCALE, CROP_SIZE, FaceExtractor
from mien.media.opening import open_media
from mien.models.face import FaceModel
from mien.pipeline.analyze import Pipeline
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings

SIZE = (1280, 720)
RATE = 30
SECONDS = 20
ROUNDS = 3
MOST_MS = 25.0
LEAST_OF_BARE = 0.9
LEAST_FASTER = 6.0
EMOTIONS = frozenset({"emotions"})
FILMS = {
    "default": {},
    "seconds": {"g": "30"},
    "phone": {"g": "30", "bf": "0", "profile": "high", "preset": "veryfast", "b": "8000000"},
}
"""How films are encoded: by x264's defaults, with 250 frames from one key picture to the next and three in four built
on a later one; the same with a key picture every second; as phones do, each built on the one before, 8 Mbit/s."""


def main() -> int:
    """Print milliseconds per analysed frame, the ratio to the bare loop and to every frame, and the memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", type=float, default=0.0, help="minutes of a film to measure memory over")
    parser.add_argument("--film", action="append", choices=FILMS, help="encode the film in this way only")
    told = parser.parse_args()
    runtime = CountingRuntime(NetworkRuntime(WeightsStore(read_settings().weights), threads=1))
    pipeline = Pipeline({"face": FaceModel}, (FaceExtractor,), runtime)
    with tempfile.TemporaryDirectory() as folder:
        for name in told.film or FILMS:
            film = make_film(Path(folder) / f"{name}.mp4", FILMS[name])
            if told.long:
                watch_memory(runtime.runtime, repeated(film, Path(folder) / "long.mp4", told.long * 60))
                return 0
            print(f"film {name}: {film.stat().st_size * 8 / SECONDS / 1e6:.1f} Mbit/s")
            compare(pipeline, runtime, film)
    return 0


def compare(pipeline: Pipeline, runtime: "CountingRuntime", film: Path) -> None:
    """Print what both rates cost on one film, and their ratio."""
    per_second = {fps: report(pipeline, runtime, film, fps) for fps in (3.0, 0.0)}
    named = best(lambda: run(pipeline, film, 3.0, identify_faces=True)) / (3 * SECONDS)
    print(f"3 frames a second with identify_faces: {1000 * named:.1f} ms per analysed frame")
    print(
        f"3 frames a second are {per_second[0.0] / per_second[3.0]:.1f} times faster than all ({LEAST_FASTER:g} wanted)"
    )


class CountingRuntime:
    """Hand out networks that count how often they run."""

    def __init__(self, runtime: NetworkRuntime) -> None:
        self.runtime = runtime
        self.counts: dict[str, int] = {}
        self.companion = runtime.companion

    def network(self, weights: str) -> Network:
        """Return the network, counted under its name by rows."""
        network = self.runtime.network(weights)

        class Counted:
            def run(
                _,  # noqa: N805  # `self` is the runtime that counts
                inputs: Mapping[str, NDArray[Any]],
                outputs: Sequence[str] | None = None,
            ) -> Mapping[str, NDArray[Any]]:
                self.counts[weights] = self.counts.get(weights, 0) + len(next(iter(inputs.values())))
                return network.run(inputs, outputs)

        return Counted()


def report(pipeline: Pipeline, runtime: CountingRuntime, film: Path, fps: float) -> float:
    """Print what one rate costs and return seconds per film."""
    frames = round(SECONDS * (fps or RATE))
    runtime.counts.clear()
    run(pipeline, film, fps)
    searches, meshes = runtime.counts[DETECTOR], runtime.counts[MESH]
    ours = best(lambda: run(pipeline, film, fps))
    decoding = best(lambda: decode(film, fps))
    bare = best(lambda: bare_loop(runtime.runtime, film, fps, (searches / frames, meshes / frames)))
    name = f"{fps:g} frames a second" if fps else "every frame"
    print(
        f"{name}: {1000 * ours / frames:.1f} ms per analysed frame (at most {MOST_MS:g} wanted), "
        f"{1000 * decoding / frames:.1f} of them decoding, "
        f"{searches / frames:.2f} searches and {meshes / frames:.2f} meshes each; "
        f"bare loop {1000 * bare / frames:.1f} ms, {bare / ours:.2f} of it reached ({LEAST_OF_BARE:g} wanted)"
    )
    return ours


def best(work: Callable[[], None]) -> float:
    """Return the least CPU seconds of some rounds."""
    taken = []
    for _round in range(ROUNDS):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


def decode(film: Path, fps: float) -> None:
    """Read the frames and do nothing with them."""
    with open_media(film) as media:
        for _frame in media.frames(fps):
            pass


def run(pipeline: Pipeline, film: Path, fps: float, identify_faces: bool = False) -> None:
    """Measure the film and check that its face is in every frame."""
    options = {"fps_pred": fps, "identify_faces": identify_faces}
    with open_media(film) as media:
        result = pipeline.analyze(media, film.name, InferenceRequest(models={"face": options}), Cancellation())
    assert len(result.models[0].predictions) == round(SECONDS * (fps or RATE)), len(result.models[0].predictions)


def bare_loop(runtime: NetworkRuntime, film: Path, fps: float, each: tuple[float, float]) -> None:
    """Decode, search, lay meshes, cut and score, `each` so many searches and meshes per frame, and keep nothing."""
    detector, mesh, model = BlazeFace(runtime.network(DETECTOR)), runtime.network(MESH), FaceModel(runtime)
    searched = laid = wanted_searches = wanted_meshes = 0.0
    square, crops = None, []
    with open_media(film) as media:
        for frame in media.frames(fps):
            picture = picture_of(frame.pixels)
            wanted_searches, wanted_meshes = wanted_searches + each[0], wanted_meshes + each[1]
            while searched < wanted_searches:
                found = detector.find(picture, detector.regions(picture, FaceExtraction().min_face_size, False)[:1])
                searched += 1
                if square is None:
                    box = found[0].box
                    square = square_around(
                        np.array([[box.x, box.y], [box.x + box.w, box.y + box.h]]), 0.0, SURROUNDINGS
                    )
            while laid < wanted_meshes:
                assert square is not None
                points = mesh_in(mesh, picture, square)
                laid += 1
            square = square_around(points.points, points.angle, SURROUNDINGS)
            upright = square_around(points.points, points.angle, CROP_SCALE, by_height=True)
            cut, box = cut_square(picture, upright, CROP_SIZE), hull(points.points)
            crops.append(
                FaceCrop(
                    frame=0, time=0.0, prob=1.0, box=box, mesh=points.points, crop=cut,
                    picture=cut_box(frame.pixels, box),
                )
            )  # fmt: skip
            if len(crops) == FaceExtraction.batch:
                model.predict(crops, EMOTIONS)
                crops = []
    model.predict(crops, EMOTIONS)


def make_film(path: Path, encoding: Mapping[str, str]) -> Path:
    """Encode the swaying portrait, on one thread: with more each frame would be cut into as many slices."""
    portrait = Image.open(
        next(one for one in pull_samples(read_settings(), None, print) if one.name == "astronaut.png")
    )
    noise = np.random.default_rng(0)
    with av.open(str(path), "w") as out:
        track = out.add_stream("libx264", rate=RATE, options=dict(encoding))
        track.codec_context.thread_count = 1
        track.width, track.height, track.pix_fmt = *SIZE, "yuv420p"
        for index in range(SECONDS * RATE):
            frame = av.VideoFrame.from_ndarray(_scene(portrait.convert("RGB"), index / RATE, noise), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            out.mux(track.encode(frame))
        out.mux(track.encode())
    return path


def _scene(portrait: Image.Image, seconds: float, noise: np.random.Generator) -> np.ndarray:
    scene = Image.new("RGB", SIZE, (104, 108, 112))
    side = round(680 + 20 * math.sin(seconds))
    turned = portrait.resize((side, side)).rotate(4 * math.sin(1.3 * seconds), Image.Resampling.BILINEAR)
    scene.paste(turned, (round(300 + 40 * math.sin(0.7 * seconds)), round(20 + 10 * math.sin(1.1 * seconds))))
    return np.clip(np.asarray(scene, np.float32) + noise.normal(0, 2.5, (SIZE[1], SIZE[0], 1)), 0, 255).astype(np.uint8)


def repeated(film: Path, path: Path, seconds: float) -> Path:
    """Write the film again and again, without encoding it anew, until it lasts so long."""
    with av.open(str(path), "w") as out:
        with av.open(str(film)) as one:
            track = out.add_stream_from_template(one.streams.video[0])
        for turn in range(math.ceil(seconds / SECONDS)):
            with av.open(str(film)) as one:
                for packet in one.demux(video=0):
                    if packet.dts is None:
                        continue
                    shift = round(turn * SECONDS / packet.time_base)
                    packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, track
                    out.mux(packet)
    return path


def watch_memory(runtime: NetworkRuntime, film: Path) -> None:
    """Print resident memory while the faces of a long film are found and scored; what is scored is let go."""
    process = psutil.Process()
    model, next_minute = FaceModel(runtime), 1
    with open_media(film) as media:
        for face in FaceExtractor(runtime).extract(media, None, FaceExtraction(identify_faces=True)):
            model.predict([face], EMOTIONS)
            if face.time >= 60 * next_minute:
                print(f"{next_minute:4} min: {process.memory_info().rss / 1e6:.0f} MB resident", flush=True)
                next_minute += 1 if next_minute < 5 else 5


if __name__ == "__main__":
    sys.exit(main())
