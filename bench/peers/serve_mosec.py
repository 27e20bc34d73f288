"""mosec: one worker, batches of 16 within 1 ms."""

from mosec import Server, Worker
from onnx_session import open_session, run


class Model(Worker):
    def __init__(self):
        super().__init__()
        self.session = open_session()

    def forward(self, data):
        return [{"y": row.tolist()} for row in run(self.session, [each["x"] for each in data])]


if __name__ == "__main__":
    server = Server()
    server.append_worker(Model, num=1, max_batch_size=16, max_wait_time=1)
    server.run()
