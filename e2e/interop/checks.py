"""What both servers are asked: every operation, and what clients get wrong."""

import gzip
import json
import struct
import zlib

from conformance import Grpc, Http, infer_request
from tritonclient.grpc import service_pb2 as pb

# The models of these checks; the real Triton starts a process for each.
MODELS = [
    "batching",
    "fixed_row",
    "identity_bf16",
    "identity_bool",
    "identity_bytes",
    "identity_fp16",
    "identity_int64",
    "identity_uint8",
    "labels",
    "no_batching",
    "priorities",
    "simple",
    "two_versions",
]

ROW = struct.pack("<3f", 1, 2.5, -3)
BYTES_ROW = b"".join(struct.pack("<I", len(text)) + text for text in (b"a", b"", b"\xff\x00"))
TENSORS = {
    "bool": ("BOOL", [1, 3], b"\x01\x00\x01", [True, False, True]),
    "uint8": ("UINT8", [1, 3], b"\x00\x01\xff", [0, 1, 255]),
    "int64": ("INT64", [1, 2], struct.pack("<2q", 2**53 + 1, -1), [2**53 + 1, -1]),
    "fp16": ("FP16", [1, 2], struct.pack("<2e", 1.5, -2), None),
    "bf16": ("BF16", [1, 3], b"\xc0\x3f\x00\xc0\x80\x3f", None),
    "bytes": ("BYTES", [1, 3], BYTES_ROW, ["a", "", "ü"]),
}


def infer_path(model, version=None):
    return f"/v2/models/{model}/infer" if version is None else f"/v2/models/{model}/versions/{version}/infer"


def x(datatype="FP32", shape=(1, 3), **more):
    return {"name": "x", "datatype": datatype, "shape": list(shape), **more}


def json_infer(name, model, request, **headers):
    body = request if isinstance(request, (bytes, str)) else json.dumps(request)
    body = body if isinstance(body, bytes) else body.encode()
    return Http(name, "POST", infer_path(model), body, headers)


def binary_infer(name, model, request, tail, **headers):
    head = json.dumps(request).encode()
    all_headers = {"Inference-Header-Content-Length": str(len(head)), **headers}
    return Http(name, "POST", infer_path(model), head + tail, all_headers)


def http_reads():
    own = ("body.name", "body.version")
    yield Http("live", "GET", "/v2/health/live", only=())
    yield Http("ready", "GET", "/v2/health/ready", only=())
    yield Http("server metadata", "GET", "/v2", by_type=own)
    yield Http("server metadata with a slash", "GET", "/v2/", by_type=own)
    yield Http("server metadata with a query", "GET", "/v2?a=b", by_type=own)
    yield Http("no such path", "GET", "/v2/nope")
    yield Http("root", "GET", "/")
    yield Http("wrong verb", "POST", "/v2/health/live", b"")
    yield Http("infer with the wrong verb", "GET", infer_path("fixed_row"))
    yield Http("statistics of all, wrong verb", "POST", "/v2/models/stats", b"")
    for path in ("", "/ready", "/config", "/stats"):
        what = path.strip("/") or "metadata"
        yield Http(f"{what} of an unknown model", "GET", f"/v2/models/nope{path}")
        yield Http(f"{what} of an unknown version", "GET", f"/v2/models/fixed_row/versions/9{path}")
        yield Http(f"{what} of a version that is no number", "GET", f"/v2/models/fixed_row/versions/one{path}")
    for model in ("fixed_row", "two_versions", "no_batching", "simple", "identity_bytes"):
        yield Http(f"metadata of {model}", "GET", f"/v2/models/{model}")
    yield Http("metadata of a version", "GET", "/v2/models/two_versions/versions/1")
    yield Http("ready model", "GET", "/v2/models/fixed_row/ready", only=())
    yield Http("ready version", "GET", "/v2/models/two_versions/versions/2/ready", only=())
    for model in ("fixed_row", "batching", "labels", "no_batching", "two_versions", "priorities"):
        yield Http(f"config of {model}", "GET", f"/v2/models/{model}/config")
    yield Http("config of a version", "GET", "/v2/models/two_versions/versions/1/config")


