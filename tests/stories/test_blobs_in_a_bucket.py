"""A job whose uploads and results lie in a bucket: nothing of it needs a file of the server's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.registry import MODELS, discover
from tests.fakes_bucket import REGION, BucketServer, bucket_server
from tests.fakes_files import make_tar
from tests.stories.serving import Serving, serving

pytestmark = pytest.mark.skipif("language" not in discover(MODELS), reason="the model language is not installed")


@pytest.fixture(scope="module")
def bucket() -> Iterator[BucketServer]:
    with bucket_server() as running:
        yield running


@pytest.fixture(scope="module")
def server(bucket: BucketServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    data: Path = tmp_path_factory.mktemp("served")
    settings = {"MIEN_BLOBS": bucket.bucket("mien").url, "MIEN_S3_ENDPOINT": bucket.endpoint, "MIEN_S3_REGION": REGION}
    with serving(data, 1, **settings, **bucket.credentials) as running:
        yield running


def test_an_archive_goes_through_the_bucket_and_comes_back(server: Serving, bucket: BucketServer, tmp_path: Path):
    archive = make_tar(tmp_path / "notes.tar", {"one.txt": b"Thank you.", "two.txt": b"So sad."}, "").read_bytes()
    request = {"models": {"language": {"granularity": "sentence"}}, "text": ["I am happy."]}
    job_id = server.submit(request, ("notes.tar", archive))
    assert server.wait(job_id)["status"] == "COMPLETED"
    sources = server.predictions(job_id)
    assert [len(source["results"]["predictions"]) for source in sources] == [2, 1]
    names = server.artifacts(job_id).namelist()
    assert "file-0-notes.tar/csv/two.txt/language.csv" in names
    kept = [found["Key"] for found in bucket.client().list_objects_v2(Bucket=bucket.name)["Contents"]]
    assert {key.split("/")[1] for key in kept} == {"uploads", "results"}
    assert not (server.data / "blobs").exists()
