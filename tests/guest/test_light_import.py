"""Importing what the zygote imports computes nothing and brings no framework along."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run_python(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_given_and_record_import_no_framework() -> None:
    """torch, TensorFlow and Keras come when a job names one."""
    program = """
import sys
import grader.guest.given, grader.guest.record, grader.guest.predict, grader.guest.provision, grader.guest.quick
print(sorted({"torch", "tensorflow", "keras", "torchvision", "h5py"} & set(sys.modules)))
"""
    assert run_python(program) == "[]"


def test_torchvision_imports_once_its_operators_are_there() -> None:
    """Whether its compiled part loads or not, its models can be built; defining them twice is harmless."""
    program = """
from grader.guest.torchvision_operators import define_operators
define_operators()
define_operators()
import torchvision
print(type(torchvision.models.resnet18()).__name__)
"""
    assert run_python(program) == "ResNet"
