"""The session that every framework of `json-vs-frameworks` runs: ONNX Runtime, one thread. MODEL_PATH names the file."""

import os

import numpy as np
import onnxruntime


class Session:
    def __init__(self, path=None):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        path = path or os.environ["MODEL_PATH"]
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        self.output = self.session.get_outputs()[0].name

    def run(self, rows):
        """Rows in, rows out: float32, [batch, values]."""
        return self.session.run([self.output], {self.input: np.asarray(rows, np.float32)})[0]

    def answer(self, row):
        """One row of results as the body of a V2 answer."""
        tensor = {"name": self.output, "datatype": "FP32", "shape": [1, len(row)], "data": row.tolist()}
        return {"model_name": "model", "model_version": "1", "outputs": [tensor]}
