"""Every parser that meets bytes from a student, a sandbox or an author."""

from tests.fuzz.answers_cases import ANSWERS
from tests.fuzz.explanation_cases import EXPLANATION
from tests.fuzz.frame_cases import FRAMES
from tests.fuzz.json_cases import JSON
from tests.fuzz.notebook_cases import NOTEBOOK
from tests.fuzz.roster_cases import ROSTER
from tests.fuzz.safetensors_cases import SAFETENSORS
from tests.fuzz.tar_cases import TAR
from tests.fuzz.toml_cases import TOML
from tests.fuzz.zip_cases import ZIP

__all__ = ["TARGETS"]

TARGETS = {
    target.name: target
    for target in (ZIP, TAR, NOTEBOOK, JSON, SAFETENSORS, FRAMES, TOML, ROSTER, ANSWERS, EXPLANATION)
}
