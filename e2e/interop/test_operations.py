"""Every operation of the clients that is not inference, over both doors: the HTTP client's answers are JSON, gRPC's are made so."""

import json
import re
import time
import urllib.request

import numpy as np
import pytest
import tritonclient.grpc as grpc_client
import tritonclient.http as http_client
from tensors import input_of
from tritonclient.utils import InferenceServerException

DOORS = {"http": http_client, "grpc": grpc_client}
UNLOAD_TIMEOUT_S = 20


@pytest.fixture(params=DOORS)
def door(request):
    return request.param


@pytest.fixture
def client(server, door):
    with DOORS[door].InferenceServerClient(getattr(server, door)) as opened:
        yield opened


@pytest.fixture
def as_json(door):
    return {} if door == "http" else {"as_json": True}


def refusal(call, *args, **kwargs):
    with pytest.raises(InferenceServerException) as caught:
        call(*args, **kwargs)
    return caught.value


def status(door, http, grpc):
    return http if door == "http" else f"StatusCode.{grpc}"


def test_health(client):
    assert client.is_server_live() is True
    assert client.is_server_ready() is True
    assert client.is_model_ready("fixed_row") is True
    assert client.is_model_ready("two_versions", "1") is True


def test_what_is_not_there_is_not_ready(client, door):
    assert client.is_model_ready("two_versions", "7") is False
    assert client.is_model_ready("nope") is False


def test_server_metadata(client, as_json):
    metadata = client.get_server_metadata(**as_json)
    assert metadata["name"]
    assert re.match(r"\d+\.\d+", metadata["version"])
    wanted = {"binary_tensor_data", "classification", "model_configuration", "model_repository", "statistics"}
    wanted |= {"trace", "logging"}
    assert wanted <= set(metadata["extensions"])


def test_model_metadata(client, as_json):
    metadata = client.get_model_metadata("two_versions", **as_json)
    assert metadata["versions"] == ["1", "2"]
    [tensor] = metadata["inputs"]
    assert tensor["name"] == "x"
    assert tensor["datatype"] == "FP32"
    assert [int(size) for size in tensor["shape"]] == [-1, 3]
    assert client.get_model_metadata("two_versions", "1", **as_json)["versions"] == ["1"]
    [tensor] = client.get_model_metadata("no_batching", **as_json)["outputs"]
    assert [int(size) for size in tensor["shape"]] == [2, 3]


def test_model_config(client, door, as_json):
    config = client.get_model_config("batching", **as_json)
    config = config if door == "http" else config["config"]
    assert config["name"] == "batching"
    assert config["max_batch_size"] == 8
    assert config["input"][0]["data_type"] == "TYPE_FP32"
    assert [int(size) for size in config["input"][0]["dims"]] == [4]
    assert int(config["dynamic_batching"]["max_queue_delay_microseconds"]) == 1000
    assert config["instance_group"][0]["kind"] == "KIND_CPU"
    assert config["instance_group"][0]["count"] == 1


def test_config_without_batching_names_no_scheduler(client, door, as_json):
    config = client.get_model_config("fixed_row", **as_json)
    config = config if door == "http" else config["config"]
    assert "dynamic_batching" not in config


def test_statistics_grow_with_the_requests(client, server, door, as_json):
    def counts():
        [model] = client.get_inference_statistics("fixed_row", "1", **as_json)["model_stats"]
        stats = model["inference_stats"]
        duration = {key: int(stats[key].get("count", 0)) for key in stats}
        return int(model["inference_count"]), int(model["execution_count"]), duration

    module = DOORS[door]
    rows = np.zeros((3, 3), dtype=np.float32)
    client.infer("fixed_row", [input_of(module, rows, "FP32")])
    before = counts()
    for _ in range(5):
        client.infer("fixed_row", [input_of(module, rows, "FP32")])
    after = counts()
    assert after[0] - before[0] == 15
    assert after[1] - before[1] == 5
    for key in ("success", "queue", "compute_input", "compute_infer", "compute_output"):
        assert after[2][key] - before[2][key] == 5, key
    assert after[2]["fail"] == before[2]["fail"]


def test_statistics_of_all_models(client, as_json):
    names = {model["name"] for model in client.get_inference_statistics(**as_json)["model_stats"]}
    assert {"fixed_row", "simple", "batching"} <= names


def test_statistics_of_an_unknown_model(client):
    assert "nope" in refusal(client.get_inference_statistics, "nope").message()


