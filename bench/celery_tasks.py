"""Define the task that does nothing for Celery; run in the environment of `requirements/bench.in`."""

import os
import sys
import time

from celery import Celery, group

app = Celery("nothing", broker=os.environ["BENCH_REDIS"], backend=os.environ["BENCH_REDIS"])


@app.task(name="nothing")  # the client runs this file as its main program
def nothing(number: int) -> dict[str, int]:
    """Return what became of a task that measured nothing."""
    return {"number": number}


def main() -> None:
    """Submit so many tasks, wait for all results, and print the seconds of each."""
    tasks = int(sys.argv[1])
    nothing.delay(-1).get(timeout=60)  # the workers are there
    began = time.perf_counter()
    submitted = group(nothing.s(number) for number in range(tasks)).apply_async()
    sent = time.perf_counter()
    results = submitted.get(timeout=600)
    assert sorted(result["number"] for result in results) == list(range(tasks))
    print(sent - began, time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()
