"""Limits as plain values with their units. This module decides nothing and enforces nothing."""

from dataclasses import dataclass

__all__ = ["GIB", "KIB", "MIB", "EvidenceLimits", "IngestLimits", "Limits"]

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one run may use. The defaults are those of `assignment.toml`'s `[limits]`."""

    wall_seconds: float = 60.0
    """Of one question, its loading not counted."""
    load_seconds: float = 60.0
    """Of loading the student's code, for each question."""
    memory_bytes: int = 4 * GIB
    """Of the whole run: all its processes together where a cgroup can be had, else of each process."""
    cpus: int = 2
    """How many questions run at a time; each computes on one thread."""
    processes: int = 64
    """Processes and threads of the run, at most 128."""
    evidence_bytes: int = 64 * MIB
    """Of the arrays and answers of one question."""
    disk_bytes: int = 1 * GIB
    """Of everything that the run may write: working folder and temporary files."""
    output_bytes: int = 64 * KIB
    """Of a question's printed output that is kept; the rest is read and dropped."""
    gpus: int = 0
    """Graphics processors that a run has for its time; on them one question runs at a time."""
    gpu_memory_bytes: int | None = None
    """Of each of them, for the run's tensors; what the driver itself takes is allowed on top. None: all there is."""
    gpu_share: int = 1
    """How many runs may be on one graphics processor at a time. 1: each has it for itself."""


@dataclass(frozen=True, kw_only=True)
class EvidenceLimits:
    """What the reader of evidence accepts. Sources: THREATS, the measured costs of hostile headers."""

    frame_bytes: int = 64 * MIB
    run_bytes: int = 256 * MIB
    frames: int = 20_000
    header_bytes: int = 1 * MIB
    tensors: int = 4_096
    rank: int = 8
    json_bytes: int = 256 * KIB
    json_depth: int = 16
    records: int = 1_024
    """Of one question; so are the next two."""
    records_bytes: int = 1 * MIB
    """Of JSON: parsed, it can take twenty-five times its size."""
    arrays: int = 16_384
    text_bytes: int = 64 * KIB


@dataclass(frozen=True, kw_only=True)
class IngestLimits:
    """What a submission may be. Sizes count while a file is read or inflated, not as an archive declares them."""

    entries: int = 2_000
    packed_bytes: int = 50 * 1000 * 1000
    unpacked_bytes: int = 200 * 1000 * 1000
    ratio: int = 100
    """Unpacked bytes for each packed one, over the whole archive; the first `free_bytes` don't count."""
    free_bytes: int = 1 * MIB
    depth: int = 20
    """Folders in one another."""
    path_bytes: int = 512
    program_bytes: int = 50 * 1000 * 1000
    """Of a graded file, a notebook's outputs counted."""
    source_bytes: int = 4 * MIB
    """Of the code of a graded file."""
    sheet_bytes: int = 256 * KIB
    """Of an answers.toml."""
    cells: int = 10_000
    json_depth: int = 100
    json_tokens: int = 3_000_000
    """Strings, brackets and commas of a notebook: what bounds the memory that reading it takes."""
