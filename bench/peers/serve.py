"""Starts one server of the interoperability tests over a repository, says where it listens, and stops it when its input ends.

Usage: serve.py ferry|triton REPOSITORY
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e/interop"))

import servers  # noqa: E402

name, repository = sys.argv[1:]
try:
    with getattr(servers, name)(Path(repository)) as server:
        servers.load_all(server)
        print(json.dumps({"http": server.http, "grpc": server.grpc}), flush=True)
        sys.stdin.read()
except servers.Unavailable as reason:
    print(json.dumps({"reason": str(reason)}), flush=True)
