"""Be the process that joins a Ray cluster and keeps its workers; only `mien cluster` starts it, and it needs Ray."""

import json
import logging
import os
import signal
import sys
import threading
from typing import Any

from mien.engine.pool_size import LEAVE_SECONDS, PoolPlan
from mien.engine.ray_pool import RayPool, WorkerOrder, join, leave
from mien.engine.supervisor import stop_with_parent
from mien.runtime.processors import usable_processors
from mien.settings import PREFIX, read_settings
from mien.storage.sql_jobs import SqlJobStore
from mien.workplace import open_store

WORKER = ("-m", "mien.cli.worker", "--supervised")
PASSED_ON = (PREFIX, "AWS_", "PG")


def main() -> None:
    """Join, keep the pool until stopped, and leave."""
    told: dict[str, Any] = json.loads(sys.argv[1])
    settings = read_settings(data=told["data"])
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stop = threading.Event()
    stop_with_parent(stop, LEAVE_SECONDS + 5.0)
    environment = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
    order = WorkerOrder(WORKER, environment | {f"{PREFIX}DATA": told["data"]})
    store = SqlJobStore(open_store(settings))
    join(told["address"], usable_processors())
    for number in (signal.SIGTERM, signal.SIGINT):  # after Ray has set its own
        signal.signal(number, lambda *_: stop.set())
    try:
        RayPool(order, PoolPlan(**told["plan"]), store.figures).run_until(stop, lambda: print("ready", flush=True))
    finally:
        leave()


if __name__ == "__main__":
    main()
