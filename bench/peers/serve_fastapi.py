"""FastAPI on uvicorn, one worker, no batching: what one writes first."""

import os

import uvicorn
from fastapi import FastAPI
from onnx_session import open_session, run
from pydantic import BaseModel

session = open_session()
app = FastAPI()


class Row(BaseModel):
    x: list[float]


@app.post("/infer")
def infer(row: Row):
    return {"y": run(session, [row.x])[0].tolist()}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
