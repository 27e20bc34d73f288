"""The same request to two servers, and where their answers differ, field by field.

`answer(server, check)` is a flat map from a field's path to its value, e.g. `status`, `header.content-type`,
`body.outputs[0].shape[1]`. What cannot be equal (times, a server's own name, the wording of an error) is compared by its type.
"""

import dataclasses
import fnmatch
import http.client
import json
import zlib

import grpc
from google.protobuf.json_format import MessageToDict
from tritonclient.grpc import service_pb2, service_pb2_grpc

TIMEOUT_S = 30
HEADERS = ["content-type", "content-encoding", "inference-header-content-length"]
BY_TYPE = [
    "body.error",
    "details",
    "message*.error_message",
    "*.ns",
    "*last_inference",
    "header.inference-header-content-length",
]


@dataclasses.dataclass(frozen=True)
class Http:
    name: str
    method: str
    path: str
    body: bytes | None = None
    headers: dict = dataclasses.field(default_factory=dict)
    # Only these parts of the body count; None: all of it.
    only: tuple | None = None
    # Parts that are compared by their type.
    by_type: tuple = ()


@dataclasses.dataclass(frozen=True)
class Grpc:
    name: str
    rpc: str
    request: object
    # Whether `request` is a list of messages for a stream.
    stream: bool = False
    only: tuple | None = None
    by_type: tuple = ()


def answer(server, check):
    fields = http_answer(server, check) if isinstance(check, Http) else grpc_answer(server, check)
    patterns = [*BY_TYPE, *check.by_type]
    return {path: masked(path, value, patterns) for path, value in fields.items() if is_wanted(path, check.only)}


def differences(left, right):
    """Paths whose values are not the same in both; a missing one is None."""
    paths = sorted(left.keys() | right.keys())
    return {path: (left.get(path), right.get(path)) for path in paths if left.get(path) != right.get(path)}


def is_wanted(path, only):
    if only is None or not path.startswith(("body", "message")):
        return True
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in only)


def masked(path, value, patterns):
    if not any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns):
        return value
    return "a number" if isinstance(value, str) and value.isdigit() else f"a {type(value).__name__}"


def http_answer(server, check):
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=TIMEOUT_S)
    try:
        connection.request(check.method, check.path, body=check.body, headers=check.headers)
        response = connection.getresponse()
        text = response.read()
    finally:
        connection.close()
    fields = {"status": response.status}
    # The type of an empty body says nothing.
    fields |= {f"header.{name}": response.headers[name] for name in HEADERS if response.headers[name] and text}
    return fields | body_fields(text, response.headers)


def body_fields(text, headers):
    if headers["content-encoding"] in ("gzip", "deflate"):
        # 32: either kind of header.
        text = zlib.decompress(text, wbits=zlib.MAX_WBITS | 32)
    length = headers["inference-header-content-length"]
    head, tail = (text[: int(length)], text[int(length) :]) if length else (text, b"")
    fields = {"tail": tail.hex()} if tail else {}
    if not head:
        return {**fields, "empty": True}
    try:
        return fields | flat("body", json.loads(head))
    except ValueError:
        return {**fields, "body": head.decode(errors="replace")}


def grpc_answer(server, check):
    with grpc.insecure_channel(server.grpc) as channel:
        call = getattr(service_pb2_grpc.GRPCInferenceServiceStub(channel), check.rpc)
        try:
            if not check.stream:
                return {"code": "OK"} | message_fields("message", call(check.request, timeout=TIMEOUT_S))
            fields = {"code": "OK"}
            for i, one in enumerate(call(iter(check.request), timeout=TIMEOUT_S)):
                fields |= message_fields(f"message[{i}]", one)
            return fields
        except grpc.RpcError as error:
            return {"code": error.code().name, "details": error.details()}


def message_fields(path, message):
    return flat(path, MessageToDict(message, preserving_proto_field_name=True))


def flat(path, value):
    """`{path: leaf}`; an empty object or list is a leaf. Models and extensions stand in no promised order: they go by name."""
    if path.endswith(".extensions") and isinstance(value, list):
        return {f"{path}[{name}]": True for name in value}
    if isinstance(value, list) and value:
        keys = [key_of(item, i) for i, item in enumerate(value)]
        parts = [flat(f"{path}[{key}]", item) for key, item in zip(keys, value, strict=True)]
    elif isinstance(value, dict) and value:
        parts = [flat(f"{path}.{key}", item) for key, item in value.items()]
    else:
        return {path: value}
    return {key: leaf for part in parts for key, leaf in part.items()}


def key_of(item, index):
    if isinstance(item, dict) and "name" in item and "version" in item:
        return f"{item['name']}/{item['version']}"
    return index


def infer_request(model, tensors, **more):
    """A ModelInferRequest; `tensors` are (name, datatype, shape, bytes)."""
    request = service_pb2.ModelInferRequest(model_name=model, **more)
    for name, datatype, shape, data in tensors:
        request.inputs.add(name=name, datatype=datatype, shape=shape)
        if data is not None:
            request.raw_input_contents.append(data)
    return request
