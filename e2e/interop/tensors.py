"""Values for every datatype, and how the clients carry them."""

import ml_dtypes
import numpy as np
from tritonclient.utils import triton_to_np_dtype

INTEGERS = ["INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"]
FLOATS = ["FP16", "FP32", "FP64"]
DATATYPES = ["BOOL", *INTEGERS, *FLOATS, "BF16", "BYTES"]
# Triton refuses both in JSON; Ferry takes them, see docs/protocol.md.
NOT_IN_JSON = ["FP16", "BF16"]


def model_of(datatype):
    return f"identity_{datatype.lower()}"


def values_of(datatype, text_only=True):
    """Two rows of three: the extremes of the type and what is easily broken on the way. Strings need not be text for Triton."""
    if datatype == "BOOL":
        return np.array([[True, False, True], [False, False, True]])
    if datatype == "BYTES":
        last = "\ufeffa\tb".encode() if text_only else b"\xff\x00\xfe"
        rows = [[b"", b"ferry", "Fähre 🚢".encode()], [b'"quoted"\n', b"x" * 1000, last]]
        return np.array(rows, dtype=np.object_)
    if datatype == "BF16":
        return np.array([[1.5, -2.0, 0.0], [3.0e38, -1.0e-38, 65280.0]], dtype=ml_dtypes.bfloat16)
    numpy_type = triton_to_np_dtype(datatype)
    if datatype in INTEGERS:
        limits = np.iinfo(numpy_type)
        return np.array([[0, 1, 2], [limits.min, limits.max, limits.max // 2]], dtype=numpy_type)
    limits = np.finfo(numpy_type)
    return np.array([[0.0, -1.5, 0.1], [limits.max, limits.min, limits.tiny]], dtype=numpy_type)


def input_of(client_module, array, datatype, name="x"):
    tensor = client_module.InferInput(name, list(array.shape), datatype)
    tensor.set_data_from_numpy(array)
    return tensor
