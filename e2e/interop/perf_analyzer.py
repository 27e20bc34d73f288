"""Runs the real perf_analyzer and reads what it prints."""

import dataclasses
import os
import re
import subprocess
from pathlib import Path

RUN_TIMEOUT_S = 120


class Unavailable(Exception):
    """perf_analyzer cannot run here; the text says why."""


@dataclasses.dataclass(frozen=True)
class Level:
    """One line of load: a concurrency or a request rate."""

    load: str
    per_second: float
    requests: int
    inferences: int
    executions: int
    server_request_us: int
    queue_us: int
    compute_us: tuple[int, int, int]


def command_and_environment():
    python = os.environ.get("PERF_PYTHON")
    if not python:
        raise Unavailable(os.environ.get("PERF_REASON", "its environment was not made"))
    folder = Path(python).parents[1]
    libraries = [str(path) for path in folder.glob("lib/python*/site-packages/nvidia/cuda_runtime/lib")]
    environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)}
    binary = str(folder / "bin/perf_analyzer")
    probe = subprocess.run([binary, "--version"], capture_output=True, text=True, env=environment, timeout=30)
    if probe.returncode != 0:
        raise Unavailable(f"perf_analyzer does not start: {probe.stderr.strip()[:200]}")
    return [binary], environment


def run(server, door, *arguments):
    """The levels it measured, and all it printed."""
    command, environment = command_and_environment()
    command += ["-i", door, "-u", getattr(server, door), *arguments]
    # Short windows, and nothing is too unstable: what is held here is that it measures, not how fast.
    command += ["-p", "400", "-r", "4", "-s", "999"]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=RUN_TIMEOUT_S)
    text = ran.stdout + ran.stderr
    assert ran.returncode == 0, f"{' '.join(command)}\n{text}"
    return [level(block) for block in re.split(r"^(?=Request concurrency:|Request Rate: [\d.]+ inference)", text, flags=re.M)[1:]], text


def level(block):
    def number(pattern):
        found = re.search(pattern, block)
        assert found, f"no {pattern} in\n{block}"
        return float(found[1])

    times = re.search(
        r"Avg request latency: (\d+) usec \(overhead \d+ usec \+ queue (\d+) usec \+ "
        r"compute input (\d+) usec \+ compute infer (\d+) usec \+ compute output (\d+) usec\)",
        block,
    )
    assert times, f"no server-side queue and compute line in\n{block}"
    request, queue, *compute = (int(part) for part in times.groups())
    return Level(
        load=block.splitlines()[0],
        per_second=number(r"Throughput: ([\d.]+) infer/sec"),
        requests=int(number(r"Request count: (\d+)")),
        inferences=int(number(r"Inference count: (\d+)")),
        executions=int(number(r"Execution count: (\d+)")),
        server_request_us=request,
        queue_us=queue,
        compute_us=tuple(compute),
    )
