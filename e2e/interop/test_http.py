"""tritonclient.http: tensors."""

import gzip
import zlib

import numpy as np
import pytest
import tritonclient.http as client_module
from tensors import DATATYPES, NOT_IN_JSON, input_of, model_of, values_of
from tritonclient.utils import InferenceServerException


@pytest.fixture(scope="module")
def client(server):
    with client_module.InferenceServerClient(server.http, concurrency=4) as opened:
        yield opened


def http_input(array, datatype, binary, name="x"):
    tensor = client_module.InferInput(name, list(array.shape), datatype)
    tensor.set_data_from_numpy(array, binary_data=binary)
    return tensor


@pytest.mark.parametrize("binary_out", [True, False], ids=["binary-out", "json-out"])
@pytest.mark.parametrize("binary_in", [True, False], ids=["binary-in", "json-in"])
@pytest.mark.parametrize("datatype", DATATYPES)
def test_every_datatype_comes_back_as_it_went(client, datatype, binary_in, binary_out, is_ferry):
    if datatype in NOT_IN_JSON and not binary_in:
        pytest.skip("the client itself refuses it in JSON")
    if datatype in NOT_IN_JSON and not binary_out and not is_ferry:
        pytest.skip("Triton refuses it in JSON")
    sent = values_of(datatype, text_only=is_ferry or not (binary_in and binary_out))
    outputs = [client_module.InferRequestedOutput("y", binary_data=binary_out)]
    result = client.infer(model_of(datatype), [http_input(sent, datatype, binary_in)], outputs=outputs)
    described = result.get_output("y")
    assert described["datatype"] == datatype
    assert described["shape"] == [2, 3]
    assert ("data" in described) is not binary_out
    if datatype in NOT_IN_JSON and not binary_out:
        # The client has no NumPy form for these in JSON.
        assert described["data"] == [pytest.approx(float(value)) for value in sent.flatten()]
        return
    received = result.as_numpy("y")
    if datatype == "BYTES" and not binary_out:
        received = np.array([[as_bytes(cell) for cell in row] for row in received], dtype=np.object_)
    np.testing.assert_array_equal(received, sent)


def as_bytes(value):
    return value.encode() if isinstance(value, str) else value


@pytest.mark.parametrize("datatype", DATATYPES)
def test_no_outputs_given_means_all_of_them(client, datatype):
    sent = values_of(datatype)
    result = client.infer(model_of(datatype), [http_input(sent, datatype, True)])
    np.testing.assert_array_equal(result.as_numpy("y"), sent)


@pytest.mark.parametrize("datatype", ["INT8", "FP32", "INT64"])
def test_a_tensor_without_elements(client, datatype):
    sent = values_of(datatype)[:, :0]
    result = client.infer(model_of(datatype), [http_input(sent, datatype, True)])
    assert result.as_numpy("y").shape == (2, 0)


@pytest.mark.parametrize("answer", [None, "gzip", "deflate"])
@pytest.mark.parametrize("request_", [None, "gzip", "deflate"])
def test_compressed_bodies_both_ways(client, request_, answer):
    sent = np.arange(4000, dtype=np.float32).reshape(4, 1000)
    result = client.infer(
        "identity_fp32",
        [http_input(sent, "FP32", True)],
        request_compression_algorithm=request_,
        response_compression_algorithm=answer,
    )
    np.testing.assert_array_equal(result.as_numpy("y"), sent)


def test_mixed_binary_and_json_in_one_request(client):
    first = np.arange(16, dtype=np.int32).reshape(1, 16)
    second = np.full((1, 16), 3, dtype=np.int32)
    result = client.infer(
        "simple",
        [http_input(first, "INT32", True, "INPUT0"), http_input(second, "INT32", False, "INPUT1")],
        outputs=[
            client_module.InferRequestedOutput("OUTPUT1", binary_data=False),
            client_module.InferRequestedOutput("OUTPUT0", binary_data=True),
        ],
    )
    assert "data" in result.get_output("OUTPUT1")
    assert "data" not in result.get_output("OUTPUT0")
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), first + second)
    np.testing.assert_array_equal(result.as_numpy("OUTPUT1"), first - second)


