"""Importing a framework without computing anything, and saying what was imported."""

import ast
import contextlib
import importlib
import importlib.util
import os
import sys
from importlib import metadata

from .job import GuestJob
from .seeds import reseed

__all__ = ["import_for_forks", "import_for_job", "import_framework", "list_packages"]

FRAMEWORKS = {
    "none": ("numpy",),
    "torch": ("numpy", "torch", "torchvision"),
    "tensorflow": ("numpy", "tensorflow", "keras"),
}
ROLE_MODULES = {
    "grade": (".given", ".record"),
    "predict": (".given", ".predict"),
    "quick": (".given", ".quick"),
    "provision": (".provision",),
}
OPTIONAL = {"torchvision"}
SLOW_TO_IMPORT = {"matplotlib": "matplotlib.pyplot"}
"""Packages that students' files name and that take a second: imported once, before the forks, where one does."""
REPORTED = ("numpy", "safetensors", "torch", "torchvision", "tensorflow", "keras", "ipython")

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "MPLBACKEND": "Agg",
    "TERM": "dumb",
    "PIP_NO_INDEX": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}
"""Set before the first import where the sandbox didn't. A library's threads don't survive a fork: it starts none."""


def import_framework(framework: str) -> None:
    """Import everything that the questions share, so that each fork has it for nothing.

    Raises:
        ImportError: a package isn't there; the host shows the traceback.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if framework == "tensorflow":
        os.environ["KERAS_BACKEND"] = "tensorflow"
    for package in FRAMEWORKS[framework]:
        if package not in OPTIONAL or importlib.util.find_spec(package) is not None:
            import_package(package)
    importlib.import_module("safetensors.numpy")


def import_package(package: str) -> None:
    """Import one package, torchvision with its operators in place."""
    if package == "torchvision":
        define = importlib.util.find_spec(".torchvision_operators", __package__)
        if define is not None:
            importlib.import_module(".torchvision_operators", __package__).define_operators()
        importlib.import_module("torchvision.models")
    importlib.import_module(package)


def list_packages(framework: str) -> dict[str, str]:
    """The versions of the packages that a student may see."""
    versions = {}
    for package in REPORTED:
        if package in sys.modules or package in ("safetensors", "ipython"):
            try:
                versions[package] = metadata.version(package)
            except metadata.PackageNotFoundError:
                module = sys.modules.get(package)
                if module is not None:
                    versions[package] = str(getattr(module, "__version__", "unknown"))
    return dict(sorted(versions.items()))


def import_for_job(job: GuestJob) -> None:
    """Import what all questions of a job need of ours, before any student code and before the forks."""
    if any(program["kind"] == "notebook" for program in job.programs):
        importlib.import_module(".notebook", __package__).preload_notebook()  # IPython: a script does without
    for package in list_named_packages(job):
        with contextlib.suppress(Exception):  # if it fails here it fails in the student's own import, which tells it
            importlib.import_module(SLOW_TO_IMPORT[package])
    for module in ROLE_MODULES[job.role]:
        importlib.import_module(module, __package__)
    if job.role != "provision":
        choice = importlib.import_module(".framework_choice", __package__)  # imports numpy, so not at the top
        choice.choose_framework(str(job.header["framework"]))
    importlib.import_module(".keras_cache", __package__).offer_checkpoints(dict(job.header.get("weights", {})))


def import_for_forks(framework: str) -> None:
    """Import what any job may need of ours and of the slow packages: a fork has it for nothing."""
    for module in (".init", ".loader", ".once", ".program", *dict.fromkeys(sum(ROLE_MODULES.values(), ()))):
        importlib.import_module(module, __package__)
    importlib.import_module(".framework_choice", __package__).choose_framework(framework)
    for package in SLOW_TO_IMPORT:
        with contextlib.suppress(Exception):  # not installed, or broken: told where a student imports it
            importlib.import_module(SLOW_TO_IMPORT[package])
    importlib.import_module(".notebook", __package__).preload_notebook()
    use_once(framework)


def use_once(framework: str) -> None:
    """Let what is slow the first time be slow here: making the types of syntax trees, finding torch's generators, and
    forgetting where modules were looked for, which each fork does before a student's own are imported."""
    ast.parse("")
    if framework == "torch":  # TensorFlow might compute, and then couldn't be forked
        reseed(0)
    sys.path_importer_cache.clear()


def list_named_packages(job: GuestJob) -> list[str]:
    """The slow packages that the student's file names, as far as they are installed."""
    texts = [str(program.get("source", "")) for program in job.programs]
    texts += [str(cell["source"]) for program in job.programs for cell in program.get("cells", ())]
    return [
        package
        for package in SLOW_TO_IMPORT
        if any(package in text for text in texts) and importlib.util.find_spec(package) is not None
    ]
