"""tritonclient.grpc: tensors, one call at a time and on a stream."""

import queue
import threading

import grpc
import numpy as np
import pytest
import tritonclient.grpc as client_module
from tensors import DATATYPES, input_of, model_of, values_of
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

ANSWER_TIMEOUT_S = 30


@pytest.fixture(scope="module")
def client(server):
    with client_module.InferenceServerClient(server.grpc) as opened:
        yield opened


@pytest.fixture(scope="module")
def stub(server):
    with grpc.insecure_channel(server.grpc) as channel:
        yield service_pb2_grpc.GRPCInferenceServiceStub(channel)


@pytest.mark.parametrize("datatype", DATATYPES)
def test_every_datatype_comes_back_as_it_went(client, datatype):
    sent = values_of(datatype)
    result = client.infer(model_of(datatype), [input_of(client_module, sent, datatype)])
    np.testing.assert_array_equal(result.as_numpy("y"), sent)
    assert result.get_output("y").datatype == datatype
    assert list(result.get_output("y").shape) == [2, 3]


TYPED = {
    "BOOL": "bool_contents",
    **dict.fromkeys(["INT8", "INT16", "INT32"], "int_contents"),
    "INT64": "int64_contents",
    **dict.fromkeys(["UINT8", "UINT16", "UINT32"], "uint_contents"),
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}


@pytest.mark.parametrize("datatype", TYPED)
def test_typed_contents_are_answered_raw(stub, datatype):
    sent = values_of(datatype)
    request = service_pb2.ModelInferRequest(model_name=model_of(datatype))
    tensor = request.inputs.add(name="x", datatype=datatype, shape=[2, 3])
    getattr(tensor.contents, TYPED[datatype]).extend(sent.flatten().tolist())
    answer = stub.ModelInfer(request)
    assert len(answer.raw_output_contents) == 1
    assert not answer.outputs[0].HasField("contents")
    np.testing.assert_array_equal(client_module.InferResult(answer).as_numpy("y"), sent)


def test_raw_and_typed_contents_do_not_mix(stub):
    request = service_pb2.ModelInferRequest(model_name="simple")
    for name in ("INPUT0", "INPUT1"):
        request.inputs.add(name=name, datatype="INT32", shape=[1, 16])
    request.inputs[1].contents.int_contents.extend(range(16))
    request.raw_input_contents.append(bytes(64))
    with pytest.raises(grpc.RpcError) as caught:
        stub.ModelInfer(request)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def two_inputs():
    first = np.arange(16, dtype=np.int32).reshape(1, 16)
    second = np.full((1, 16), 3, dtype=np.int32)
    tensors = [
        input_of(client_module, first, "INT32", "INPUT0"),
        input_of(client_module, second, "INT32", "INPUT1"),
    ]
    return first, second, tensors


def test_only_the_outputs_asked_for_come_in_the_order_asked_for(client):
    first, second, tensors = two_inputs()
    outputs = [client_module.InferRequestedOutput("OUTPUT1")]
    result = client.infer("simple", tensors, outputs=outputs)
    assert result.as_numpy("OUTPUT0") is None
    np.testing.assert_array_equal(result.as_numpy("OUTPUT1"), first - second)


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_compressed_messages(client, algorithm):
    first, second, tensors = two_inputs()
    result = client.infer("simple", tensors, compression_algorithm=algorithm)
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), first + second)


def test_id_parameters_timeout_priority_and_sequence_are_taken(client):
    result = client.infer(
        "identity_fp32",
        [input_of(client_module, values_of("FP32"), "FP32")],
        request_id="request/42 ä",
        priority=1,
        timeout=5_000_000,
        sequence_id=7,
        sequence_start=True,
        sequence_end=True,
        parameters={"mine": "text", "count": 3, "ratio": 0.5, "flag": True},
        headers={"x-trace": "abc"},
    )
    response = result.get_response()
    assert response.id == "request/42 ä"
    assert response.model_name == "identity_fp32"
    assert response.model_version == "1"


def test_a_priority_beyond_two_to_the_63(client):
    sent = values_of("FP32")
    result = client.infer("priorities", [input_of(client_module, sent, "FP32")], priority=2**63 + 1)
    np.testing.assert_array_equal(result.as_numpy("y"), sent)


def test_both_versions_answer_and_the_highest_is_the_default(client):
    sent = np.array([[1, 2, 3]], dtype=np.float32)
    tensors = [input_of(client_module, sent, "FP32")]
    for version, factor in (("1", 1), ("2", 2), ("", 2)):
        result = client.infer("two_versions", tensors, model_version=version)
        np.testing.assert_array_equal(result.as_numpy("y"), sent * factor)
        assert result.get_response().model_version == (version or "2")


