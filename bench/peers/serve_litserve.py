"""LitServe: batches of up to 16 that wait for at most 1 ms. PORT says where it listens."""

import os

import litserve
import numpy as np
from peer_session import Session


class Api(litserve.LitAPI):
    def setup(self, device):
        self.session = Session()

    def decode_request(self, request):
        return np.asarray(request["inputs"][0]["data"], np.float32)

    def batch(self, rows):
        return np.stack(rows)

    def predict(self, rows):
        return self.session.run(rows)

    def unbatch(self, rows):
        return list(rows)

    def encode_response(self, row):
        return self.session.answer(row)


if __name__ == "__main__":
    api = Api(max_batch_size=16, batch_timeout=0.001, api_path="/infer")
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1", port=int(os.environ["PORT"]), num_api_servers=1, generate_client_file=False, log_level="warning"
    )
