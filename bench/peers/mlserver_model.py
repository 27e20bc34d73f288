"""The model of MLServer, whose settings say how it batches."""

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse
from peer_session import Session


class Onnx(MLModel):
    async def load(self):
        self.session = Session(self.settings.parameters.uri)
        return True

    async def predict(self, payload):
        rows = NumpyCodec.decode_input(payload.inputs[0]).astype(np.float32)
        result = self.session.run(rows)
        return InferenceResponse(
            model_name=self.name, outputs=[NumpyCodec.encode_output(self.session.output, result)]
        )
