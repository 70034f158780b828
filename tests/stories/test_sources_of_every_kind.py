import io
import json
import threading

import av
import numpy as np
import pytest
from PIL import Image

from tests.fakes_files import make_tar
from tests.stories.serving import serving


def test_urls_files_and_texts_give_an_element_each_in_order(server, site, photographs, tmp_path):
    archive = make_tar(tmp_path / "two.tar.gz", {"a/astronaut.png": photographs["astronaut.png"]}, "gz").read_bytes()
    urls = [
        site.serve("/grace.jpg", photographs["grace_hopper.jpg"]) + "?signature=abc",
        site.serve("/two.tar.gz", archive),
        site.serve("/gone.png", b"", 404),
    ]
    job_id = server.submit({"models": {"face": {}}, "urls": urls}, ("coffee", photographs["coffee.png"]))
    state = server.wait(job_id)
    picture, packed, gone, upload = server.predictions(job_id)
    assert (state["status"], state["num_predictions"], state["num_errors"]) == ("COMPLETED", 2, 1)
    assert picture["source"] == {"type": "url", "url": urls[0]}
    assert picture["results"]["predictions"][0]["file"] == "grace.jpg"
    assert packed["results"]["predictions"][0]["file"] == "a/astronaut.png"
    assert "HTTP 404" in gone["error"]
    assert "results" not in gone
    assert upload["source"]["filename"] == "coffee"
    assert upload["source"]["content_type"] is None
    tops = {name.split("/")[0] for name in server.artifacts(job_id).namelist()}
    assert tops == {"url-0-grace.jpg", "url-1-two.tar.gz", "file-0-coffee"}


def test_a_job_of_which_nothing_can_be_used_fails_and_says_why(server, site):
    job_id = server.submit({"urls": [site.serve("/gone.png", b"", 404)]})
    state = server.wait(job_id)
    assert state["status"] == "FAILED"
    assert "no source could be processed" in state["message"]
    assert "HTTP 404" in state["message"]
    with server.client() as client:
        answer = client.get(f"/v0/batch/jobs/{job_id}/predictions")
    assert (answer.status_code, answer.json()["message"]) == (400, state["message"])


def test_private_addresses_are_refused_unless_a_setting_allows_them(tmp_path, site, photographs):
    with serving(tmp_path / "strict", MIEN_ALLOW_PRIVATE_ADDRESSES="0") as strict:
        job_id = strict.submit(
            {"models": {"face": {}}, "urls": [site.serve("/a.jpg", photographs["grace_hopper.jpg"])]}
        )
        assert strict.wait(job_id)["status"] == "FAILED"
    assert site.requests == []


@pytest.mark.parametrize("fps_pred, frames", [(3, [0, 10, 20]), (0, list(range(25))), (1, [0])])
def test_a_video_is_measured_at_the_rate_asked_for(server, photographs, tmp_path, fps_pred, frames):
    film = _film_of(photographs["astronaut.png"], tmp_path / "clip.mp4", frames=25, rate=30)
    job_id = server.submit({"models": {"face": {"fps_pred": fps_pred}}}, ("clip.mp4", film))
    server.wait(job_id)
    (item,) = server.predictions(job_id)[0]["results"]["predictions"]
    (group,) = item["models"]["face"]["grouped_predictions"]
    assert item["file_type"] == "video_no_audio"
    assert [face["frame"] for face in group["predictions"]] == frames
    assert [face["time"] for face in group["predictions"]] == pytest.approx([frame / 30 for frame in frames])


def test_a_callback_arrives_once_the_job_is_final(server, site, photographs):
    arrived: list[tuple[dict, str]] = []
    done = threading.Event()

    def receive(request):
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        arrived.append((body, server.state(body["job_id"])["status"]))
        request.send_response(200)
        request.end_headers()
        done.set()

    site.answers["/hook"] = receive
    request = {"models": {"face": {}}, "callback_url": site.url("/hook")}
    job_id = server.submit(request, ("grace.jpg", photographs["grace_hopper.jpg"]))
    assert done.wait(60)
    (body, status) = arrived[0]
    assert (body["job_id"], body["status"], status) == (job_id, "COMPLETED", "COMPLETED")
    assert body["predictions"] == server.predictions(job_id)


def test_a_film_that_breaks_off_is_named_and_its_neighbour_finishes(server, photographs, tmp_path):
    film = _film_of(photographs["astronaut.png"], tmp_path / "clip.mp4", frames=25, rate=30)
    job_id = server.submit(
        {"models": {"face": {}}}, ("broken.mp4", film[: len(film) // 2]), ("grace.jpg", photographs["grace_hopper.jpg"])
    )
    state = server.wait(job_id)
    broken, whole = server.predictions(job_id)
    assert (state["status"], state["num_predictions"]) == ("COMPLETED", 1)
    assert broken["results"]["errors"][0]["file"] == "broken.mp4"
    assert whole["results"]["errors"] == []


@pytest.mark.parametrize(
    "request_, said",
    [
        ({"models": {"face": {"fps_pred": "fast"}}, "urls": ["http://a.example/b.jpg"]}, "models.face.fps_pred"),
        ({"models": {"prosody": {"window": {"length": 0.1}}}, "urls": ["http://a.example/b.mp3"]}, "window.length"),
        ({"models": {"face": {}}}, "in urls, in text"),
        ({"urls": ["ftp://a.example/b.jpg"]}, "urls[0]"),
    ],
)
def test_a_malformed_request_is_told_what_and_where(server, request_, said):
    with server.client() as client:
        answer = client.post("/v0/batch/jobs", json=request_)
    assert answer.status_code == 400
    assert said in answer.json()["message"]


def _film_of(photograph: bytes, path, frames: int, rate: int) -> bytes:
    pixels = np.asarray(Image.open(io.BytesIO(photograph)).convert("RGB"))
    with av.open(str(path), "w") as out:
        track = out.add_stream("libx264", rate=rate)
        track.height, track.width = pixels.shape[:2]
        track.pix_fmt = "yuv420p"
        for _ in range(frames):
            out.mux(track.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(track.encode())
    return path.read_bytes()