def http_infers():
    for name, (datatype, shape, raw, values) in TENSORS.items():
        model = f"identity_{name}"
        tensor = x(datatype, shape, parameters={"binary_data_size": len(raw)})
        both = {"inputs": [tensor], "outputs": [{"name": "y", "parameters": {"binary_data": True}}]}
        yield binary_infer(f"{datatype} in bytes", model, both, raw)
        if values is not None:
            yield json_infer(f"{datatype} in JSON", model, {"inputs": [x(datatype, shape, data=values)]})
    good = {"inputs": [x(data=[1, 2.5, -3])]}
    yield json_infer("all outputs", "fixed_row", good)
    yield json_infer("an id", "fixed_row", {"id": "42", **good})
    yield json_infer("an empty id", "fixed_row", {"id": "", **good})
    yield json_infer("nested data", "fixed_row", {"inputs": [x(data=[[1, 2.5, -3]])]})
    yield json_infer("own parameters", "fixed_row", {"parameters": {"a": "b", "c": 1, "d": 0.5, "e": True}, **good})
    yield json_infer("a timeout and a priority", "priorities", {"parameters": {"timeout": 9, "priority": 1}, **good})
    yield json_infer("a sequence for a model without", "fixed_row", {"parameters": {"sequence_id": 7}, **good})
    yield json_infer("special values", "fixed_row", b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[0.1,1e30,-0.0]}]}')
    yield json_infer("no rows", "fixed_row", {"inputs": [x(shape=[0, 3], data=[])]})
    yield Http("version one", "POST", infer_path("two_versions", "1"), json.dumps(good).encode())
    yield Http("version two", "POST", infer_path("two_versions", "2"), json.dumps(good).encode())
    yield json_infer("the highest version", "two_versions", good)
    yield json_infer("a model without a batch dimension", "no_batching", {"inputs": [x(shape=[2, 3], data=list(range(6)))]})
    sized = x(parameters={"binary_data_size": 12})
    yield binary_infer("bytes in, JSON out", "fixed_row", {"inputs": [sized]}, ROW)
    yield binary_infer("bytes by default", "fixed_row", {"parameters": {"binary_data_output": True}, "inputs": [sized]}, ROW)
    listed = {"parameters": {"binary_data_output": True}, "inputs": [sized], "outputs": [{"name": "y"}]}
    yield binary_infer("bytes by default, but the output is listed", "fixed_row", listed, ROW)
    yield Http("bare data", "POST", infer_path("fixed_row"), ROW, {"Inference-Header-Content-Length": "0"})
    yield from simple_outputs()
    for encoding, pack in (("gzip", gzip.compress), ("deflate", zlib.compress)):
        body = pack(json.dumps(good).encode())
        yield Http(f"{encoding} in", "POST", infer_path("fixed_row"), body, {"Content-Encoding": encoding})
        yield json_infer(f"{encoding} out", "fixed_row", good, **{"Accept-Encoding": encoding})
    yield json_infer("the best of several encodings", "fixed_row", good, **{"Accept-Encoding": "br, gzip;q=0.5, deflate;q=0.9"})
    yield json_infer("an identity encoding", "fixed_row", good, **{"Content-Encoding": "identity"})
    yield json_infer("an encoding that nobody has", "fixed_row", good, **{"Content-Encoding": "br"})
    for k in (1, 2, 9):
        outputs = [{"name": "y", "parameters": {"classification": k}}]
        values = {"inputs": [x(shape=[2, 4], data=[1, 5, 3, 2, 9, 8, 7, 6])], "outputs": outputs}
        yield json_infer(f"{k} classes", "labels", values)
    unlabelled = {"inputs": [x(data=[1, 3, 2])], "outputs": [{"name": "y", "parameters": {"classification": 2}}]}
    yield json_infer("classes without labels", "fixed_row", unlabelled)


def simple_outputs():
    values = list(range(16))
    inputs = [{"name": name, "datatype": "INT32", "shape": [1, 16], "data": values} for name in ("INPUT0", "INPUT1")]
    for outputs in (["OUTPUT0"], ["OUTPUT1"], ["OUTPUT1", "OUTPUT0"]):
        request = {"inputs": inputs, "outputs": [{"name": name} for name in outputs]}
        yield json_infer(f"outputs {outputs}", "simple", request)
    mixed = [{"name": "OUTPUT0", "parameters": {"binary_data": True}}, {"name": "OUTPUT1"}]
    yield json_infer("one output in bytes, one in JSON", "simple", {"inputs": inputs, "outputs": mixed})
    yield json_infer("inputs the other way round", "simple", {"inputs": inputs[::-1]})
    yield json_infer("an input less", "simple", {"inputs": inputs[:1]})


