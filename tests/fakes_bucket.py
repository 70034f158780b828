"""Run a server on loopback that speaks Amazon S3's protocol, and look into it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import boto3
from moto.server import ThreadedMotoServer

from mien.storage.s3_blobs import Bucket

REGION = "eu-central-1"


@dataclass(frozen=True)
class BucketServer:
    """Hold where the server listens, its bucket and who may ask it."""

    endpoint: str
    name: str
    credentials: dict[str, str] = field(
        default_factory=lambda: {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "no secret"}
    )

    def bucket(self, prefix: str = "") -> Bucket:
        """Name its bucket as settings do."""
        return Bucket(f"s3://{self.name}/{prefix}", self.endpoint, REGION)

    def unfinished_uploads(self) -> list[str]:
        """Return the keys of uploads that were begun and neither completed nor aborted."""
        found: list[dict[str, Any]] = self.client().list_multipart_uploads(Bucket=self.name).get("Uploads", [])
        return [upload["Key"] for upload in found]

    def client(self) -> Any:
        """Return another client than ours, to look with."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=self.credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.credentials["AWS_SECRET_ACCESS_KEY"],
        )


@contextmanager
def bucket_server() -> Iterator[BucketServer]:
    """Serve one empty bucket until the block ends."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    serving = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    serving.start()
    try:
        host, port = serving.get_host_and_port()
        server = BucketServer(f"http://{host}:{port}", f"measured-{uuid4().hex}")  # all servers share their memory
        server.client().create_bucket(Bucket=server.name, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield server
    finally:
        serving.stop()
