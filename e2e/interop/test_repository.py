"""A repository whose configurations Ferry wrote is read by the real Triton, by its own parser, and means the same to both."""

import http.client
import json
import os
import subprocess

import pytest
import servers
from conformance import Http, answer, differences

# What is another thing by design: the backends differ, and so does what is in a version's folder.
EXPLAINED = {"body.backend", "body.platform", "body.default_model_filename"}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    command = [os.environ.get("FERRY_NODE", "node"), "--import", "tsx", "e2e/interop/write-repository.ts", str(folder)]
    subprocess.run(command, cwd=servers.ROOT, check=True)
    return folder


@pytest.fixture(scope="module")
def answers(written):
    """What each server says of every model: its state, its configuration, and how it answers a row."""
    found = {}
    for side, start in (("triton", servers.triton), ("ferry", servers.ferry)):
        try:
            with start(written / side) as server:
                servers.load_all(server)
                found[side] = {model: facts_of(server, model) for model in models(written)}
                found[side]["index"] = index_of(server)
        except servers.Unavailable as reason:
            pytest.skip(f"no Triton to read it: {reason}")
    return found


def models(folder):
    return sorted(each.name for each in (folder / "ferry").iterdir())


def facts_of(server, model):
    tensor = {"name": "x", "datatype": "FP32"}
    shape = [2, 2] if model == "not_batched" else [1, 4]
    body = json.dumps({"inputs": [{**tensor, "shape": shape, "data": [1, 2.5, -3, 4]}]}).encode()
    return {
        "config": answer(server, Http("config", "GET", f"/v2/models/{model}/config")),
        "metadata": answer(server, Http("metadata", "GET", f"/v2/models/{model}")),
        "result": answer(server, Http("infer", "POST", f"/v2/models/{model}/infer", body)),
    }


def index_of(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=30)
    connection.request("POST", "/v2/repository/index", body=b"")
    entries = json.loads(connection.getresponse().read())
    return {(entry["name"], entry.get("version")): entry["state"] for entry in entries}


def test_both_have_all_models_in_the_same_versions_ready(written, answers):
    assert {name for name, _ in answers["triton"]["index"]} == set(models(written))
    ready = {side: {key for key, state in answers[side]["index"].items() if state == "READY"} for side in answers}
    assert ready["triton"] == ready["ferry"]
    assert {name for name, _ in ready["triton"]} == set(models(written))
    assert {version for name, version in ready["triton"] if name == "specific_versions"} == {"1", "3"}


@pytest.mark.parametrize("what", ["config", "metadata", "result"])
def test_both_say_the_same_of_each(written, answers, what):
    found = {
        f"{model}: {field}": values
        for model in models(written)
        for field, values in differences(answers["triton"][model][what], answers["ferry"][model][what]).items()
        if field not in EXPLAINED
    }
    assert found == {}
    assert all(answers["ferry"][model][what]["status"] == 200 for model in models(written))


def test_comments_of_a_hand_written_file_are_still_there(written):
    text = (written / "triton/edited/config.pbtxt").read_text()
    assert "# Agreed with the team; ask before you change it." in text
    assert "# was 32" in text
