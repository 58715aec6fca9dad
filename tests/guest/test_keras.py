"""Given and record with Keras. TensorFlow never shares a process with torch, so each test runs in its environment."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = Path(f"{sys.prefix}-tensorflow") / "bin" / "python"

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason=f"no environment with TensorFlow at {PYTHON}")

SETUP = """
import json
import keras
import numpy as np
from safetensors.numpy import load
from grader.guest.given import make_given
from grader.guest.protocol import Kind
from grader.guest.record import make_recorder

frames = []
record = make_recorder("tensorflow", lambda kind, payload: frames.append((kind, payload)), {})
given = make_given({"framework": "tensorflow", "draw": "00", "weights": WEIGHTS}, {"five": np.ones((5, 2))}, "build")

def records():
    return [json.loads(payload) for kind, payload in frames if kind is Kind.RECORD]

def arrays():
    return {name: array for kind, payload in frames if kind is Kind.ARRAYS for name, array in load(payload).items()}

def small(**options):
    return keras.Sequential([
        keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization(),
        keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3, **options),
    ])
"""


def run_keras(body: str, *, weights: dict[str, str] | None = None, home: Path | None = None) -> Any:
    """What `result` is at the end of a program."""
    program = f"WEIGHTS = {weights or {}!r}\n{SETUP}\n{body}\nprint(json.dumps(result))"
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "KERAS_HOME": str(home or "/nonexistent"),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [PYTHON, "-c", program], capture_output=True, text=True, env=environment, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_model_and_its_outputs_leave() -> None:
    """Names, shapes, what is trained, digests; outputs without dropout; given values are numpy arrays."""
    result = run_keras("""
model = small()
model.layers[0].trainable = False
record.model("model", model)
record.outputs("probabilities", model, given.images("five", 5, 8, 8, 3))
record.model("none", None)
record.model("unbuilt", keras.Sequential([keras.layers.Dense(3)]))
record.answers("loss", keras.ops.convert_to_tensor(0.5))
result = [records(), arrays()["probabilities"].shape, type(given["five"]).__name__]
""")
    (model, array, none, unbuilt, loss), shape, kind = result

    assert array == {"kind": "array", "name": "probabilities"}
    assert (shape, kind) == ([5, 3], "ndarray")
    assert [(tensor["name"].split(".")[-1], tensor["shape"], tensor["trainable"]) for tensor in model["tensors"]] == [
        ("kernel", [3, 3, 3, 4], False),
        ("bias", [4], False),
        ("gamma", [4], True),
        ("beta", [4], True),
        ("moving_mean", [4], None),
        ("moving_variance", [4], None),
        ("kernel", [4, 3], True),
        ("bias", [3], True),
    ]
    assert [kind for _, kind in model["modules"]][:3] == ["Sequential", "Conv2D", "BatchNormalization"]
    assert (none["kind"], none["wanted"]) == ("unusable", "model")
    assert (unbuilt["kind"], unbuilt["wanted"]) == ("unusable", "values")
    assert loss["value"] == 0.5


def test_fill_makes_right_models_compute_the_same() -> None:
    """A `Sequential` and a functional model with layers of other names agree exactly, with statistics that moved."""
    result = run_keras("""
inputs = keras.Input((8, 8, 3))
features = keras.layers.BatchNormalization(name="other")(keras.layers.Conv2D(4, 3, name="first")(inputs))
pooled = keras.layers.GlobalAveragePooling2D()(features)
functional = keras.Model(inputs, keras.layers.Dense(3, name="last")(keras.layers.Dropout(0.5)(pooled)))
images = given.images("five", 5, 8, 8, 3)
sequential = small()
sequential(images, training=True)
for model in (functional, sequential):
    given.fill(model)
    record.outputs("outputs", model, images)
first, second = arrays().values()
result = [float(abs(first - second).max()), float(first.std())]
""")

    assert result[0] == 0
    assert result[1] > 0.01


@pytest.mark.parametrize("values", [False, True])
def test_moves_tells_what_a_fit_changed(values: bool) -> None:
    """Only what isn't frozen moves; statistics of a frozen layer stay."""
    result = run_keras(f"""
model = small()
model.layers[0].trainable = model.layers[1].trainable = False
with record.moves("fit", model, values={values}):
    model.compile("sgd", "mse")
    model.fit(given.images("x", 4, 8, 8, 3), np.ones((4, 3)), verbose=0)
result = [records(), len(arrays())]
""")
    (stages,), count = result

    assert [stage["label"] for stage in stages["stages"]] == ["start", "end"]
    assert [name.split(".")[-2:][-1] for name in stages["stages"][1]["changed"]] == ["kernel", "bias"]
    assert len(stages["trainable"]) == 2
    assert len(stages["buffers"]) == 2
    assert count == (16 if values else 0)


def test_a_stand_in_is_what_keras_loads(tmp_path: Path) -> None:
    """MobileNetV2 finds the file where it looks for it; its tensors are those on record, and `fill` keeps them."""
    file = tmp_path / "models" / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_96_no_top.h5"
    file.parent.mkdir()
    name = "keras/mobilenet_v2/imagenet_no_top_96"
    result = run_keras(
        f"""
from pathlib import Path
from grader.guest.provision import run_provision
job = {{"framework": "tensorflow", "values": {{"provision": {{"task": "standin", "name": {name!r}, "path": None}}}}}}
run_provision(job, lambda kind, payload: frames.append((kind, payload)))
Path({str(file)!r}).write_bytes(arrays()["file"].tobytes())
checkpoint = records()[-1]
frames.clear()
base = keras.applications.MobileNetV2(weights="imagenet", include_top=False, input_shape=(96, 96, 3))
base.trainable = False
model = keras.Sequential([base, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10, activation="softmax")])
given.fill(model, but="mobilenet_v2")
record.model("model", model)
record.outputs("probabilities", model, given.images("x", 2, 96, 96, 3) * 2 - 1)
probabilities = arrays()["probabilities"]
result = [checkpoint["tensors"], records()[0]["tensors"], probabilities.tolist()]
""",
        weights={name: str(file)},
        home=tmp_path,
    )
    checkpoint, tensors, probabilities = result

    digests = {tensor["digest"] for tensor in checkpoint}
    assert len(checkpoint) == 260
    assert [tensor["shape"] for tensor in tensors if tensor["digest"] not in digests] == [[1280, 10], [10]]
    assert max(map(max, probabilities)) < 0.999
    assert [sum(row) for row in probabilities] == pytest.approx([1, 1], abs=1e-5)
