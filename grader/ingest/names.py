"""Names of files: which are refused, which are plainly no homework, and which tree they make. Pure functions."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from grader.ingest.refusal import refuse, show_name
from grader.limits import IngestLimits

__all__ = [
    "ARCHIVES",
    "BIDI",
    "Tree",
    "check_name",
    "find_nested",
    "is_aside",
    "is_ours",
    "list_aside",
    "split_top",
]

BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
OURS = re.compile(r"report\.json|receipt-[A-Za-z0-9_-]{1,64}-[0-9]{1,6}\.json")
DRIVE = re.compile(r"[A-Za-z]:")
ASIDE_FOLDERS = frozenset(
    (
        *("__pycache__", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache", "node_modules"),
        *(".git", ".hg", ".svn", ".venv", ".tox", ".nox", ".idea", ".vscode", ".grade"),
        *("__MACOSX", ".Trash", ".Trashes", ".Spotlight-V100", ".fseventsd"),
    )
)
ASIDE_FILES = frozenset((".DS_Store", "Thumbs.db", "desktop.ini", ".localized", "pyvenv.cfg"))
ARCHIVES = frozenset(
    (
        *(".zip", ".zipx", ".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".gz", ".bz2", ".xz", ".zst", ".lz", ".lzma"),
        *(".7z", ".rar", ".cab", ".iso", ".dmg", ".jar", ".whl", ".egg"),
    )
)
ZIP_BASED = frozenset(
    (
        *(".pt", ".pth", ".ckpt", ".bin", ".pkl", ".npz", ".keras", ".safetensors"),
        *(".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp"),
    )
)
MAGICS = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x1f\x8b\x08",
    b"\xfd7zXZ\x00",
    b"BZh",
)


def check_name(path: str, limits: IngestLimits) -> None:
    """Refuse a path that isn't plainly a file below the submission. Nothing is repaired.

    Raises:
        SubmissionError: with the rule that it breaks.
    """
    shown = show_name(path)
    if any(not is_plain(character) for character in path):
        raise refuse("name_characters", f"the file name {shown} holds a character that can't be seen: rename the file")
    if "\\" in path:
        raise refuse("backslash", f"the file name {shown} holds a backslash: names in an archive have forward slashes")
    if path.startswith("/") or DRIVE.match(path):
        raise refuse("absolute_path", f"the path {shown} is absolute: a submission's paths begin at its own folder")
    parts = path.split("/")
    if ".." in parts:
        raise refuse("path_escape", f"the path {shown} leaves the submission's folder")
    if not path or "" in parts or "." in parts:
        raise refuse("odd_path", f"the path {shown} has a part without a name: make the archive again")
    if len(path.encode()) > limits.path_bytes or any(len(part.encode()) > 255 for part in parts):
        raise refuse("long_path", f"the path {shown} is too long; at most {limits.path_bytes} bytes are taken")
    if len(parts) - 1 > limits.depth:
        raise refuse(
            "deep_path", f"the path {shown} is {len(parts) - 1} folders deep; at most {limits.depth} are taken"
        )
    if not unicodedata.is_normalized("NFC", path):
        raise refuse(
            "not_nfc",
            f"the file name {shown} writes its letters in pieces (it isn't NFC), as macOS does",
            "Rename it with plain letters, or hand in the folder itself instead of an archive.",
        )


def is_plain(character: str) -> bool:
    """Whether a character may stand in a name: no control character, none that reorders text, no half of a pair."""
    return unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp") and character not in BIDI


def is_aside(path: str) -> bool:
    """Whether a path, relative to the submission, is plainly no homework: caches, histories, what systems drop."""
    parts = path.split("/")
    name = parts[-1]
    if any(part in ASIDE_FOLDERS or part.endswith(".egg-info") for part in parts):
        return True
    return name in ASIDE_FILES or name.startswith("._") or name.endswith((".pyc", ".pyo")) or is_ours(path)


def is_ours(path: str, top: str = "") -> bool:
    """Whether a path is a report or a receipt that we wrote beside the homework, directly in the folder `top`."""
    return path.startswith(top) and OURS.fullmatch(path[len(top) :]) is not None


def find_nested(path: str, beginning: bytes) -> str | None:
    """What kind of archive a file is, by its name or its first bytes; None where it is none.

    Checkpoints and arrays that are zip files inside (.pt, .npz, .keras) are data, not archives.
    """
    suffix = PurePosixPath(path).suffix.casefold()
    if suffix in ARCHIVES:
        return suffix
    if suffix not in ZIP_BASED and (beginning.startswith(MAGICS) or beginning[257:262] == b"ustar"):
        return "an archive by its content"
    return None


def split_top(paths: Sequence[str]) -> str:
    """The folder, with its slash, that holds everything, which a canonical tree leaves out. Empty: there is none."""
    top = ""
    while True:
        rest = [path[len(top) :] for path in paths]
        heads = {path.split("/", 1)[0] for path in rest}
        if len(heads) != 1 or not all("/" in path for path in rest):
            return top
        top += heads.pop() + "/"


class Tree:
    """The names seen so far: refuses a second one that would be the same file somewhere.

    Two names are twins when they are equal, when they differ in letter case or composition only, and when one is a file
    where the other has a folder.
    """

    def __init__(self) -> None:
        self.seen: dict[str, tuple[str, bool]] = {}

    def add(self, path: str, *, is_folder: bool = False) -> None:
        """Take a name in.

        Raises:
            SubmissionError: it has a twin.
        """
        for end in (index for index, character in enumerate(path) if character == "/"):
            self.add_part(path[:end], is_folder=True)
        if not is_folder and self.seen.get(fold(path)) == (path, False):
            raise refuse("duplicate_name", f"the file name {show_name(path)} stands there twice", "Remove one of them.")
        self.add_part(path, is_folder=is_folder)

    def add_part(self, path: str, *, is_folder: bool) -> None:
        """Take one path in: a folder on the way, or the name itself."""
        other, is_other_folder = self.seen.setdefault(fold(path), (path, is_folder))
        if (other, is_other_folder) == (path, is_folder):
            return
        if other == path:
            raise refuse("twins", f"{show_name(path)} is a file and a folder at once", "Rename one of them.")
        raise refuse(
            "twins",
            f"the names {show_name(other)} and {show_name(path)} are the same on some computers",
            "Rename or remove one of them.",
        )


def fold(path: str) -> str:
    """A name as a file system that ignores letter case, composition and dots or spaces at the end compares it."""
    parts = (unicodedata.normalize("NFC", part).casefold().rstrip(". ") or part for part in path.split("/"))
    return unicodedata.normalize("NFC", "/".join(parts))


def list_aside(paths: Collection[str]) -> frozenset[str]:
    """Which files of an archive are plainly no homework: by name, in a virtual environment, or ours beside the rest."""
    environments = tuple(path.removesuffix("pyvenv.cfg") for path in paths if path.endswith("/pyvenv.cfg"))
    aside = {path for path in paths if is_aside(path) or path.startswith(environments)}
    top = split_top([path for path in paths if path not in aside])
    return frozenset(aside | {path for path in paths if top and is_ours(path, top)})
