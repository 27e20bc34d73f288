"""One running server for all suites: Ferry, or with INTEROP_TARGET=triton the real Triton, for which they were written."""

import os
import subprocess
import sys

import pytest
import servers


@pytest.fixture(scope="session")
def target_name():
    return os.environ.get("INTEROP_TARGET", "ferry")


@pytest.fixture(scope="session")
def repositories(tmp_path_factory):
    """The test models, for both servers."""
    folder = tmp_path_factory.mktemp("models")
    command = [os.environ.get("FERRY_NODE", "node"), "--import", "tsx", "e2e/interop/make-models.ts", str(folder)]
    subprocess.run(command, cwd=servers.ROOT, check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="session")
def server(target_name, repositories):
    start = servers.triton if target_name == "triton" else servers.ferry
    with start(repositories / target_name) as running:
        servers.load_all(running)
        yield running


@pytest.fixture(scope="session")
def is_ferry(target_name):
    """Where the two differ on purpose; each difference is listed in docs/protocol.md."""
    return target_name == "ferry"


def pytest_terminal_summary(terminalreporter, config):
    """The conformance run in one line, and each difference with its reason."""
    module = sys.modules.get("test_conformance")
    outcomes = config.stash.get(module.SUMMARY, None) if module else None
    if outcomes is None:
        return
    different = {name: outcome for name, outcome in outcomes.items() if outcome.explained or outcome.unexplained}
    terminalreporter.section("conformance with Triton")
    by_reason = {}
    for name, outcome in different.items():
        for each in dict.fromkeys(outcome.explained.values()):
            by_reason.setdefault(f"{each.what}: {each.reason}", []).append(name)
    for reason, names in by_reason.items():
        terminalreporter.write_line(f"{len(names):4} {reason}")
    for name, outcome in different.items():
        for field, (triton, ferry) in outcome.unexplained.items():
            terminalreporter.write_line(f"not explained: {name}: {field}: Triton {triton!r}, Ferry {ferry!r}")
    terminalreporter.write_line(
        f"{len(outcomes)} checks, {len(outcomes) - len(different)} equal, {len(different)} differ, "
        f"{sum(1 for outcome in different.values() if outcome.unexplained)} of them without a reason"
    )
