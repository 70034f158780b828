"""Cluster: workers on a Ray cluster, as many as the queue deserves."""

import json
import logging
import os
import secrets
import signal
import sys
import threading
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from mien.domain.errors import InvalidRequest
from mien.engine.pool_size import LEAVE_SECONDS, PoolPlan
from mien.engine.supervisor import Supervisor
from mien.runtime.processors import usable_processors
from mien.settings import read_settings

READY_SECONDS = 600.0
PACKAGE = "ray"


def cluster(
    least: Annotated[int, typer.Option("--min", help="Workers that are always there.")] = 1,
    most: Annotated[int, typer.Option("--max", help="Workers when many tasks wait.")] = 4,
    cpus: Annotated[float, typer.Option(help="Processors of each worker, or a fraction of one.")] = 1.0,
    gpus: Annotated[float, typer.Option(help="Accelerators of each worker, or a fraction of one.")] = 0.0,
    address: Annotated[str | None, typer.Option(help="Ray cluster to join; without it one is started here.")] = None,
    data: Annotated[Path | None, typer.Option(help="The server's data folder.")] = None,
) -> None:
    """Run workers on a Ray cluster until stopped; prints `ready` once the least number of them is.

    Needs the package ray. Workers get this command's MIEN_, AWS_ and PG variables; where they run on other machines,
    jobs and blobs must be reachable from there: MIEN_STORE=postgresql://… and MIEN_BLOBS=s3://… .

    Example: mien cluster --address auto --min 1 --max 16 --cpus 2 --gpus 0.25
    """
    settings = read_settings(data=data)
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    plan = _checked(PoolPlan(least, most, cpus, gpus), address)
    # Ray ends the process that joined it when it fails; the supervisor then joins anew.
    told = json.dumps({"plan": asdict(plan), "address": address, "data": str(settings.data.absolute())})
    if address is None:
        os.environ.update(_alone())
    driver = Supervisor([sys.executable, "-m", "mien.cli.cluster_driver", told], 1, LEAVE_SECONDS + 10.0)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    driver.begin()
    try:
        driver.wait_until_ready(READY_SECONDS)
        print("ready", flush=True)
        stop.wait()
    finally:
        driver.stop()


def _alone() -> dict[str, str]:
    """Return what Ray must find when it is loaded so that its cluster is this machine's own: no other can reach it."""
    only_loopback = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
    return only_loopback | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}


def _checked(plan: PoolPlan, address: str | None) -> PoolPlan:
    if find_spec(PACKAGE) is None:
        raise InvalidRequest("mien cluster needs the package ray: pip install 'mien[cluster]'")
    if not 0 <= plan.least <= plan.most or plan.most < 1:
        raise InvalidRequest(f"--min {plan.least} --max {plan.most}: must be 0 ≤ min ≤ max, and max at least 1")
    if plan.cpus < 0 or plan.gpus < 0 or not plan.cpus + plan.gpus:
        raise InvalidRequest(f"--cpus {plan.cpus:g} --gpus {plan.gpus:g}: a worker needs a part of one of them")
    here = usable_processors()
    wanted = plan.least * plan.cpus
    if address is None and wanted > here:
        raise InvalidRequest(f"--min {plan.least} --cpus {plan.cpus:g}: {wanted:g} processors, but here are {here}")
    return plan
