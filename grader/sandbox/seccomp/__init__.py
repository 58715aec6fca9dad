"""Which system calls a sandboxed program may make: our own table, and its two forms, for the kernel and for Docker."""

from grader.sandbox.seccomp.docker import docker_profile
from grader.sandbox.seccomp.filter import compile_filter
from grader.sandbox.seccomp.profiles import STRICT, ZYGOTE
from grader.sandbox.seccomp.rules import Profile

__all__ = ["STRICT", "ZYGOTE", "Profile", "compile_filter", "docker_profile"]
