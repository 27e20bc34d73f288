"""BentoML: batches of up to 16. It adapts how long they wait by itself; its `max_latency_ms` is what it refuses beyond, no delay."""

import bentoml
import numpy as np
from peer_session import Session


@bentoml.service(workers=1, traffic={"timeout": 60})
class Infer:
    def __init__(self):
        self.session = Session()

    # Only arrays are batched, so the body is its own and not that of the V2 protocol.
    @bentoml.api(batchable=True, max_batch_size=16, max_latency_ms=1000)
    def infer(self, x: np.ndarray) -> np.ndarray:
        return self.session.run(x)