def test_only_the_outputs_asked_for_come(client):
    values = np.ones((1, 16), dtype=np.int32)
    result = client.infer(
        "simple",
        [http_input(values, "INT32", True, "INPUT0"), http_input(values, "INT32", True, "INPUT1")],
        outputs=[client_module.InferRequestedOutput("OUTPUT1")],
    )
    assert result.as_numpy("OUTPUT0") is None
    np.testing.assert_array_equal(result.as_numpy("OUTPUT1"), values * 0)


def test_id_parameters_timeout_priority_and_sequence_are_taken(client):
    sent = values_of("FP32")
    result = client.infer(
        "identity_fp32",
        [http_input(sent, "FP32", True)],
        request_id="request/42 ä",
        priority=1,
        timeout=5_000_000,
        sequence_id=7,
        sequence_start=True,
        sequence_end=True,
        parameters={"mine": "text", "count": 3, "ratio": 0.5, "flag": True},
        headers={"X-Trace": "abc"},
        query_params={"a": "b"},
    )
    response = result.get_response()
    assert response["id"] == "request/42 ä"
    assert response["model_name"] == "identity_fp32"
    assert response["model_version"] == "1"


def test_without_an_id_none_comes_back(client):
    result = client.infer("identity_fp32", [http_input(values_of("FP32"), "FP32", True)])
    assert "id" not in result.get_response()


def test_both_versions_answer_and_the_highest_is_the_default(client):
    sent = np.array([[1, 2, 3]], dtype=np.float32)
    tensors = [http_input(sent, "FP32", True)]
    for version, factor in (("1", 1), ("2", 2), ("", 2)):
        result = client.infer("two_versions", tensors, model_version=version)
        np.testing.assert_array_equal(result.as_numpy("y"), sent * factor)
        assert result.get_response()["model_version"] == (version or "2")


def test_a_tensor_of_sixteen_mebibytes(client):
    sent = np.arange(4 * 1024 * 1024, dtype=np.float32).reshape(1, -1)
    result = client.infer("identity_fp32", [http_input(sent, "FP32", True)])
    np.testing.assert_array_equal(result.as_numpy("y"), sent)


def test_many_requests_at_once_get_their_own_answers(client):
    sent = [np.full((1, 4), i, dtype=np.float32) for i in range(64)]
    waiting = [
        client.async_infer("batching", [http_input(array, "FP32", True)], request_id=str(i))
        for i, array in enumerate(sent)
    ]
    for i, one in enumerate(waiting):
        result = one.get_result()
        np.testing.assert_array_equal(result.as_numpy("y"), sent[i] * 2)
        assert result.get_response()["id"] == str(i)


def test_a_body_made_and_read_without_a_connection(client, server):
    sent = values_of("FP64")
    body, header_length = client_module.InferenceServerClient.generate_request_body(
        [http_input(sent, "FP64", True)], outputs=[client_module.InferRequestedOutput("y")]
    )
    for encoding, packed in ((None, body), ("gzip", gzip.compress(body)), ("deflate", zlib.compress(body))):
        headers = {"Inference-Header-Content-Length": str(header_length)}
        if encoding:
            headers["Content-Encoding"] = encoding
        answer = client._client_stub.post("v2/models/identity_fp64/infer", packed, headers)
        text = answer.read()
        assert answer.status_code == 200, text
        result = client_module.InferenceServerClient.parse_response_body(
            text, header_length=int(answer.get("Inference-Header-Content-Length"))
        )
        np.testing.assert_array_equal(result.as_numpy("y"), sent)


