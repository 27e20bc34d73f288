"""A model of Triton's Python backend: ONNX Runtime, one thread; the requests of a batch are stacked."""

import os
import sys

sys.path.append(os.environ["TRITON_SITE"])

import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402
import triton_python_backend_utils as pb_utils  # noqa: E402


class TritonPythonModel:
    def initialize(self, args):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        path = os.path.join(args["model_repository"], args["model_version"], "model.onnx")
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        self.output = self.session.get_outputs()[0].name

    def execute(self, requests):
        rows = [pb_utils.get_input_tensor_by_name(request, self.input).as_numpy() for request in requests]
        stacked = np.concatenate(rows) if len(rows) > 1 else rows[0]
        [result] = self.session.run([self.output], {self.input: stacked})
        parts = np.split(result, np.cumsum([len(each) for each in rows])[:-1])
        return [pb_utils.InferenceResponse([pb_utils.Tensor(self.output, part)]) for part in parts]
