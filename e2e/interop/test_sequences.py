"""Sequences of a stateful model by the real clients: over HTTP, over gRPC one call at a time, and on a gRPC stream."""

import os
import queue
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import servers
import tritonclient.grpc as grpc_client
import tritonclient.http as http_client
from tensors import input_of
from tritonclient.utils import InferenceServerException

ANSWER_TIMEOUT_S = 30
BEYOND_DOUBLE = 2**53 + 1
LARGEST = 2**64 - 1


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Ferry alone: the packaged Triton has no ONNX Runtime."""
    folder = tmp_path_factory.mktemp("sequences")
    node = os.environ.get("FERRY_NODE", "node")
    command = [node, "--import", "tsx", "e2e/interop/make-sequence-models.ts", str(folder)]
    subprocess.run(command, cwd=servers.ROOT, check=True)
    with servers.ferry(folder) as running:
        servers.load_all(running)
        yield running


class Unary:
    """One call at a time."""

    def __init__(self, module, client):
        self.module = module
        self.client = client

    def step(self, model, sequence, value, start=False, end=False):
        """The answer to one request of a sequence: the sum, what the model was told of it, and its id."""
        return said(
            self.client.infer(
                model,
                [row(self.module, value)],
                sequence_id=sequence,
                sequence_start=start,
                sequence_end=end,
            )
        )


class Stream:
    """All calls on one stream, which one that is refused does not end."""

    def __init__(self, client):
        self.client = client
        self.answers = queue.Queue()
        client.start_stream(lambda result, error: self.answers.put((result, error)))

    def send(self, model, sequence, value, start=False, end=False, request_id=""):
        self.client.async_stream_infer(
            model,
            [row(grpc_client, value)],
            request_id=request_id,
            sequence_id=sequence,
            sequence_start=start,
            sequence_end=end,
        )

    def receive(self):
        result, error = self.answers.get(timeout=ANSWER_TIMEOUT_S)
        if error is not None:
            raise error
        return result

    def step(self, *args, **kwargs):
        self.send(*args, **kwargs)
        return said(self.receive())


@pytest.fixture
def stream(server):
    with grpc_client.InferenceServerClient(server.grpc) as client:
        yield Stream(client)
        client.stop_stream()


@pytest.fixture(params=["http", "grpc", "stream"])
def door(request, server):
    if request.param == "stream":
        yield request.getfixturevalue("stream")
        return
    module = http_client if request.param == "http" else grpc_client
    more = {"concurrency": 16} if request.param == "http" else {}
    with module.InferenceServerClient(getattr(server, request.param), **more) as client:
        yield Unary(module, client)


def row(module, value):
    return input_of(module, np.array([[value]], dtype=np.float32), "FP32")


def said(result):
    who = result.as_numpy("who").item()
    return result.as_numpy("y").item(), result.as_numpy("told").item(), who


def refusal(door, *args, **kwargs):
    with pytest.raises(InferenceServerException) as caught:
        door.step(*args, **kwargs)
    return caught.value


def expected_status(door):
    """What a bad argument is over each door; on a stream the client gives the text alone."""
    if isinstance(door, Stream):
        return None
    return "400" if door.module is http_client else "StatusCode.INVALID_ARGUMENT"


@pytest.mark.parametrize("model", ["sum_direct", "sum_oldest"])
def test_a_sequence_is_added_up_and_the_model_is_told_where_it_is(door, model):
    assert door.step(model, 11, 1.5, start=True) == (1.5, 110, 11)
    assert door.step(model, 11, 2) == (3.5, 10, 11)
    assert door.step(model, 11, 3, end=True) == (6.5, 11, 11)


def test_a_sequence_of_one_request_starts_and_ends_with_it(door):
    for _ in range(2):
        assert door.step("sum_direct", 12, 4, start=True, end=True) == (4, 111, 12)
    assert "must specify the START flag" in refusal(door, "sum_direct", 12, 1).message()


def test_integer_ids_are_exact_beyond_two_to_the_53(door):
    assert door.step("sum_direct", BEYOND_DOUBLE, 1, start=True)[2] == BEYOND_DOUBLE
    # The neighbour, to which a double would round it, is another sequence.
    assert door.step("sum_direct", BEYOND_DOUBLE - 1, 5, start=True) == (5, 110, BEYOND_DOUBLE - 1)
    assert door.step("sum_direct", BEYOND_DOUBLE, 1, end=True) == (2, 11, BEYOND_DOUBLE)
    assert door.step("sum_direct", BEYOND_DOUBLE - 1, 1, end=True) == (6, 11, BEYOND_DOUBLE - 1)


def test_the_largest_integer_id_over_http(server):
    # gRPC's parameter is an int64.
    with http_client.InferenceServerClient(server.http) as client:
        door = Unary(http_client, client)
        assert door.step("sum_direct", LARGEST, 1, start=True, end=True) == (1, 111, LARGEST)
        assert "takes 1 to" in refusal(door, "sum_direct", LARGEST + 1, 1, start=True).message()


def test_string_ids(door):
    for name in ("stream/ä", "5", "x" * 128):
        assert door.step("sum_text", name, 1, start=True) == (1, 110, name.encode())
    assert door.step("sum_text", "stream/ä", 2, end=True) == (3, 11, "stream/ä".encode())
    # The number is told as text, and is another sequence than the text.
    assert door.step("sum_text", 5, 10, start=True) == (10, 110, b"5")
    assert door.step("sum_text", "5", 1, end=True) == (2, 11, b"5")
    assert door.step("sum_text", 5, 1, end=True) == (11, 11, b"5")
    assert door.step("sum_text", "x" * 128, 1, end=True)[0] == 2


@pytest.mark.parametrize(
    ("model", "sequence", "start", "word"),
    [
        ("sum_direct", 21, False, "for sequence 21 to model 'sum_direct' must specify the START flag"),
        ("sum_text", "unknown", False, "must specify the START flag"),
        ("sum_direct", 0, True, "must specify a non-zero or non-empty correlation ID"),
        ("sum_text", "", True, "must specify a non-zero or non-empty correlation ID"),
        ("sum_direct", "five", True, '"five" is a text'),
        ("sum_text", "x" * 129, True, "129 bytes"),
    ],
)
def test_what_is_no_step_of_a_sequence_is_refused_and_harms_no_other(door, model, sequence, start, word):
    other = 22 if model == "sum_direct" else "other"
    door.step(model, other, 1, start=True)
    error = refusal(door, model, sequence, 1, start=start)
    assert word in error.message()
    if expected_status(door) is not None:
        assert error.status() == expected_status(door)
    assert door.step(model, other, 1, end=True)[:2] == (2, 11)


def test_a_second_start_begins_anew_and_an_ended_sequence_needs_one(door):
    door.step("sum_direct", 31, 5, start=True)
    assert door.step("sum_direct", 31, 7, start=True) == (7, 110, 31)
    assert door.step("sum_direct", 31, 1, end=True) == (8, 11, 31)
    assert "must specify the START flag" in refusal(door, "sum_direct", 31, 1).message()
    assert "must specify the START flag" in refusal(door, "sum_direct", 31, 1, end=True).message()
    assert door.step("sum_direct", 31, 2, start=True, end=True) == (2, 111, 31)


def test_two_rows_are_no_step(server):
    for module, address in ((http_client, server.http), (grpc_client, server.grpc)):
        with module.InferenceServerClient(address) as client:
            two = input_of(module, np.ones((2, 1), dtype=np.float32), "FP32")
            with pytest.raises(InferenceServerException, match="must specify batch-size 1"):
                client.infer("sum_direct", [two], sequence_id=41, sequence_start=True)


@pytest.mark.parametrize("model", ["sum_direct", "sum_oldest"])
def test_sequences_of_all_clients_at_once_do_not_mix(server, model):
    """Ten at a time, more than there are seats, each over a door of its own."""
    length = 8

    def run(sequence):
        module, address = ((http_client, server.http), (grpc_client, server.grpc))[sequence % 2]
        with module.InferenceServerClient(address) as client:
            door = Unary(module, client)
            steps = range(length)
            return [door.step(model, sequence, sequence * 10 + i, i == 0, i == length - 1) for i in steps]

    with ThreadPoolExecutor(10) as threads:
        found = list(threads.map(run, range(51, 71)))
    assert found == [expected(sequence, length) for sequence in range(51, 71)]


@pytest.mark.parametrize("model", ["sum_direct", "sum_oldest"])
def test_sequences_interleaved_on_one_stream_without_waiting_for_answers(stream, model):
    length = 8
    sequences = range(81, 91)
    # Any order in which each sequence's own requests keep theirs.
    turns = [sequence for sequence in sequences for _ in range(length)]
    random.Random(5).shuffle(turns)
    sent = dict.fromkeys(sequences, 0)
    for sequence in turns:
        i = sent[sequence]
        sent[sequence] += 1
        request_id = f"{sequence}/{i}"
        stream.send(model, sequence, sequence * 10 + i, i == 0, i == length - 1, request_id)
    results = [stream.receive() for _ in turns]
    by_sequence = {sequence: [] for sequence in sequences}
    for result in results:
        sequence, i = map(int, result.get_response().id.split("/"))
        # Answers of a sequence come in its order, whatever others do.
        assert i == len(by_sequence[sequence])
        by_sequence[sequence].append(said(result))
    assert by_sequence == {sequence: expected(sequence, length) for sequence in sequences}


def expected(sequence, length):
    """The answers to `length` requests with values from ten times the id on."""
    sums = np.cumsum([sequence * 10 + i for i in range(length)])
    told = [10 + (100 if i == 0 else 0) + (1 if i == length - 1 else 0) for i in range(length)]
    return [(float(sums[i]), told[i], sequence) for i in range(length)]