def http_refusals():
    good = x(data=[1, 2, 3])
    bad = {
        "no body": b"",
        "not JSON": b"{",
        "text after the JSON": b'{"inputs":[]} x',
        "a list": b"[]",
        "no inputs": {},
        "inputs that are no list": {"inputs": {}},
        "empty inputs": {"inputs": []},
        "an input without name": {"inputs": [{k: v for k, v in good.items() if k != "name"}]},
        "an input without datatype": {"inputs": [{k: v for k, v in good.items() if k != "datatype"}]},
        "an input without shape": {"inputs": [{k: v for k, v in good.items() if k != "shape"}]},
        "an input without data": {"inputs": [x()]},
        "an unknown input": {"inputs": [{**good, "name": "z"}]},
        "an input twice": {"inputs": [good, good]},
        "an unknown datatype": {"inputs": [{**good, "datatype": "FP12"}]},
        "the wrong datatype": {"inputs": [{**good, "datatype": "INT32"}]},
        "the datatype in lower case": {"inputs": [{**good, "datatype": "fp32"}]},
        "a negative dimension": {"inputs": [x(shape=[-1, 3], data=[1, 2, 3])]},
        "a dimension that is no number": {"inputs": [x(shape=["1", 3], data=[1, 2, 3])]},
        "a dimension that is no integer": {"inputs": [x(shape=[1.5, 3], data=[1, 2, 3])]},
        "the wrong rank": {"inputs": [x(shape=[3], data=[1, 2, 3])]},
        "the wrong dimension": {"inputs": [x(shape=[1, 4], data=[1, 2, 3, 4])]},
        "too large a batch": {"inputs": [x(shape=[5, 3], data=[0] * 15)]},
        "too little data": {"inputs": [x(data=[1, 2])]},
        "too much data": {"inputs": [x(data=[1, 2, 3, 4])]},
        "data that are no numbers": {"inputs": [x(data=["1", "2", "3"])]},
        "null as data": {"inputs": [x(data=None)]},
        "an unknown output": {"inputs": [good], "outputs": [{"name": "w"}]},
        "outputs that are no list": {"inputs": [good], "outputs": {}},
        "a reserved parameter": {"parameters": {"triton_mine": 1}, "inputs": [good]},
        "a timeout that is a text": {"parameters": {"timeout": "9"}, "inputs": [good]},
        "classification of zero": {"inputs": [good], "outputs": [{"name": "y", "parameters": {"classification": 0}}]},
        "an unknown region": {"inputs": [x(parameters={"shared_memory_region": "r", "shared_memory_byte_size": 12})]},
        "bytes that did not come": {"inputs": [x(parameters={"binary_data_size": 12})]},
    }
    for name, request in bad.items():
        yield json_infer(name, "fixed_row", request)
    sized = x(parameters={"binary_data_size": 12})
    yield binary_infer("a short tail", "fixed_row", {"inputs": [sized]}, ROW[:11])
    yield binary_infer("a long tail", "fixed_row", {"inputs": [sized]}, ROW + b"\0")
    yield binary_infer("a size that is not the shape's", "fixed_row", {"inputs": [x(parameters={"binary_data_size": 8})]}, ROW[:8])
    for value in ("-1", "x", "99999"):
        headers = {"Inference-Header-Content-Length": value}
        body = json.dumps({"inputs": [good]}).encode()
        yield Http(f"a header length of {value}", "POST", infer_path("fixed_row"), body, headers)
    yield json_infer("an unknown model", "nope", {"inputs": [good]})
    yield Http("an unknown version", "POST", infer_path("fixed_row", "9"), json.dumps({"inputs": [good]}).encode())
    yield json_infer("FP16 in JSON", "identity_fp16", {"inputs": [x("FP16", data=[1, 2, 3])]})
    yield Http("not gzip", "POST", infer_path("fixed_row"), b"not gzip", {"Content-Encoding": "gzip"})


