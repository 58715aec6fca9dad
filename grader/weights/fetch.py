"""Download one file, verified before it gets its name. The only network client of this program.

The bytes go to a file beside the target, counted and digested as they come; only a whole file whose digest is right is
renamed. Proxies are taken from the environment by Python's `urllib.request`, as people expect of a download.
"""

import hashlib
import http.client
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from grader.errors import ProvisionError

__all__ = ["Downloaded", "fetch_file", "verify_prefix"]

CHUNK_BYTES = 256 * 1024
SILENCE_SECONDS = 30.0
AGENT = "grader (checkpoint download)"


@dataclass(frozen=True)
class Downloaded:
    """How far a download has come. `total_bytes` is None where the server doesn't say."""

    done_bytes: int
    total_bytes: int | None


class HoldToSchemes(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never out of the allowed schemes: no file of this machine, no plain http for https."""

    def __init__(self, schemes: Sequence[str]) -> None:
        self.schemes = schemes

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The request that a redirect leads to."""
        expect_scheme(newurl, self.schemes)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch_file(
    url: str,
    target: Path,
    *,
    most_bytes: int,
    digest_prefix: str | None,
    schemes: Sequence[str] = ("https",),
    progress: Callable[[Downloaded], None] = lambda downloaded: None,
) -> str:
    """Download `url` to `target` and return its SHA-256. `digest_prefix` is what that must begin with, if known.

    Raises:
        ProvisionError: it can't be had, is larger than `most_bytes`, is cut short, isn't what was published, or can't
            be written. Nothing is left then.
    """
    expect_scheme(url, schemes)
    beside = target.with_name(f".{target.name}.part")
    try:
        with open_url(url, schemes) as response, beside.open("wb") as file:
            digest = copy_counted(response, file, url=url, most_bytes=most_bytes, progress=progress)
        compare_prefix(digest, digest_prefix, origin=url)
        beside.replace(target)
    except (OSError, http.client.HTTPException) as error:
        raise explain_failure(url, error) from error
    finally:
        beside.unlink(missing_ok=True)
    return digest


def verify_prefix(path: Path, digest_prefix: str | None, *, origin: str) -> None:
    """Compare a file with the digest that its publisher put into its name.

    Raises:
        ProvisionError: it isn't that file, or can't be read.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ProvisionError(f"{str(path)!r} can't be read: {error.strerror}") from error
    compare_prefix(digest, digest_prefix, origin=origin)


def open_url(url: str, schemes: Sequence[str]) -> http.client.HTTPResponse:
    """Ask for a file."""
    opener = urllib.request.build_opener(HoldToSchemes(schemes))
    request = urllib.request.Request(url, headers={"User-Agent": AGENT})  # noqa: S310 the scheme has been checked
    response: http.client.HTTPResponse = opener.open(request, timeout=SILENCE_SECONDS)
    return response


def copy_counted(
    response: http.client.HTTPResponse,
    file: IO[bytes],
    *,
    url: str,
    most_bytes: int,
    progress: Callable[[Downloaded], None],
) -> str:
    """Copy a body into a file and return its SHA-256."""
    total = expect_length(response, url=url, most_bytes=most_bytes)
    digest = hashlib.sha256()
    done = 0
    while chunk := response.read(CHUNK_BYTES):
        done += len(chunk)
        if done > most_bytes:
            raise too_large(url, done, most_bytes)
        digest.update(chunk)
        write_chunk(file, chunk)
        progress(Downloaded(done, total))
    write_chunk(file, b"", last=True)
    if total is not None and done != total:
        raise ProvisionError(f"{url} broke off after {done:,} of {total:,} bytes; run the same command again")
    return digest.hexdigest()


def write_chunk(file: IO[bytes], chunk: bytes, *, last: bool = False) -> None:
    """Write a piece; the last one has all of them written to the disk.

    Raises:
        ProvisionError: the disk is full, say. Told apart from what the network raises.
    """
    try:
        file.write(chunk)
        if last:
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ProvisionError(f"the download can't be written: {file.name}: {error.strerror}") from error


def expect_length(response: http.client.HTTPResponse, *, url: str, most_bytes: int) -> int | None:
    """The length that the server announces."""
    announced = response.headers.get("Content-Length", "")
    if not announced.isdecimal():
        return None
    if int(announced) > most_bytes:
        raise too_large(url, int(announced), most_bytes)
    return int(announced)


def expect_scheme(url: str, schemes: Sequence[str]) -> None:
    """Refuse any other kind of address."""
    if urlsplit(url).scheme not in schemes:
        raise ProvisionError(f"{url!r} isn't fetched: only {', '.join(schemes)} addresses are")


def compare_prefix(digest: str, prefix: str | None, *, origin: str) -> None:
    """Refuse a file that isn't the published one."""
    if prefix is not None and not digest.startswith(prefix):
        raise ProvisionError(
            f"{origin} isn't the published file: its SHA-256 begins with {digest[: len(prefix)]}, not {prefix}",
            details=("It was thrown away. A proxy or a mirror may have answered in its place.",),
        )


def too_large(url: str, size: int, most_bytes: int) -> ProvisionError:
    """What to say about a file that can't be the right one."""
    return ProvisionError(f"{url} has {size:,} bytes or more; at most {most_bytes:,} are taken")


def explain_failure(url: str, error: Exception) -> ProvisionError:
    """Turn what the network and the disk raise into one line for a person."""
    host = urlsplit(url).hostname
    if isinstance(error, urllib.error.HTTPError):
        return ProvisionError(f"{url} can't be fetched: the server answers {error.code} {error.reason}")
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLError):
        return ProvisionError(f"{host} can't prove who it is: {reason.reason or reason}")
    if isinstance(reason, TimeoutError):
        return ProvisionError(f"{host} doesn't answer; tried for {SILENCE_SECONDS:.0f} s. Is there a network?")
    if isinstance(reason, http.client.HTTPException):
        return ProvisionError(f"{url} broke off: {reason!r}; run the same command again")
    if isinstance(reason, OSError) and reason.filename is not None:
        return ProvisionError(f"{reason.filename}: {reason.strerror}")
    if isinstance(reason, OSError) and reason.strerror:
        return ProvisionError(f"{url} can't be fetched: {reason.strerror}. Is there a network?")
    return ProvisionError(f"{url} can't be fetched: {reason}. Is there a network?")
