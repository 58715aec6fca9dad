"""The ten students of the comparison, and a larger class of the same: two cells each, and what they are worth."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["IMPORTS", "STUDENTS", "Student", "make_cell", "make_class", "make_notebook", "make_plain_cells"]

IMPORTS = "import torch\nfrom torch import nn\nfrom torchvision.models import ResNet18_Weights, resnet18"

PRETRAINED = "    model = resnet18(weights=ResNet18_Weights.IMAGENET1K_V1)\n"
FREEZE = "    for parameter in model.parameters():\n        parameter.requires_grad = False\n"
FREEZE_AT_ONCE = "    model.requires_grad_(False)\n"
HEAD = "    model.fc = nn.Linear(512, 10)\n"
MEASURED_HEAD = "    model.fc = nn.Linear(model.fc.in_features, 10)\n"
BUILD, RETURN = "def build_model():\n", "    return model\n"
COUNT = "def count_trainable(model):\n    return sum(p.numel() for p in model.parameters() if p.requires_grad)\n"
COUNT_IN_A_LOOP = (
    "def count_trainable(model):\n"
    "    total = 0\n"
    "    for parameter in model.parameters():\n"
    "        if parameter.requires_grad:\n"
    "            total += parameter.numel()\n"
    "    return total\n"
)
COUNT_TENSORS = "def count_trainable(model):\n    return len([p for p in model.parameters() if p.requires_grad])\n"


@dataclass(frozen=True, kw_only=True)
class Student:
    """What a student wrote. `points` are what every one of the three systems must give, of 3."""

    id: str
    build: str
    count: str
    points: int


STUDENTS = (
    Student(id="s01", build=BUILD + PRETRAINED + FREEZE_AT_ONCE + HEAD + RETURN, count=COUNT, points=3),
    Student(id="s02", build=BUILD + PRETRAINED + FREEZE + MEASURED_HEAD + RETURN, count=COUNT_IN_A_LOOP, points=3),
    Student(
        id="s03",
        build=BUILD + '    model = resnet18(weights="IMAGENET1K_V1")\n' + FREEZE + HEAD + RETURN,
        count=COUNT,
        points=3,
    ),
    Student(
        id="s04",
        build=BUILD + '    model = resnet18(weights="DEFAULT")\n' + FREEZE_AT_ONCE + MEASURED_HEAD + RETURN,
        count=COUNT_IN_A_LOOP,
        points=3,
    ),
    Student(id="s05", build=BUILD + PRETRAINED + FREEZE + HEAD + RETURN, count=COUNT_TENSORS, points=2),
    Student(id="s06", build=BUILD + PRETRAINED + HEAD + RETURN, count=COUNT, points=2),
    Student(
        id="s07",
        build=BUILD + "    model = resnet18(weights=None)\n" + FREEZE + HEAD + RETURN,
        count=COUNT,
        points=1,
    ),
    Student(
        id="s08",
        build=BUILD
        + PRETRAINED
        + FREEZE
        + "    model.fc = nn.Sequential(nn.Linear(512, 10), nn.Softmax(dim=1))\n"
        + RETURN,
        count=COUNT,
        points=1,
    ),
    Student(
        id="s09",
        build=BUILD + PRETRAINED + FREEZE + "    model.fc = nn.Linear(512, 12)\n" + RETURN,
        count=COUNT_IN_A_LOOP,
        points=0,
    ),
    Student(
        id="s10",
        build=BUILD + PRETRAINED + '    raise NotImplementedError("to be done")\n',
        count=COUNT,
        points=0,
    ),
)


def make_class(size: int) -> Iterator[Student]:
    """The ten, and then the ten again and again, each copy with a remark of its own: no two files are the same."""
    for number in range(size):
        student = STUDENTS[number % len(STUDENTS)]
        if number < len(STUDENTS):
            yield student
        else:
            name = f"s{number + 1:02}"
            yield Student(id=name, build=student.build, count=f"{student.count}\n# {name}\n", points=student.points)


def make_notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    """A notebook of format 4."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def make_cell(id: str, source: str, **metadata: Any) -> dict[str, Any]:
    """A cell of code."""
    return {
        "cell_type": "code",
        "id": id,
        "source": source,
        "metadata": metadata,
        "execution_count": None,
        "outputs": [],
    }


def make_plain_cells(student: Student) -> list[dict[str, Any]]:
    """The cells that a student hands in, with nothing of any system in them."""
    texts = {"imports": IMPORTS, "build": student.build, "count": student.count}
    return [make_cell(name, text) for name, text in texts.items()]