def http_operations():
    yield Http("index", "POST", "/v2/repository/index", b"", only=tuple(f"body[[]{m}/*" for m in MODELS))
    yield Http("index of the ready", "POST", "/v2/repository/index", b'{"ready":true}')
    yield Http("index by GET", "GET", "/v2/repository/index")
    yield Http("load of an unknown model", "POST", "/v2/repository/models/nope/load", b"")
    yield Http("load with a parameter that is none", "POST", "/v2/repository/models/labels/load", b'{"parameters":{"a":1}}')
    yield Http("load with a broken config", "POST", "/v2/repository/models/labels/load", b'{"parameters":{"config":"{"}}')
    yield Http("load again", "POST", "/v2/repository/models/labels/load", b"")
    yield Http("unload of an unknown model", "POST", "/v2/repository/models/nope/unload", b"")
    yield Http("trace settings", "GET", "/v2/trace/setting")
    yield Http("trace settings of a model", "GET", "/v2/models/fixed_row/trace/setting")
    yield Http("trace settings of an unknown model", "GET", "/v2/models/nope/trace/setting")
    yield Http("a trace setting changed", "POST", "/v2/trace/setting", b'{"trace_rate":"5","trace_level":["OFF"]}')
    yield Http("a trace setting cleared", "POST", "/v2/trace/setting", b'{"trace_rate":null}')
    yield Http("the trace file", "POST", "/v2/trace/setting", b'{"trace_file":"a"}')
    yield Http("an unknown trace setting", "POST", "/v2/trace/setting", b'{"nope":"a"}')
    yield Http("log settings", "GET", "/v2/logging")
    yield Http("a log setting changed", "POST", "/v2/logging", b'{"log_verbose_level":1}')
    yield Http("a log setting changed back", "POST", "/v2/logging", b'{"log_verbose_level":0}')
    yield Http("the log file", "POST", "/v2/logging", b'{"log_file":"a"}')
    yield Http("an unknown log setting", "POST", "/v2/logging", b'{"nope":1}')
    for kind in ("system", "cuda"):
        yield Http(f"{kind} shared memory", "GET", f"/v2/{kind}sharedmemory/status")
    yield Http("statistics of a model", "GET", "/v2/models/identity_uint8/stats")
    yield Http("statistics of a version", "GET", "/v2/models/two_versions/versions/1/stats")


def grpc_reads():
    for rpc in ("ServerLive", "ServerReady", "ServerMetadata"):
        own = ("message.name", "message.version")
        yield Grpc(rpc, rpc, getattr(pb, f"{rpc}Request")(), by_type=own)
    for rpc in ("ModelReady", "ModelMetadata", "ModelConfig", "ModelStatistics"):
        request = getattr(pb, f"{rpc}Request")
        yield Grpc(f"{rpc} of fixed_row", rpc, request(name="fixed_row"))
        yield Grpc(f"{rpc} of a version", rpc, request(name="two_versions", version="1"))
        yield Grpc(f"{rpc} of an unknown model", rpc, request(name="nope"))
        yield Grpc(f"{rpc} of an unknown version", rpc, request(name="fixed_row", version="9"))
        yield Grpc(f"{rpc} of a version that is no number", rpc, request(name="fixed_row", version="one"))
    yield Grpc("ModelConfig of batching", "ModelConfig", pb.ModelConfigRequest(name="batching"))
    yield Grpc("ModelMetadata of no_batching", "ModelMetadata", pb.ModelMetadataRequest(name="no_batching"))
    yield Grpc("ModelStatistics of identity_int64", "ModelStatistics", pb.ModelStatisticsRequest(name="identity_int64"))
    yield Grpc("RepositoryIndex of the ready", "RepositoryIndex", pb.RepositoryIndexRequest(ready=True))


