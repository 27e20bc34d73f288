"""FastAPI, which does not batch. Run by uvicorn."""

from fastapi import FastAPI
from peer_session import Session
from pydantic import BaseModel

session = Session()
app = FastAPI()


class Tensor(BaseModel):
    name: str
    datatype: str
    shape: list[int]
    data: list[float]


class InferRequest(BaseModel):
    inputs: list[Tensor]


@app.post("/infer")
def infer(request: InferRequest):
    return session.answer(session.run([request.inputs[0].data])[0])