def test_repository_index(client, door, as_json):
    index = client.get_model_repository_index(**as_json)
    models = index if door == "http" else index["models"]
    states = {(model["name"], model.get("version")): model.get("state") for model in models}
    assert states["two_versions", "1"] == states["two_versions", "2"] == "READY"


def test_unload_and_load(client, door, as_json):
    def entry():
        index = client.get_model_repository_index(**as_json)
        models = index if door == "http" else index["models"]
        [found] = [model for model in models if model["name"] == "labels"]
        return found

    client.unload_model("labels")
    # Triton says so before it is done.
    end = time.monotonic() + UNLOAD_TIMEOUT_S
    while entry()["state"] == "UNLOADING" and time.monotonic() < end:
        time.sleep(0.05)
    assert entry()["state"] == "UNAVAILABLE"
    assert entry()["reason"] == "unloaded"
    assert client.is_model_ready("labels") is False
    client.load_model("labels")
    assert client.is_model_ready("labels") is True


def test_load_with_a_config_of_ones_own(client, door, as_json):
    def config():
        answer = client.get_model_config("priorities", **as_json)
        return answer if door == "http" else answer["config"]

    def load_with(size):
        batching = {**config()["dynamic_batching"], "preferred_batch_size": [size]}
        changed = {**config(), "max_batch_size": size, "dynamic_batching": batching}
        client.load_model("priorities", config=json.dumps(changed))
        assert config()["max_batch_size"] == size

    load_with(2)
    load_with(4)


def test_load_of_what_is_not_there(client, door):
    error = refusal(client.load_model, "nope")
    assert error.status() != "200"
    assert "nope" in error.message()


def test_trace_settings(client, as_json, door):
    settings = client.get_trace_settings(**as_json)
    settings = settings if door == "http" else settings["settings"]
    assert {"trace_level", "trace_rate", "trace_count", "log_frequency", "trace_file", "trace_mode"} <= set(settings)
    changed = client.update_trace_settings(settings={"trace_rate": "7"}, **as_json)
    changed = changed if door == "http" else changed["settings"]
    assert changed["trace_rate"] == ("7" if door == "http" else {"value": ["7"]})
    client.update_trace_settings(settings={"trace_rate": None})
    client.update_trace_settings("fixed_row", settings={"trace_rate": "9"})
    of_model = client.get_trace_settings("fixed_row", **as_json)
    of_model = of_model if door == "http" else of_model["settings"]
    assert of_model["trace_rate"] == ("9" if door == "http" else {"value": ["9"]})
    client.update_trace_settings("fixed_row", settings={"trace_rate": None})


def test_log_settings(client, as_json, door):
    before = client.get_log_settings(**as_json)
    before = before if door == "http" else before["settings"]
    assert {"log_file", "log_info", "log_warning", "log_error", "log_verbose_level", "log_format"} <= set(before)
    changed = client.update_log_settings({"log_verbose_level": 1}, **as_json)
    changed = changed if door == "http" else changed["settings"]
    assert changed["log_verbose_level"] == (1 if door == "http" else {"uint32_param": 1})
    client.update_log_settings({"log_verbose_level": 0})


def test_shared_memory_is_refused_and_names_nothing_of_this_machine(client, is_ferry, door):
    if not is_ferry:
        pytest.skip("Triton maps what it is told to")
    for call, arguments in (
        (client.register_system_shared_memory, ("region", "/dev-shm-key", 16)),
        (client.register_cuda_shared_memory, ("region", b"aGFuZGxl", 0, 16)),
    ):
        error = refusal(call, *arguments)
        assert error.status() == status(door, "501", "UNIMPLEMENTED")
        assert "dev-shm-key" not in error.message()


def test_unregistering_shared_memory_is_done_as_there_is_none(client):
    # perf_analyzer begins with it.
    client.unregister_system_shared_memory()
    client.unregister_cuda_shared_memory()
    client.unregister_system_shared_memory("region")


def test_shared_memory_status_is_empty(client, door):
    for call in (client.get_system_shared_memory_status, client.get_cuda_shared_memory_status):
        answer = call() if door == "http" else call(as_json=True).get("regions", {})
        assert not answer


def test_metrics_page(server):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.metrics_port}/metrics", timeout=10) as page:
        text = page.read().decode("ascii")
        assert page.headers["Content-Type"].startswith("text/plain")
    for name in ("success", "failure", "duration_us"):
        assert f"# TYPE nv_inference_request_{name} counter" in text
    assert 'nv_inference_count{model="fixed_row",version="1"}' in text
