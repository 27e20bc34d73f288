"""The interoperability tests' models for Triton's Python backend: what the ONNX files of the same names compute."""

import json
import os
import sys
import time

# The backend's process has a search path of its own, without the environment's packages.
sys.path.append(os.environ["TRITON_SITE"])

import triton_python_backend_utils as pb_utils  # noqa: E402


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        self.inputs = [tensor["name"] for tensor in config["input"]]
        self.outputs = [tensor["name"] for tensor in config["output"]]
        folder = os.path.join(args["model_repository"], args["model_version"])
        with open(os.path.join(folder, "kind.json")) as file:
            facts = json.load(file)
        self.kind = facts["kind"]
        self.seconds = facts["seconds"]

    def execute(self, requests):
        if self.seconds > 0:
            time.sleep(self.seconds)
        return [self.answer(request) for request in requests]

    def answer(self, request):
        tensors = [pb_utils.get_input_tensor_by_name(request, name) for name in self.inputs]
        wanted = request.requested_output_names()
        results = zip(self.outputs, self.compute(tensors))
        return pb_utils.InferenceResponse([tensor for name, tensor in results if name in wanted])

    def compute(self, tensors):
        if self.kind == "identity":
            return [renamed(name, tensor) for name, tensor in zip(self.outputs, tensors)]
        values = [tensor.as_numpy() for tensor in tensors]
        if self.kind == "double":
            results = [values[0] + values[0]]
        else:
            results = [values[0] + values[1], values[0] - values[1]]
        return [pb_utils.Tensor(name, result) for name, result in zip(self.outputs, results)]


def renamed(name, tensor):
    """The same tensor under another name. Python has no form for BF16: that one goes from buffer to buffer."""
    try:
        return pb_utils.Tensor(name, tensor.as_numpy())
    except pb_utils.TritonModelException:
        return pb_utils.Tensor.from_dlpack(name, tensor.to_dlpack())
