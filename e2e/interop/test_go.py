"""A client in Go from the protocol's own definition, where there is a Go toolchain."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import servers

SOURCE = Path(__file__).resolve().parent / "go"
BUILD_TIMEOUT_S = 240


@pytest.fixture(scope="module")
def smoke():
    """The built program, kept in .ferry/go with Go's caches."""
    if shutil.which("go") is None:
        pytest.skip("there is no Go here")
    kept = servers.ROOT / ".ferry/go"
    environment = {
        **os.environ,
        "GOPATH": str(kept / "path"),
        "GOCACHE": str(kept / "cache"),
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
    }
    command = ["go", "build", "-o", str(kept / "smoke"), "."]
    try:
        built = subprocess.run(
            command, cwd=SOURCE, env=environment, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"fetching and building took more than {BUILD_TIMEOUT_S} s")
    if built.returncode != 0 and is_out_of_reach(built.stderr):
        pytest.skip(f"Go's modules cannot be had here: {built.stderr.strip().splitlines()[-1][:200]}")
    assert built.returncode == 0, built.stderr
    return kept / "smoke"


def is_out_of_reach(text):
    return any(sign in text for sign in ("dial tcp", "i/o timeout", "no such host", "requires go >=", "proxy"))


def test_the_go_client_asks_all_of_the_protocol(server, smoke):
    ran = subprocess.run([str(smoke), server.grpc], cwd=SOURCE, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    *answers, refused = ran.stdout.splitlines()
    live, ready, model_ready, of_server, of_model, typed, raw = (json.loads(each) for each in answers)
    assert live == {"live": True}
    assert ready == model_ready == {"ready": True}
    assert of_server["name"]
    assert [tensor["name"] for tensor in of_model["inputs"]] == ["INPUT0", "INPUT1"]
    assert typed["id"] == "go"
    assert typed["raw_output_contents"] == raw["raw_output_contents"] == ["AACAPwAAIEAAAEDA"]
    assert refused == "InvalidArgument"
