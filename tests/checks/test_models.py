"""What a model is made of: counts, whose weights, which of them moved; and what a forged record gets."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from grader.checks.models import moved, parameters, pretrained
from grader.checks.result import CheckResult, Kept
from grader.evidence.model import QuestionEvidence
from tests.checks.building import KEPT, assert_error, assert_failed, assert_passed, question, unusable

Tensor = dict[str, Any]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def tensor(name: str, *shape: int, trainable: bool | None = False, **more: Any) -> Tensor:
    content = more.pop("content", f"checkpoint {name}")
    return {
        "name": name,
        "shape": list(shape),
        "dtype": "F32",
        "trainable": trainable,
        "digest": digest(content),
        "same_as": None,
        **more,
    }


BACKBONE = [
    tensor("conv1.weight", 64, 3, 7, 7),
    tensor("bn1.weight", 64),
    tensor("bn1.bias", 64),
    tensor("bn1.running_mean", 64, trainable=None),
    tensor("bn1.num_batches_tracked", trainable=None, dtype="I64"),
    tensor("layer1.weight", 64, 64, 3, 3),
]
HEAD = [
    tensor("fc.weight", 10, 512, trainable=True, content="fresh"),
    tensor("fc.bias", 10, trainable=True, content="fresh bias"),
]
CHECKPOINT = Kept(
    checkpoints={"resnet18": {tensor["digest"]: 1 for tensor in [*BACKBONE, tensor("fc.weight", 1000, 512)]}}
)


def model(*tensors: Tensor, name: str = "classifier") -> QuestionEvidence:
    return question(records={name: {"kind": "model", "tensors": list(tensors), "modules": []}})


REFERENCE = model(*BACKBONE, *HEAD)


def thaw(tensors: list[Tensor]) -> list[Tensor]:
    return [{**tensor, "trainable": True if tensor["trainable"] is False else None} for tensor in tensors]


def rename(tensors: list[Tensor], prefix: str) -> list[Tensor]:
    return [{**tensor, "name": f"{prefix}{tensor['name']}"} for tensor in tensors]


def count(student: QuestionEvidence, what: str = "trainable") -> CheckResult:
    return parameters(student, REFERENCE, KEPT, of="classifier", count=what)


@pytest.mark.parametrize(
    "student",
    [
        REFERENCE,
        model(*rename([*BACKBONE, *HEAD], "net.")),
        model(*BACKBONE, *rename(HEAD, "1.")),
        model(*HEAD, *BACKBONE),
        model(*BACKBONE, *HEAD, {**HEAD[0], "name": "again.weight", "same_as": "fc.weight"}),
        model(*BACKBONE, *HEAD, tensor("cache", 100, trainable=None)),
    ],
    ids=["as the reference", "wrapped", "another head's name", "another order", "a shared weight", "a buffer more"],
)
def test_parameters_counts_whatever_the_names(student: QuestionEvidence) -> None:
    """Names and order mean nothing; a shared tensor counts once, a buffer not at all."""
    result = count(student)

    assert_passed(result)
    assert result.actual == result.expected == 5_130
    assert_passed(count(student, "total"))


def test_parameters_tells_what_isn_t_frozen() -> None:
    """An unfrozen backbone is named as what it is: everything would be trained."""
    result = count(model(*thaw(BACKBONE), *HEAD))
    frozen = 64 * 3 * 49 + 64 + 64 + 64 * 64 * 9

    assert_failed(result, "parameters_differ")
    assert (result.expected, result.actual) == (5_130, 5_130 + frozen)
    assert result.facts["everything"] is True
    assert result.facts["names"] == ["conv1.weight", "bn1.weight", "bn1.bias", "layer1.weight"]
    assert result.facts["extra"] == frozen
    assert result.facts["lacking"] == 0


def test_parameters_tells_what_isn_t_trained() -> None:
    """Everything frozen, the head too, is named as what it is."""
    result = count(model(*BACKBONE, *({**tensor, "trainable": False} for tensor in HEAD)))

    assert_failed(result, "parameters_differ")
    assert result.facts["nothing"] is True
    assert (result.facts["lacking"], result.facts["lacking_tensors"]) == (5_130, 2)


def test_parameters_names_one_layer_too_many() -> None:
    """One more trainable layer is named by the student's own name, under a wrapper too."""
    tensors = rename([*BACKBONE[:-1], {**BACKBONE[-1], "trainable": True}, *HEAD], "net.")
    result = count(model(*tensors))

    assert_failed(result, "parameters_differ")
    assert result.facts["names"] == ["net.layer1.weight"]
    assert result.facts["everything"] is False