def test_a_tensor_of_sixteen_mebibytes(client):
    sent = np.arange(4 * 1024 * 1024, dtype=np.float32).reshape(1, -1)
    result = client.infer("identity_fp32", [input_of(client_module, sent, "FP32")])
    np.testing.assert_array_equal(result.as_numpy("y"), sent)


def test_integers_beyond_two_to_the_53(client):
    sent = np.array([[2**53 + 1, -(2**53) - 1, 2**62 + 1]], dtype=np.int64)
    result = client.infer("identity_int64", [input_of(client_module, sent, "INT64")])
    np.testing.assert_array_equal(result.as_numpy("y"), sent)


def test_classes_instead_of_numbers(client):
    sent = np.array([[0.25, 3.5, -1.0, 2.0], [9.0, 8.0, 7.0, 10.5]], dtype=np.float32)
    outputs = [client_module.InferRequestedOutput("y", class_count=2)]
    result = client.infer("labels", [input_of(client_module, sent, "FP32")], outputs=outputs)
    expected = [[b"3.500000:1:dog", b"2.000000:3:owl"], [b"10.500000:3:owl", b"9.000000:0:cat"]]
    assert result.as_numpy("y").tolist() == expected
    assert list(result.get_output("y").shape) == [2, 2]


def refusal(client, *args, **kwargs):
    with pytest.raises(InferenceServerException) as caught:
        client.infer(*args, **kwargs)
    return caught.value


def row(size=3, datatype="FP32", name="x", rows=1):
    dtype = np.float32 if datatype == "FP32" else np.int32
    return input_of(client_module, np.zeros((rows, size), dtype=dtype), datatype, name)


