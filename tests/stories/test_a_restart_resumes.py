import time

import pytest

from tests.fakes_files import make_zip
from tests.stories.serving import serving

PHOTOGRAPHS = 40
"""More than are measured in one piece."""


@pytest.fixture
def archive(photographs, tmp_path) -> bytes:
    """Enough photographs that a job is still running when the server is killed."""
    members = {f"{number}.jpg": photographs["grace_hopper.jpg"] for number in range(PHOTOGRAPHS)}
    return make_zip(tmp_path / "many.zip", members).read_bytes()


def test_a_job_cut_short_by_a_kill_is_finished_after_a_restart(tmp_path, archive):
    with serving(tmp_path / "data", MIEN_LEASE_SECONDS="2") as server:
        running = server.submit({"models": {"face": {}}}, ("many.zip", archive))
        waiting = server.submit({"models": {"facemesh": {}}}, ("many.zip", archive))
        _wait_until_running(server, running)
        server.kill_everything()
        server.start()
        assert [server.state(job)["status"] for job in (running, waiting)] != ["COMPLETED", "COMPLETED"]
        for job_id in (running, waiting):
            state = server.wait(job_id)
            (element,) = server.predictions(job_id)
            assert (state["status"], state["num_predictions"]) == ("COMPLETED", PHOTOGRAPHS)
            assert len(element["results"]["predictions"]) == PHOTOGRAPHS


def test_an_orderly_stop_gives_its_task_back(tmp_path, archive):
    with serving(tmp_path / "data", MIEN_LEASE_SECONDS="60") as server:
        job_id = server.submit({"models": {"face": {}}}, ("many.zip", archive))
        _wait_until_running(server, job_id)
        assert server.stop() == 0
        server.start()
        # With a lease of a minute, only a task given back can be finished sooner.
        begun = time.monotonic()
        assert server.wait(job_id)["num_predictions"] == PHOTOGRAPHS
        assert time.monotonic() - begun < 55


def _wait_until_running(server, job_id: str) -> None:
    for _ in range(600):
        if server.state(job_id)["status"] == "IN_PROGRESS":
            return
        time.sleep(0.02)
    raise AssertionError("the job never started")
