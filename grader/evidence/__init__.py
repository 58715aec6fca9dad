"""What came out of a sandbox, read as the hostile bytes that they are, into plain values."""

from grader.evidence.model import Evidence, Exit, Problem, QuestionEvidence
from grader.evidence.read import read_evidence

__all__ = ["Evidence", "Exit", "Problem", "QuestionEvidence", "read_evidence"]
