"""What a Triton tutorial tells its readers to type; nothing in it knows of Ferry."""

import subprocess
import sys

import pytest

TUTORIAL = '''
import numpy as np
import tritonclient.{door} as {door}client

client = {door}client.InferenceServerClient(url="{url}")

inputs = [
    {door}client.InferInput("INPUT0", [1, 16], "INT32"),
    {door}client.InferInput("INPUT1", [1, 16], "INT32"),
]
inputs[0].set_data_from_numpy(np.arange(16, dtype=np.int32).reshape(1, 16))
inputs[1].set_data_from_numpy(np.ones((1, 16), dtype=np.int32))

outputs = [
    {door}client.InferRequestedOutput("OUTPUT0"),
    {door}client.InferRequestedOutput("OUTPUT1"),
]

results = client.infer(model_name="simple", inputs=inputs, outputs=outputs)

print(results.as_numpy("OUTPUT0").tolist())
print(results.as_numpy("OUTPUT1").tolist())
'''


@pytest.mark.parametrize("door", ["http", "grpc"])
def test_the_example_of_the_tutorials_runs_unchanged(server, door):
    script = TUTORIAL.format(door=door, url=getattr(server, door))
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [
        str([list(range(1, 17))]),
        str([list(range(-1, 15))]),
    ]