@pytest.mark.parametrize(
    ("model", "version", "tensors", "status", "word"),
    [
        ("identity_fp32", "9", [row()], "NOT_FOUND", "version"),
        ("identity_fp32", "one", [row()], "INVALID_ARGUMENT", "one"),
        ("fixed_row", "", [row(name="z")], "INVALID_ARGUMENT", "z"),
        ("fixed_row", "", [row(datatype="INT32")], "INVALID_ARGUMENT", "INT32"),
        ("fixed_row", "", [row(size=4)], "INVALID_ARGUMENT", "3"),
        ("fixed_row", "", [row(rows=5)], "INVALID_ARGUMENT", "4"),
        ("fixed_row", "", [row(), row(name="z")], "INVALID_ARGUMENT", "z"),
        ("fixed_row", "", [], "INVALID_ARGUMENT", "input"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(client, model, version, tensors, status, word):
    error = refusal(client, model, tensors, model_version=version)
    assert error.status() == f"StatusCode.{status}"
    assert word in error.message()


def test_an_unknown_model(client, is_ferry):
    error = refusal(client, "nope", [row()])
    assert "unknown model: 'nope' is not found" in error.message()
    # Triton turned from NOT_FOUND to INVALID_ARGUMENT after the version compared with here.
    assert error.status() == f"StatusCode.{'INVALID_ARGUMENT' if is_ferry else 'NOT_FOUND'}"


def test_an_unknown_output(client):
    error = refusal(client, "fixed_row", [row()], outputs=[client_module.InferRequestedOutput("w")])
    assert error.status() == "StatusCode.INVALID_ARGUMENT"
    assert "w" in error.message()


@pytest.mark.parametrize("size", [8, 13, 0])
def test_raw_contents_of_the_wrong_size(stub, size):
    request = service_pb2.ModelInferRequest(model_name="fixed_row", raw_input_contents=[bytes(size)])
    request.inputs.add(name="x", datatype="FP32", shape=[1, 3])
    with pytest.raises(grpc.RpcError) as caught:
        stub.ModelInfer(request)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def slow_input(value=1.0):
    return input_of(client_module, np.array([[value]], dtype=np.float32), "FP32")


def test_a_deadline_that_passes(client):
    error = refusal(client, "slow", [slow_input()], client_timeout=0.1)
    assert error.status() == "StatusCode.DEADLINE_EXCEEDED"


def test_a_cancelled_call_leaves_and_the_next_is_served(client):
    ended = queue.Queue()
    call = client.async_infer("slow", [slow_input()], lambda result, error: ended.put(error))
    call.cancel()
    assert ended.get(timeout=ANSWER_TIMEOUT_S).status() == "StatusCode.CANCELLED"
    result = client.infer("slow", [slow_input(7.0)])
    assert result.as_numpy("y").tolist() == [[7.0]]


def test_many_calls_at_once_get_their_own_answers(client):
    answers = queue.Queue()
    for i in range(64):
        tensor = input_of(client_module, np.full((1, 4), i, dtype=np.float32), "FP32")
        client.async_infer("batching", [tensor], lambda result, error: answers.put((result, error)), request_id=str(i))
    seen = set()
    for _ in range(64):
        result, error = answers.get(timeout=ANSWER_TIMEOUT_S)
        assert error is None
        number = int(result.get_response().id)
        assert result.as_numpy("y").tolist() == [[2.0 * number] * 4]
        seen.add(number)
    assert seen == set(range(64))


class Stream:
    """A stream and what came on it."""

    def __init__(self, address, **more):
        self.client = client_module.InferenceServerClient(address)
        self.answers = queue.Queue()
        self.client.start_stream(callback=lambda result, error: self.answers.put((result, error)), **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_stream()
        self.client.close()

    def send(self, *args, **kwargs):
        self.client.async_stream_infer(*args, **kwargs)

    def next(self):
        return self.answers.get(timeout=ANSWER_TIMEOUT_S)


def test_a_thousand_requests_on_one_stream_are_answered_in_order(server):
    with Stream(server.grpc) as stream:
        for i in range(1000):
            tensor = input_of(client_module, np.array([[i, 0, 1]], dtype=np.int64), "INT64")
            stream.send("identity_int64", [tensor], request_id=f"id-{i}")
        for i in range(1000):
            result, error = stream.next()
            assert error is None
            assert result.get_response().id == f"id-{i}"
            assert result.as_numpy("y").tolist() == [[i, 0, 1]]
            assert result.get_response().parameters["triton_final_response"].bool_param is True


def test_an_error_on_a_stream_is_told_and_the_stream_goes_on(server):
    with Stream(server.grpc) as stream:
        for number, tensor in enumerate([row(), row(size=4), row(name="z"), row()]):
            stream.send("fixed_row", [tensor], request_id=str(number))
        results = [stream.next() for _ in range(4)]
    assert [error is None for _, error in results] == [True, False, False, True]
    assert "x" in results[1][1].message()
    assert results[3][0].get_response().id == "3"


def test_an_unknown_model_on_a_stream(server):
    with Stream(server.grpc) as stream:
        stream.send("nope", [row()])
        assert "unknown model: 'nope'" in stream.next()[1].message()
        stream.send("fixed_row", [row()])
        assert stream.next()[1] is None


def test_a_stream_that_asked_for_real_statuses_ends_with_one(server, is_ferry):
    with Stream(server.grpc, headers={"triton_grpc_error": "true"}) as stream:
        stream.send("fixed_row", [row(size=4)])
        error = stream.next()[1]
    # The version of Triton compared with here goes on in-band where a request is refused before it is queued.
    assert error.status() == ("StatusCode.INVALID_ARGUMENT" if is_ferry else None)


def test_a_compressed_stream_with_large_tensors(server):
    sent = np.arange(2 * 1024 * 1024, dtype=np.float32).reshape(1, -1)
    with Stream(server.grpc, compression_algorithm="gzip") as stream:
        stream.send("identity_fp32", [input_of(client_module, sent, "FP32")])
        np.testing.assert_array_equal(stream.next()[0].as_numpy("y"), sent)


def test_a_stream_cancelled_by_its_client(server, client):
    stream = Stream(server.grpc)
    stream.send("slow", [slow_input()])
    stream.client.stop_stream(cancel_requests=True)
    _, error = stream.next()
    assert error is None or error.status() == "StatusCode.CANCELLED"
    stream.client.close()
    np.testing.assert_array_equal(client.infer("slow", [slow_input(3.0)]).as_numpy("y"), [[3.0]])


def test_what_is_under_way_is_answered_after_the_client_closed_its_half(stub):
    def requests():
        for i in range(3):
            request = service_pb2.ModelInferRequest(model_name="fixed_row", id=str(i))
            request.inputs.add(name="x", datatype="FP32", shape=[1, 3])
            request.raw_input_contents.append(bytes(12))
            yield request

    answers = list(stub.ModelStreamInfer(requests(), timeout=ANSWER_TIMEOUT_S))
    assert [answer.infer_response.id for answer in answers] == ["0", "1", "2"]
    assert all(answer.error_message == "" for answer in answers)


def test_many_clients_at_once(server):
    failures = []

    def talk(seed):
        with client_module.InferenceServerClient(server.grpc) as own:
            for i in range(20):
                sent = np.array([[seed, i, 0]], dtype=np.int64)
                received = own.infer("identity_int64", [input_of(client_module, sent, "INT64")]).as_numpy("y")
                if received.tolist() != sent.tolist():
                    failures.append((seed, i, received))

    threads = [threading.Thread(target=talk, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
