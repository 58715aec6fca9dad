"""Ways to run untrusted code. A sandbox knows runs, limits and bytes; nothing of courses, points or marks."""

from grader.sandbox.bubblewrap import BubblewrapSandbox
from grader.sandbox.choice import choose_sandbox
from grader.sandbox.docker import DockerSandbox
from grader.sandbox.fake import FakeSandbox
from grader.sandbox.interpreters import find_interpreter
from grader.sandbox.process import ProcessSandbox
from grader.sandbox.request import Interpreter, Job, Launch, Mount, PreparedRun, RunRequest, RunResult, Sandbox
from grader.sandbox.warm import WarmSandbox

__all__ = [
    "BubblewrapSandbox",
    "DockerSandbox",
    "FakeSandbox",
    "Interpreter",
    "Job",
    "Launch",
    "Mount",
    "PreparedRun",
    "ProcessSandbox",
    "RunRequest",
    "RunResult",
    "Sandbox",
    "WarmSandbox",
    "choose_sandbox",
    "find_interpreter",
]