def test_a_total_of_other_layers() -> None:
    """The total counts frozen ones too."""
    result = count(model(*BACKBONE[1:], *HEAD), "total")

    assert_failed(result, "parameters_differ")
    assert result.facts["lacking_tensors"] == 1


@pytest.mark.parametrize(
    "forged",
    [
        {"same_as": "fc.weight"},
        {"same_as": "nowhere"},
        {"same_as": "conv1.weight"},
    ],
    ids=["another's", "nobody's", "its own"],
)
def test_parameters_can_t_be_hidden_as_shared(forged: dict[str, Any]) -> None:
    """A tensor that is said to be one that isn't like it doesn't vanish from the count."""
    student = model({**thaw(BACKBONE)[0], **forged}, *BACKBONE[1:], *HEAD)

    assert_failed(count(student), "inconsistent")


def test_parameters_can_t_be_hidden_in_a_circle() -> None:
    """Two tensors that are each said to be the other don't both vanish."""
    one = tensor("a", 5, trainable=True, content="same", same_as="b")
    other = tensor("b", 5, trainable=True, content="same", same_as="a")

    assert_failed(count(model(*BACKBONE, *HEAD, one, other)), "inconsistent")


def test_a_model_of_nothing() -> None:
    """A model without tensors has no parameters, and that isn't everything."""
    result = count(model())

    assert_failed(result, "parameters_differ")
    assert (result.actual, result.facts["everything"]) == (0, False)


def own(student: QuestionEvidence, **more: Any) -> CheckResult:
    return pretrained(student, REFERENCE, more.pop("kept", CHECKPOINT), of="classifier", **more)


@pytest.mark.parametrize(
    "student",
    [
        REFERENCE,
        model(*rename([*BACKBONE, *HEAD], "net.")),
        model(*BACKBONE),
        model(*BACKBONE, tensor("fc.weight", 1000, 512)),
        model(*thaw(BACKBONE), *HEAD),
    ],
    ids=["as the reference", "wrapped", "without a head", "with the old head", "not frozen"],
)
def test_pretrained_finds_the_weights(student: QuestionEvidence) -> None:
    """The checkpoint's tensors count whatever their names, and the head isn't asked for."""
    result = own(student)

    assert_passed(result)
    assert (result.facts["matched"], result.facts["of"]) == (5, 5)
    assert result.notes == ()


def test_pretrained_notes_counters() -> None:
    """A counter that moved changes no output and costs nothing."""
    moved_on = [{**t, "digest": digest("1")} if t["dtype"] == "I64" else t for t in BACKBONE]
    result = own(model(*moved_on, *HEAD))

    assert_passed(result)
    assert [(note.code, note.facts) for note in result.notes] == [("counters_moved", {"count": 1})]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (["bn1.running_mean"], "statistics_moved"),
        (["bn1.running_mean", "layer1.weight"], "weights_differ"),
        (["layer1.weight"], "weights_differ"),
        (["conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean"], "other_weights"),
    ],
)
def test_pretrained_tells_what_differs(changed: list[str], code: str) -> None:
    """Random weights, changed weights and changed statistics are told apart, by the reference's names."""
    tensors = [{**t, "digest": digest("other")} if t["name"] in changed else t for t in BACKBONE]
    if code == "other_weights":
        tensors = [{**tensor, "digest": digest("other")} for tensor in BACKBONE]
        changed = [t["name"] for t in BACKBONE if t["dtype"] == "F32"]
    result = own(model(*tensors, *HEAD))

    assert_failed(result, code)
    assert result.facts["names"] == changed
    assert result.facts["matched"] == 5 - len(changed)


