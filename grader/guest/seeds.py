"""Every random generator starts from the run's public seed, and computing stays on the agreed number of threads."""

import contextlib
import random
import sys

__all__ = ["reseed", "set_threads"]


def reseed(seed: int) -> None:
    """Seed `random`, numpy, and the frameworks that are imported."""
    random.seed(seed)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(seed % 2**32)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(seed)
    if tensorflow := sys.modules.get("tensorflow"):
        tensorflow.random.set_seed(seed)
    if keras := sys.modules.get("keras"):
        keras.utils.set_random_seed(seed % 2**32)


def set_threads(threads: int) -> None:
    """Pin the threads. A framework that has computed already refuses, which only the started path may meet."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(threads)
        with contextlib.suppress(RuntimeError):
            torch.set_num_interop_threads(threads)
    if tensorflow := sys.modules.get("tensorflow"):
        with contextlib.suppress(RuntimeError):
            tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
            tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
