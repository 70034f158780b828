"""Time how long an idle server lets a job wait: from its creation to its beginning, as the server tells both times."""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import httpx
from example_job import server

ROUNDS = 100
AIM_MS = 111
REQUEST = {"models": {"language": {"granularity": "sentence"}}, "text": ["I am happy."]}


def main() -> None:
    """Print the median, the 95th percentile and the worst of the queue delays."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as (address, key):
        client = httpx.Client(base_url=address, headers={"X-Hume-Api-Key": key}, timeout=60)
        states = [measure(client) for _ in range(rounds)]
    waits = sorted(state["started_timestamp_ms"] - state["created_timestamp_ms"] for state in states)
    p95 = waits[min(len(waits) - 1, round(0.95 * len(waits)))]
    print(f"queue delay of {rounds} short texts, one after the other, one worker")
    print(f"median {statistics.median(waits):.0f} ms, p95 {p95} ms (aim {AIM_MS}), worst {waits[-1]} ms")
    print(json.dumps(waits))


def measure(client: httpx.Client) -> dict[str, int]:
    """Run one job to its end, let the server come to rest, and return the job's final state."""
    job_id = client.post("/v0/batch/jobs", json=REQUEST).raise_for_status().json()["job_id"]
    for _ in range(6000):
        state: dict[str, int] = client.get(f"/v0/batch/jobs/{job_id}").json()["state"]
        if state["status"] in ("COMPLETED", "FAILED"):
            time.sleep(0.1)
            return state
        time.sleep(0.02)
    raise SystemExit("the job did not end")


if __name__ == "__main__":
    main()
