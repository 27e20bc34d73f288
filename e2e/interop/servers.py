"""Starts the two servers of the interoperability tests, each on free ports, and stops them again."""

import contextlib
import dataclasses
import http.client
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 60
LOAD_TIMEOUT_S = 120


class Unavailable(Exception):
    """This machine cannot have the server; the text says why."""


@dataclasses.dataclass(frozen=True)
class Server:
    name: str
    http_port: int
    grpc_port: int
    metrics_port: int
    repository: Path
    log: Path

    @property
    def http(self):
        return f"127.0.0.1:{self.http_port}"

    @property
    def grpc(self):
        return f"127.0.0.1:{self.grpc_port}"


@contextlib.contextmanager
def ferry(repository, *more):
    """The built engine, loading models when asked to."""
    http_port, grpc_port, metrics_port, control_port = free_ports(4)
    with tempfile.TemporaryDirectory(prefix="ferry-interop-") as data:
        command = [os.environ.get("FERRY_NODE", "node"), str(ROOT / "out/main/cli.js"), "serve"]
        command += ["--http-port", str(http_port), "--grpc-port", str(grpc_port)]
        command += ["--metrics-port", str(metrics_port), "--control-port", str(control_port)]
        command += ["--repository", str(repository), "--data-dir", data, "--model-control", "explicit", *more]
        server = Server("ferry", http_port, grpc_port, metrics_port, Path(repository), Path(data) / "out.log")
        with running(server, command, {}):
            yield server


@contextlib.contextmanager
def triton(repository, *more):
    """The Triton that lies inside nvidia-pytriton. It has the Python backend alone."""
    folder = triton_folder()
    http_port, grpc_port, metrics_port = free_ports(3)
    with tempfile.TemporaryDirectory(prefix="triton-interop-") as data:
        environment = triton_environment(folder, Path(data))
        command = [str(folder / "pytriton/tritonserver/bin/tritonserver")]
        command += ["--model-repository", str(repository), "--backend-directory", f"{data}/backends"]
        command += ["--model-control-mode", "explicit", "--exit-timeout-secs", "5", "--strict-readiness", "false"]
        for door, port in (("http", http_port), ("grpc", grpc_port), ("metrics", metrics_port)):
            command += [f"--{door}-port", str(port), f"--{door}-address", "127.0.0.1"]
        server = Server("triton", http_port, grpc_port, metrics_port, Path(repository), Path(data) / "out.log")
        with running(server, [*command, *more], environment):
            yield server


def triton_folder():
    """The environment's site-packages, or Unavailable."""
    python = os.environ.get("TRITON_PYTHON")
    if not python:
        raise Unavailable(os.environ.get("TRITON_REASON", "the environment with Triton was not made"))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folder = Path(python).parents[1] / "lib" / version / "site-packages"
    stub = folder / f"pytriton/tritonserver/python_backend_stubs/{version.removeprefix('python')}"
    if not stub.is_dir():
        raise Unavailable(f"its Python backend has no stub for {version}")
    if not (libpython_folder() / f"lib{version}.so.1.0").exists():
        raise Unavailable(f"its Python backend needs lib{version}.so, and this Python has none")
    return folder


def libpython_folder():
    return Path(sysconfig.get_config_var("LIBDIR") or "/nowhere")


def triton_environment(folder, data):
    backend = data / "backends/python"
    shutil.copytree(folder / "pytriton/tritonserver/backends/python", backend)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stubs = folder / "pytriton/tritonserver/python_backend_stubs" / version
    shutil.copy(stubs / "triton_python_backend_stub", backend)
    return {
        "LD_LIBRARY_PATH": f"{folder}/nvidia_pytriton.libs:{libpython_folder()}",
        "PYTHONPATH": str(folder),
        "TRITON_SITE": str(folder),
    }


@contextlib.contextmanager
def running(server, command, environment):
    with server.log.open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **environment}
        )
        try:
            wait_until_live(server, process)
            yield
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_live(server, process):
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{server.name} ended with {process.returncode}:\n{tail(server.log)}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=5)
            connection.request("GET", "/v2/health/live")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{server.name} did not get ready in {START_TIMEOUT_S} s:\n{tail(server.log)}")


def load_all(server):
    """Loads every model of the repository."""
    for folder in sorted(server.repository.iterdir()):
        connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=LOAD_TIMEOUT_S)
        connection.request("POST", f"/v2/repository/models/{folder.name}/load", body=b"")
        try:
            answer = connection.getresponse()
        except TimeoutError:
            # Triton starts a process for each model; on a crowded machine that may never end, and says nothing of Ferry.
            if server.name == "triton":
                raise Unavailable(f"it did not load {folder.name} in {LOAD_TIMEOUT_S} s") from None
            raise
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{server.name} does not load {folder.name}: {answer.status} {text!r}")


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def tail(log, size=4000):
    return log.read_bytes()[-size:].decode(errors="replace")
