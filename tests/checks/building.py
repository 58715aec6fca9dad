"""Evidence made by hand: what an honest question leaves, and what a forged one does."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from grader.checks.result import CheckResult, Kept, Verdict
from grader.evidence.model import Array, Exit, QuestionEvidence

KEPT = Kept()


def question(
    *,
    arrays: Mapping[str, Any] | None = None,
    records: Mapping[str, Mapping[str, Any]] | None = None,
    predictions: Mapping[str, Array] | None = None,
    **more: Any,
) -> QuestionEvidence:
    """A question that finished."""
    return QuestionEvidence(
        id="question",
        exit=more.pop("exit", Exit.FINISHED),
        arrays={name: np.asarray(array) for name, array in (arrays or {}).items()},
        records={name: {"name": name, **record} for name, record in (records or {}).items()},
        predictions=predictions or {},
        **more,
    )


def answers(value: Any, name: str = "answers") -> QuestionEvidence:
    """A question that recorded answers."""
    return question(records={name: {"kind": "answers", "value": value}})


def unusable(name: str, wanted: str = "model") -> QuestionEvidence:
    """A question whose code gave something that can't be recorded."""
    record = {"kind": "unusable", "wanted": wanted, "type": "NoneType", "message": "None is no model"}
    return question(records={name: record})


def assert_passed(result: CheckResult) -> None:
    assert (result.verdict, result.code) == (Verdict.PASSED, "ok"), result


def assert_failed(result: CheckResult, code: str) -> None:
    assert (result.verdict, result.code) == (Verdict.FAILED, code), result


def assert_error(result: CheckResult, code: str) -> None:
    assert (result.verdict, result.code) == (Verdict.ERROR, code), result


def without(evidence: QuestionEvidence, name: str) -> QuestionEvidence:
    """The same without a record, array or prediction."""
    return replace(
        evidence,
        arrays={key: array for key, array in evidence.arrays.items() if key != name},
        records={key: record for key, record in evidence.records.items() if key != name},
        predictions={key: array for key, array in evidence.predictions.items() if key != name},
    )
