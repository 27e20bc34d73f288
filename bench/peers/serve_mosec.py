"""mosec: batches of up to 16 that wait for at most 1 ms."""

from mosec import Server, Worker
from peer_session import Session


class Infer(Worker):
    def __init__(self):
        super().__init__()
        self.session = Session()

    def forward(self, requests):
        rows = self.session.run([request["inputs"][0]["data"] for request in requests])
        return [self.session.answer(row) for row in rows]


if __name__ == "__main__":
    server = Server()
    server.append_worker(Infer, num=1, max_batch_size=16, max_wait_time=1)
    server.run()