@pytest.mark.parametrize("binary", [True, False])
def test_classes_instead_of_numbers(client, binary):
    sent = np.array([[0.25, 3.5, -1.0, 2.0], [9.0, 8.0, 7.0, 10.5]], dtype=np.float32)
    outputs = [client_module.InferRequestedOutput("y", binary_data=binary, class_count=2)]
    result = client.infer("labels", [http_input(sent, "FP32", True)], outputs=outputs)
    classes = [[as_bytes(cell) for cell in row] for row in result.as_numpy("y")]
    assert classes == [[b"3.500000:1:dog", b"2.000000:3:owl"], [b"10.500000:3:owl", b"9.000000:0:cat"]]
    assert result.get_output("y")["datatype"] == "BYTES"


def test_classes_without_labels(client):
    sent = np.array([[5, -7, 6]], dtype=np.int32)
    outputs = [client_module.InferRequestedOutput("y", class_count=3)]
    result = client.infer("identity_int32", [http_input(sent, "INT32", True)], outputs=outputs)
    assert result.as_numpy("y").tolist() == [[b"6:2", b"5:0", b"-7:1"]]


def test_an_unknown_model(client, is_ferry):
    error = refusal(client, "nope", [http_input(values_of("FP32"), "FP32", True)])
    assert "unknown model: 'nope' is not found" in error.message()
    # Triton turned from 404 to 400 after the version compared with here.
    assert error.status() == ("400" if is_ferry else "404")


def refusal(client, *args, **kwargs):
    with pytest.raises(InferenceServerException) as caught:
        client.infer(*args, **kwargs)
    return caught.value


def test_an_unknown_version(client):
    error = refusal(client, "identity_fp32", [http_input(values_of("FP32"), "FP32", True)], model_version="9")
    assert error.status() == "404"
    assert "version" in error.message()


def row(size=3, datatype="FP32", name="x", rows=1):
    dtype = np.float32 if datatype == "FP32" else np.int32
    return http_input(np.zeros((rows, size), dtype=dtype), datatype, True, name)


@pytest.mark.parametrize(
    ("tensors", "word"),
    [
        ([row(name="z")], "z"),
        ([row(datatype="INT32")], "INT32"),
        ([row(size=4)], "3"),
        ([row(rows=5)], "4"),
        ([row(rows=0)], "0"),
        ([row(), row(name="z")], "z"),
        ([], "input"),
    ],
    ids=["name", "datatype", "shape", "batch size", "no rows", "one too many", "none"],
)
def test_inputs_that_do_not_fit_are_refused_by_name(client, tensors, word):
    error = refusal(client, "fixed_row", tensors)
    assert error.status() == "400"
    assert word in error.message()


def test_strings_that_are_no_text_are_refused_not_changed(client, is_ferry):
    if not is_ferry:
        pytest.skip("Triton's backends take any bytes")
    error = refusal(client, "identity_bytes", [http_input(values_of("BYTES", text_only=False), "BYTES", True)])
    assert error.status() == "400"
    assert 'input "x": element 5 is not UTF-8' in error.message()


def test_an_unknown_output(client):
    error = refusal(client, "fixed_row", [row()], outputs=[client_module.InferRequestedOutput("w")])
    assert error.status() == "400"
    assert "w" in error.message()


def test_a_model_without_batching_has_no_batch_dimension(client):
    sent = np.arange(6, dtype=np.float32).reshape(2, 3)
    result = client.infer("no_batching", [http_input(sent, "FP32", True)])
    np.testing.assert_array_equal(result.as_numpy("y"), sent)
    error = refusal(client, "no_batching", [http_input(sent[None], "FP32", True)])
    assert error.status() == "400"


def test_input_from_shared_memory_that_nobody_registered(client):
    tensor = client_module.InferInput("x", [1, 3], "FP32")
    tensor.set_shared_memory("nobody", 12)
    error = refusal(client, "fixed_row", [tensor])
    assert error.status() in ("400", "404", "501")
    assert "/" not in error.message()


def test_a_model_that_was_not_stopped_by_all_this(client):
    sent = values_of("FP32")
    result = client.infer("identity_fp32", [input_of(client_module, sent, "FP32")])
    np.testing.assert_array_equal(result.as_numpy("y"), sent)
