"""The real perf_analyzer, in each of its modes: it runs, and reports the server's queue and compute times."""

import perf_analyzer
import pytest


@pytest.fixture(scope="module", autouse=True)
def available():
    try:
        perf_analyzer.command_and_environment()
    except perf_analyzer.Unavailable as reason:
        pytest.skip(str(reason))


MODES = {
    "http sync": ("http", "--sync"),
    "http async": ("http", "--async"),
    "grpc sync": ("grpc", "--sync"),
    "grpc async": ("grpc", "--async"),
    "grpc streaming": ("grpc", "--async", "--streaming"),
}


def check(levels, loads):
    assert len(levels) == loads
    for level in levels:
        assert level.per_second > 0
        assert level.requests > 0
        assert level.inferences >= level.executions > 0
        assert level.server_request_us >= sum(level.compute_us)
        # The parts are whole microseconds of their own; a fast step may be none.
        assert level.queue_us + sum(level.compute_us) > 0


@pytest.mark.parametrize("mode", MODES)
def test_a_range_of_concurrencies(server, mode):
    door, *arguments = MODES[mode]
    levels, _ = perf_analyzer.run(server, door, "-m", "batching", "--concurrency-range", "1:5:4", *arguments)
    check(levels, 2)


@pytest.mark.parametrize("mode", MODES)
def test_a_request_rate(server, mode):
    door, *arguments = MODES[mode]
    levels, _ = perf_analyzer.run(server, door, "-m", "batching", "--request-rate-range", "100", *arguments)
    check(levels, 1)


@pytest.mark.parametrize("door", ["http", "grpc"])
def test_batches_of_the_clients_own_and_open_shapes(server, door):
    levels, _ = perf_analyzer.run(
        server, door, "-m", "identity_fp32", "-b", "4", "--shape", "x:100", "--concurrency-range", "2"
    )
    check(levels, 1)
    # Its counts come from two snapshots that requests under way straddle.
    assert levels[0].inferences >= levels[0].executions * 4 - 8


def test_json_tensors(server):
    levels, _ = perf_analyzer.run(
        server,
        "http",
        "-m",
        "simple",
        "--input-tensor-format",
        "json",
        "--output-tensor-format",
        "json",
        "--concurrency-range",
        "2",
    )
    check(levels, 1)


def test_strings_over_grpc(server):
    levels, _ = perf_analyzer.run(
        server, "grpc", "-m", "identity_bytes", "--shape", "x:3", "--string-length", "20", "--concurrency-range", "1"
    )
    check(levels, 1)


def test_a_version_and_metrics(server):
    levels, text = perf_analyzer.run(
        server,
        "http",
        "-m",
        "two_versions",
        "-x",
        "1",
        "--concurrency-range",
        "1",
        "--collect-metrics",
        "--metrics-url",
        f"127.0.0.1:{server.metrics_port}/metrics",
    )
    check(levels, 1)
    assert "failed" not in text.lower()
