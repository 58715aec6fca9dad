"""A question on a graphics processor: computed the same way each time, and within its part of the memory.

Nothing here starts CUDA, but for TensorFlow's sake. A process in which CUDA has started can't be forked, so before the
fork nobody may so much as ask how many devices there are; and a question that doesn't use one shouldn't wait for it.
Settings are flags; what needs CUDA waits until the question's own process starts it.
"""

import contextlib
import os
import sys
from collections.abc import Mapping
from typing import Any

__all__ = ["name_device", "set_up_devices"]


def name_device() -> str:
    """What questions may compute on, "cuda" or "cpu": from what the sandbox gave, without asking for a device."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "-1")
    return "cpu" if visible in ("", "-1") else "cuda"


def set_up_devices(header: Mapping[str, Any]) -> None:
    """Set up the frameworks that are imported, in a question's own process."""
    if header.get("device", "cpu") != "cuda":
        return
    memory_bytes = header.get("gpu_memory_bytes")
    if torch := sys.modules.get("torch"):
        set_up_torch(torch, memory_bytes)
    if tensorflow := sys.modules.get("tensorflow"):
        set_up_tensorflow(tensorflow, memory_bytes)


def set_up_torch(torch: Any, memory_bytes: int | None) -> None:
    """The same numbers each time, near to a processor's: no search for the fastest way, 32 bits are 32 bits."""
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    if memory_bytes is not None:
        # A private name; seeding waits in the same queue. Without it CUDA would be started here, in every question.
        torch.cuda._lazy_call(lambda: limit_torch(torch, memory_bytes))


def limit_torch(torch: Any, memory_bytes: int) -> None:
    """Let tensors have so much of each device. What a student's code changes here, the watch outside doesn't."""
    with contextlib.suppress(RuntimeError, ValueError):
        for index in range(torch.cuda.device_count()):
            whole = torch.cuda.get_device_properties(index).total_memory
            torch.cuda.set_per_process_memory_fraction(min(1.0, memory_bytes / whole), index)


def set_up_tensorflow(tensorflow: Any, memory_bytes: int | None) -> None:
    """As for torch. Listing the devices starts CUDA, here in the question's process; TensorFlow has no later moment."""
    config = tensorflow.config
    config.experimental.enable_tensor_float_32_execution(False)
    with contextlib.suppress(RuntimeError, ValueError):
        for device in config.list_physical_devices("GPU"):
            if memory_bytes is None:
                config.experimental.set_memory_growth(device, True)
            else:
                part = config.LogicalDeviceConfiguration(memory_limit=memory_bytes // 2**20)
                config.set_logical_device_configuration(device, [part])
