"""BentoML: one worker, batches of 16; its batcher adapts the wait by itself."""

import bentoml
import numpy as np
from onnx_session import open_session, run


@bentoml.service(workers=1, traffic={"timeout": 60})
class Model:
    def __init__(self):
        self.session = open_session()

    @bentoml.api(batchable=True, max_batch_size=16, max_latency_ms=1000)
    def infer(self, x: np.ndarray) -> np.ndarray:
        return run(self.session, x)
