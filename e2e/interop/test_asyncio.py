"""tritonclient's asyncio variants, HTTP and gRPC."""

import asyncio

import numpy as np
import pytest
import tritonclient.grpc.aio as grpc_aio
import tritonclient.http.aio as http_aio
from tensors import DATATYPES, input_of, model_of, values_of
from tritonclient.utils import InferenceServerException

DOORS = {"http": http_aio, "grpc": grpc_aio}


@pytest.fixture(params=DOORS)
def door(request):
    return request.param


def using(server, door, work):
    """Runs `work(client, module)` with a client of that door."""

    async def session():
        module = DOORS[door]
        async with module.InferenceServerClient(getattr(server, door)) as client:
            return await work(client, module)

    return asyncio.run(session())


@pytest.mark.parametrize("datatype", DATATYPES)
def test_every_datatype_comes_back_as_it_went(server, door, datatype):
    sent = values_of(datatype)

    async def work(client, module):
        return await client.infer(model_of(datatype), [input_of(module, sent, datatype)])

    np.testing.assert_array_equal(using(server, door, work).as_numpy("y"), sent)


def test_many_at_once_get_their_own_answers(server, door):
    async def work(client, module):
        tensors = [input_of(module, np.full((1, 4), i, dtype=np.float32), "FP32") for i in range(64)]
        return await asyncio.gather(*(client.infer("batching", [tensor]) for tensor in tensors))

    results = using(server, door, work)
    assert [result.as_numpy("y").tolist() for result in results] == [[[2.0 * i] * 4] for i in range(64)]


def test_errors_have_their_text_and_status(server, door):
    async def work(client, module):
        wrong = input_of(module, np.zeros((1, 4), dtype=np.float32), "FP32")
        with pytest.raises(InferenceServerException) as caught:
            await client.infer("fixed_row", [wrong])
        with pytest.raises(InferenceServerException):
            await client.get_model_metadata("nope")
        return caught.value

    error = using(server, door, work)
    assert error.status() == ("400" if door == "http" else "StatusCode.INVALID_ARGUMENT")
    assert "x" in error.message()


def test_health_and_descriptions(server, door):
    async def work(client, _):
        assert await client.is_server_live()
        assert await client.is_server_ready()
        assert await client.is_model_ready("fixed_row")
        metadata = await client.get_server_metadata()
        assert "statistics" in (metadata["extensions"] if door == "http" else metadata.extensions)
        await client.get_model_metadata("fixed_row")
        await client.get_model_config("fixed_row")
        await client.get_inference_statistics("fixed_row")
        await client.get_model_repository_index()

    using(server, door, work)


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_compressed(server, door, algorithm):
    sent = np.arange(3000, dtype=np.float32).reshape(3, 1000)
    more = (
        {"request_compression_algorithm": algorithm, "response_compression_algorithm": algorithm}
        if door == "http"
        else {"compression_algorithm": algorithm}
    )

    async def work(client, module):
        return await client.infer("identity_fp32", [input_of(module, sent, "FP32")], **more)

    np.testing.assert_array_equal(using(server, door, work).as_numpy("y"), sent)


def test_a_stream(server):
    async def work(client, module):
        async def requests():
            for i in range(50):
                sent = np.array([[i, i, i]], dtype=np.float32)
                tensor = input_of(module, sent if i != 20 else sent[:, :2], "FP32")
                yield {"model_name": "fixed_row", "inputs": [tensor], "request_id": str(i)}

        return [answer async for answer in client.stream_infer(requests())]

    answers = using(server, "grpc", work)
    assert len(answers) == 50
    for i, (result, error) in enumerate(answers):
        assert (error is None) is (i != 20)
        if error is None:
            assert result.get_response().id == str(i)
            assert result.as_numpy("y").tolist() == [[i, i, i]]