def grpc_infers():
    for name, (datatype, shape, raw, _) in TENSORS.items():
        yield Grpc(f"infer {datatype}", "ModelInfer", infer_request(f"identity_{name}", [("x", datatype, shape, raw)]))
    good = [("x", "FP32", [1, 3], ROW)]
    yield Grpc("infer with an id", "ModelInfer", infer_request("fixed_row", good, id="42"))
    for version in ("1", "2", ""):
        yield Grpc(f"infer of version '{version}'", "ModelInfer", infer_request("two_versions", good, model_version=version))
    wrong = {
        "an unknown model": infer_request("nope", good),
        "no model": infer_request("", good),
        "an unknown version": infer_request("fixed_row", good, model_version="9"),
        "a version that is no number": infer_request("fixed_row", good, model_version="one"),
        "no inputs": infer_request("fixed_row", []),
        "an unknown input": infer_request("fixed_row", [("z", "FP32", [1, 3], ROW)]),
        "an unknown datatype": infer_request("fixed_row", [("x", "FP12", [1, 3], ROW)]),
        "the wrong datatype": infer_request("fixed_row", [("x", "INT32", [1, 3], ROW)]),
        "the wrong shape": infer_request("fixed_row", [("x", "FP32", [1, 4], ROW + ROW[:4])]),
        "a negative dimension": infer_request("fixed_row", [("x", "FP32", [-1, 3], ROW)]),
        "too large a batch": infer_request("fixed_row", [("x", "FP32", [5, 3], ROW * 5)]),
        "too little data": infer_request("fixed_row", [("x", "FP32", [1, 3], ROW[:8])]),
        "too much data": infer_request("fixed_row", [("x", "FP32", [1, 3], ROW + ROW)]),
        "no data": infer_request("fixed_row", [("x", "FP32", [1, 3], None)]),
        "an input twice": infer_request("fixed_row", good * 2),
        "broken strings": infer_request("identity_bytes", [("x", "BYTES", [1, 3], b"\xff\xff\xff\xff")]),
    }
    extra = infer_request("fixed_row", good)
    extra.raw_input_contents.append(ROW)
    wrong["raw contents too many"] = extra
    typed = infer_request("fixed_row", good)
    typed.inputs[0].contents.fp32_contents.extend([1, 2, 3])
    wrong["raw and typed contents"] = typed
    for name, field in (("an unknown output", "w"),):
        request = infer_request("fixed_row", good)
        request.outputs.add(name=field)
        wrong[name] = request
    for key in ("timeout", "triton_mine"):
        request = infer_request("fixed_row", good)
        request.parameters[key].string_param = "9"
        wrong[f"a {key} that is a text"] = request
    region = infer_request("fixed_row", [("x", "FP32", [1, 3], None)])
    region.inputs[0].parameters["shared_memory_region"].string_param = "r"
    region.inputs[0].parameters["shared_memory_byte_size"].int64_param = 12
    wrong["an unknown region"] = region
    for name, request in wrong.items():
        yield Grpc(f"infer with {name}", "ModelInfer", request)
    values = infer_request("fixed_row", [("x", "FP32", [1, 3], None)])
    values.inputs[0].contents.fp32_contents.extend([1, 2.5, -3])
    yield Grpc("infer with typed contents", "ModelInfer", values)
    classes = infer_request("labels", [("x", "FP32", [1, 4], ROW + ROW[:4])])
    classes.outputs.add(name="y").parameters["classification"].int64_param = 2
    yield Grpc("infer with classes", "ModelInfer", classes)
    stream = [infer_request("fixed_row", [("x", "FP32", [1, n], bytes(4 * n))], id=str(i)) for i, n in enumerate((3, 4, 3))]
    yield Grpc("a stream with an error in it", "ModelStreamInfer", stream, stream=True)
    yield Grpc("a stream to an unknown model", "ModelStreamInfer", [infer_request("nope", good)], stream=True)
    yield Grpc("an empty stream", "ModelStreamInfer", [], stream=True)


def grpc_operations():
    yield Grpc("load of an unknown model", "RepositoryModelLoad", pb.RepositoryModelLoadRequest(model_name="nope"))
    yield Grpc("load of a model that is loaded", "RepositoryModelLoad", pb.RepositoryModelLoadRequest(model_name="labels"))
    yield Grpc("unload of an unknown model", "RepositoryModelUnload", pb.RepositoryModelUnloadRequest(model_name="nope"))
    yield Grpc("TraceSetting", "TraceSetting", pb.TraceSettingRequest())
    yield Grpc("TraceSetting of an unknown model", "TraceSetting", pb.TraceSettingRequest(model_name="nope"))
    yield Grpc("LogSettings", "LogSettings", pb.LogSettingsRequest())
    request = pb.TraceSettingRequest()
    request.settings["trace_file"].value.append("a")
    yield Grpc("the trace file", "TraceSetting", request)
    request = pb.LogSettingsRequest()
    request.settings["log_file"].string_param = "a"
    yield Grpc("the log file", "LogSettings", request)
    for kind in ("System", "Cuda"):
        rpc = f"{kind}SharedMemoryStatus"
        yield Grpc(rpc, rpc, getattr(pb, f"{rpc}Request")())


def all_checks():
    http_parts = (http_reads(), http_infers(), http_refusals(), http_operations())
    grpc_parts = (grpc_reads(), grpc_infers(), grpc_operations())
    checks = [("http", check) for part in http_parts for check in part]
    checks += [("grpc", check) for part in grpc_parts for check in part]
    return {f"{door}: {check.name}": check for door, check in checks}