def test_pretrained_counts_each_tensor_once() -> None:
    """One tensor of the checkpoint can't stand for several."""
    twice = Kept(checkpoints={"resnet18": {digest("zeros"): 2}})
    reference = model(tensor("a", 4, content="zeros"), tensor("b", 4, content="zeros"))
    student = model(tensor("a", 4, content="zeros"), tensor("b", 4, content="ones"))

    assert_failed(pretrained(student, reference, twice, of="classifier"), "weights_differ")


def test_pretrained_leaves_out_what_the_author_says() -> None:
    """`without` takes the beginnings of the reference's names."""
    student = model(*BACKBONE[:-1], *HEAD)

    assert_failed(own(student), "weights_differ")
    assert_passed(own(student, without=["layer1."]))


def test_pretrained_needs_a_reference_with_weights() -> None:
    """Without a checkpoint in the vault, or in the reference, nothing can be said: ours."""
    assert_error(own(REFERENCE, kept=Kept()), "bad_reference")
    assert_error(own(REFERENCE, without=[""]), "bad_reference")


STAGES = [("start", None), ("epoch", 1), ("epoch", 2), ("end", None)]
MODEL = ("conv1.weight", "bn1.running_mean", "fc.weight", "fc.bias")


def training(*moves: tuple[str, ...], start: tuple[str, ...] = MODEL, **more: Any) -> QuestionEvidence:
    record = {
        "kind": "stages",
        "start": {name: digest(name) for name in start},
        "trainable": ["fc.weight", "fc.bias"],
        "buffers": list(more.get("buffers", ["bn1.running_mean"])),
        "values": "whole",
        "stages": [
            {"label": label, "epoch": epoch, "changed": list(names), "omitted": []}
            for (label, epoch), names in zip(more.get("stages", STAGES), moves, strict=True)
        ],
    }
    return question(records={"epochs": record})


HEAD_NAMES = ("fc.weight", "fc.bias")
TRAINED = training((), HEAD_NAMES, HEAD_NAMES, HEAD_NAMES)


def move(student: QuestionEvidence, **more: Any) -> CheckResult:
    return moved(student, TRAINED, KEPT, of="epochs", **more)


def test_moved_passes_what_moves_the_same() -> None:
    """The same tensors at every stage pass, also where the student counts epochs from 0."""
    from_zero = training((), *[HEAD_NAMES] * 3, stages=[("start", None), ("epoch", 0), ("epoch", 1), ("end", None)])

    assert_passed(move(TRAINED))
    assert_passed(move(from_zero))


def test_moved_knows_omitted_tensors() -> None:
    """A tensor that moved and was too large to leave has moved all the same."""
    stage = {"label": "end", "epoch": None, "changed": [], "omitted": ["fc.weight", "fc.bias"]}
    record = TRAINED.records["epochs"]
    student = question(records={"epochs": {**record, "stages": [*record["stages"][:-1], stage]}})

    assert_passed(move(student))


BUFFERS = (*HEAD_NAMES, "bn1.running_mean")


def test_moved_buffers_are_noted_failed_or_ignored() -> None:
    """BatchNorm's statistics moved: it's the author who says what that is worth."""
    student = training((), BUFFERS, BUFFERS, BUFFERS)
    noted = move(student)

    assert_passed(noted)
    assert [note.code for note in noted.notes] == ["buffers_moved"]
    assert noted.notes[0].facts == {"names": ["bn1.running_mean"], "count": 1, "batch_norm": True}
    assert_failed(move(student, buffers="fail"), "buffers_moved")
    assert move(student, buffers="ignore").notes == ()


