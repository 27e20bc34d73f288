"""The model that every framework here serves: FOLDER/<name>.onnx, one thread."""

import os

import numpy as np
import onnxruntime

NAME = os.environ["MODEL"]


def open_session():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    path = os.environ["MODEL_PATH"]
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run(session, rows):
    return session.run(["output"], {"input": np.asarray(rows, dtype=np.float32)})[0]
