"""Whether there is a graphics processor here on which the tests marked `gpu` can compute."""

import subprocess
from functools import lru_cache

from grader.errors import ProvisionError
from grader.sandbox import find_interpreter
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.sandbox.findings import Standing
from grader.sandbox.gpu.examination import examine_gpus
from grader.sandbox.gpu.nvml import Nvml, NvmlMissingError

__all__ = ["describe_hardware", "find_gpu_trouble"]

_ASK = "import torch; print(torch.__version__, torch.version.cuda)"


@lru_cache(maxsize=1)
def find_gpu_trouble() -> str | None:
    """Why no test can compute on a graphics processor here; None where it can be tried."""
    finding = examine_gpus()
    try:
        found = Nvml().list_devices()
    except NvmlMissingError as error:
        return f"no graphics processor: {error}"
    if finding.standing is not Standing.PASS or not found:
        return f"no graphics processor: {finding.text}"
    if (trouble := find_bubblewrap_trouble()) is not None:
        return f"no bubblewrap: {trouble.text}"
    version = describe_torch()
    return None if not version.endswith("None") else f"PyTorch here is for processors alone: {version}"


def describe_torch() -> str:
    """The version of PyTorch, and of the CUDA that it was built for."""
    try:
        interpreter = find_interpreter("torch").executable
    except ProvisionError as error:
        return f"{error.message}: None"
    done = subprocess.run([interpreter, "-c", _ASK], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "None"


def describe_hardware() -> str:
    """One line for whoever reads the results."""
    return f"graphics processors: {examine_gpus().text}; torch and its CUDA: {describe_torch()}"