@pytest.mark.parametrize("name", ["bn_Conv1.moving_mean", "bn_Conv1.moving_variance"])
def test_keras_statistics_are_batch_norms_too(name: str) -> None:
    """Keras has moving statistics where PyTorch has running ones."""
    model = (*HEAD_NAMES, name)
    student = training((), *[model] * 3, start=model, buffers=[name])
    expected = training((), *[HEAD_NAMES] * 3, start=model, buffers=[name])
    result = moved(student, expected, KEPT, of="epochs")

    assert_passed(result)
    assert result.notes[0].facts == {"names": [name], "count": 1, "batch_norm": True}


@pytest.mark.parametrize(
    ("student", "code", "facts"),
    [
        (training((), (), (), ()), "nothing_moved", {"stage": "epoch", "epoch": 1}),
        (training((), HEAD_NAMES, (), ()), "nothing_moved", {"stage": "epoch", "epoch": 2}),
        (training((), *[("bn1.running_mean",)] * 3), "nothing_moved", {"stage": "epoch", "epoch": 1}),
        (
            training((), *[(*HEAD_NAMES, "conv1.weight")] * 3),
            "moved_too",
            {"stage": "epoch", "epoch": 1, "names": ["conv1.weight"], "count": 1, "all": True},
        ),
        (
            training((), *[("fc.weight",)] * 3),
            "not_moved",
            {"stage": "epoch", "epoch": 1, "names": ["fc.bias"], "count": 1},
        ),
        (training((), HEAD_NAMES, stages=[STAGES[0], STAGES[3]]), "stages_differ", {"expected": 2, "actual": 0}),
        (
            training((), *[HEAD_NAMES] * 3, start=MODEL[1:]),
            "other_model",
            {"missing": ["conv1.weight"], "extra": []},
        ),
        (training((), *[HEAD_NAMES] * 3, start=(*MODEL, "x")), "other_model", {"missing": [], "extra": ["x"]}),
    ],
)
def test_moved_tells_what_went_wrong(student: QuestionEvidence, code: str, facts: dict[str, Any]) -> None:
    """No step, too much, too little, no callback, another model: each has its code and facts."""
    result = move(student)

    assert_failed(result, code)
    assert dict(result.facts) == facts


def test_buffers_are_the_reference_s_to_name() -> None:
    """A student's record can't call a weight a buffer to hide that it moved."""
    student = training((), *[(*HEAD_NAMES, "conv1.weight")] * 3)
    record = {**student.records["epochs"], "buffers": ["conv1.weight", "bn1.running_mean"]}

    assert_failed(move(replace(student, records={"epochs": record})), "moved_too")


@pytest.mark.parametrize(("check", "of"), [(parameters, "classifier"), (pretrained, "classifier"), (moved, "epochs")])
def test_nothing_recorded(check: Any, of: str) -> None:
    """A missing record fails, one that couldn't be made says so, a missing reference is ours."""
    reference = REFERENCE if of == "classifier" else TRAINED

    assert_failed(check(question(), reference, CHECKPOINT, of=of), "not_recorded")
    assert_failed(check(unusable(of), reference, CHECKPOINT, of=of), "unusable")
    assert_failed(check(question(records={of: {"kind": "array"}}), reference, CHECKPOINT, of=of), "wrong_record")
    assert_error(check(reference, question(), CHECKPOINT, of=of), "no_reference")


def test_parameters_of_the_author_are_checked() -> None:
    """A word that a check doesn't know is the author's fault."""
    with pytest.raises(ValueError, match="'trainable' or 'total'"):
        count(REFERENCE, "frozen")
    with pytest.raises(ValueError, match="'note', 'fail' or 'ignore'"):
        move(TRAINED, buffers="maybe")
