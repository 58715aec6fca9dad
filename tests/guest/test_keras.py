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


OPTIMISERS = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Nadam", "Adamax", "Adadelta", "Lion", "Ftrl")


def test_a_step_shows_each_optimisers_learning_rate() -> None:
    """From weights 0 and gradients 1 ten times the rate moves ten times as far; what is frozen stays."""
    result = run_keras(f"""
for name in {OPTIMISERS!r}:
    for rate in (0.01, 0.1):
        model = small()
        model.layers[0].trainable = False
        record.step("steps", model, getattr(keras.optimizers, name)(rate))
changes = arrays()
named = [[f"steps.{{step['case']}}.{{name}}" for name in step["tensors"]] for step in records()]
frozen = [float(abs(changes[name]).max()) for names in named for name in names[:2]]
moved = [[float(abs(changes[name]).min()) for name in names[2:]] for names in named]
result = [frozen, moved, records()[1]["case"], records()[0]["groups"], changes[named[0][4]].shape]
""")
    frozen, moved, case, groups, shape = result

    assert not any(frozen)
    for slow, fast in zip(moved[::2], moved[1::2], strict=True):
        assert min(slow) > 0
        assert fast == pytest.approx([10 * change for change in slow], rel=1e-3)
    assert (case, shape) == (1, [8])
    assert list(groups.values()) == [0, 0, 1, 1, 1, 1]


def test_a_step_by_two_optimisers_shows_both_rates() -> None:
    """`MultiOptimizer` gives the head another rate; one that was built with the head alone moves nothing else."""
    result = run_keras("""
model = small(name="head")
rates = lambda variable: fast if "head" in variable.path else slow
slow, fast = keras.optimizers.SGD(0.001), keras.optimizers.SGD(0.02)
record.step("steps", model, keras.optimizers.MultiOptimizer(rates))
model = small(name="top")
alone = keras.optimizers.SGD(0.5)
alone.build(model.layers[-1].trainable_weights)
record.step("alone", model, alone)
record.step("none", model, "adam")
changes = {name: float(array.mean()) for name, array in arrays().items()}
result = [changes, records()]
""")
    changes, (steps, alone, none) = result

    moved = [changes[f"steps.0.{name}"] for name in steps["tensors"]]  # kernels and biases: convolution, norm, head
    assert moved == pytest.approx([-0.001] * 4 + [-0.02] * 2)
    assert [changes[f"alone.0.{name}"] for name in alone["tensors"]] == [0, 0, 0, 0, -0.5, -0.5]
    assert list(alone["groups"].values()) == [0, 0, 0, 0, 1, 1]
    assert (none["kind"], none["wanted"]) == ("unusable", "optimizer")


def test_each_epoch_of_a_fit_leaves_what_changed() -> None:
    """`each` goes into a callback; the tensors that a predict run needs are those that moved, by name."""
    result = run_keras("""
from grader.guest.predict import run_predict
model = small()
model.layers[0].trainable = model.layers[1].trainable = False
start = [np.array(weight) for weight in model.weights]
on_epoch = record.each("epochs", model)
told = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: on_epoch(epoch, model))
model.compile("sgd", "mse")
images = given.images("x", 4, 8, 8, 3)
model.fit(images, np.ones((4, 3)), epochs=2, verbose=0, callbacks=[told])
record.finish()
(stages,) = records()
left = arrays()
frames.clear()

def predict(given, tensors):
    again = small()
    for weight, value in zip(again.weights, start):
        weight.assign(value)
    for weight, name in zip(again.weights, stages["start"]):
        if name in tensors:
            weight.assign(tensors[name])
    return {"outputs": again(images, training=False)}

plan = {"epoch": {"record": "epochs", "stages": [stage["changed"] for stage in stages["stages"]]}}
job = {"framework": "tensorflow", "draw": "00", "values": {"stages": plan}}
run_predict(predict, make_given(job, left, "epoch"), "epoch", job, lambda kind, payload: frames.append((kind, payload)))
outputs = arrays()
same = float(abs(outputs["3.outputs"] - np.array(model(images, training=False))).max())
result = [stages, sorted(left), sorted(outputs), same, float(abs(outputs["0.outputs"] - outputs["1.outputs"]).max())]
""")
    stages, left, outputs, same, apart = result

    assert [(stage["label"], stage["epoch"]) for stage in stages["stages"]] == [
        ("start", None),
        ("epoch", 0),
        ("epoch", 1),
        ("end", None),
    ]
    assert [len(stage["changed"]) for stage in stages["stages"]] == [0, 2, 2, 2]
    assert [name.split(".")[1] for name in left] == ["1", "1", "2", "2", "3", "3"]
    assert outputs == ["0.outputs", "1.outputs", "2.outputs", "3.outputs"]
    assert same == 0
    assert apart > 1e-4


def test_fill_keeps_the_checkpoint_in_models_put_together_differently(tmp_path: Path) -> None:
    """Nested, taken apart or in a class of its own, with other names: all compute the same with the same checkpoint."""
    file = tmp_path / "small.weights.h5"
    result = run_keras(
        f"""
def make_base(prefix):
    return keras.Sequential([
        keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, name=prefix + "conv"),
        keras.layers.BatchNormalization(name=prefix + "norm"), keras.layers.GlobalAveragePooling2D(),
    ])

class Own(keras.Model):
    def __init__(self, base):
        super().__init__()
        self.head, self.base = keras.layers.Dense(3), base

    def call(self, images):
        return self.head(self.base(images))

first = make_base("")
first(given.images("x", 4, 8, 8, 3), training=True)
first.save_weights({str(file)!r})
bases = [make_base(prefix) for prefix in ("a_", "b_", "c_")]
for base in bases:
    base.set_weights(first.get_weights())
nested = keras.Sequential([bases[0], keras.layers.Dense(3)])
apart = keras.Model(bases[1].inputs, keras.layers.Dense(3)(bases[1].outputs[0]))
own = Own(bases[2])
images = given.images("five", 5, 8, 8, 3)
own(images)
for model in (nested, apart, own):
    given.fill(model, but="small")
    record.outputs("outputs", model, images)
given.fill("no model", but="small")
one, two, three = arrays().values()
kept = [bool(np.array_equal(a, b)) for base in bases for a, b in zip(base.get_weights(), first.get_weights())]
result = [float(abs(one - two).max()), float(abs(one - three).max()), float(one.std()), kept]
""",
        weights={"keras/small": str(file)},
    )
    apart, own, spread, kept = result

    assert (apart, own) == (0, 0)
    assert spread > 0.01
    assert all(kept)
