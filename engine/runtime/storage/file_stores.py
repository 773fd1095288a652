"""Where the contents of files lie: under their SHA-256 in a folder, or in a bucket that speaks S3. Knows no record."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

CHUNK = 262_144
HEAD = 4_096
SPOOL = 1_048_576
DERIVED = "thumbs"                             # below the contents: what is made of them
HEX = frozenset("0123456789abcdef")


class TooLarge(Exception):
    """A content has more bytes than it may."""


class Missing(Exception):
    """There is no content of this digest."""


@dataclass(frozen=True, slots=True)
class Content:
    """A content that was put away: its SHA-256, its bytes, and its beginning."""

    digest: str
    size: int
    head: bytes


class Store(Protocol):
    """A place for contents. The same content put away twice is there once."""

    def put(self, stream: IO[bytes], most: int) -> Content:
        """Put a content away as it comes in; raises `TooLarge` beyond `most` bytes, keeping nothing."""

    def open(self, digest: str) -> IO[bytes]:
        """The content, to be read from its beginning; raises `Missing`."""

    def drop(self, digest: str, before: dt.datetime) -> bool:
        """Remove a content that was put away before this moment; whether it was."""

    def derived(self, digest: str) -> IO[bytes]:
        """What was made of a content (its small picture); raises `Missing`."""

    def derive(self, digest: str, made: bytes) -> None:
        """Keep what was made of a content; it leaves with it."""

    def digests(self) -> Iterator[tuple[str, dt.datetime]]:
        """Every content and when it was last put away."""


def copy(stream: IO[bytes], to: IO[bytes], most: int) -> Content:
    """Copy at most so many bytes and tell what they were; raises `TooLarge`."""
    digest, size, head = hashlib.sha256(), 0, b""
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > most:
            raise TooLarge
        if len(head) < HEAD:
            head += chunk[: HEAD - len(head)]
        digest.update(chunk)
        to.write(chunk)
    return Content(digest.hexdigest(), size, head)


def is_digest(text: str) -> bool:
    return len(text) == 64 and set(text) <= HEX


class Folder:
    """A folder: `ab/cdef…` by the digest, readable by its owner alone. Made when something is put into it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, digest: str) -> Path:
        return self.root / digest[:2] / digest[2:]

    def put(self, stream: IO[bytes], most: int) -> Content:
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        coming = self.root / f"coming-{uuid.uuid4().hex}"
        try:
            with coming.open("xb") as file:
                os.chmod(coming, 0o600)
                content = copy(stream, file, most)
                file.flush()
                os.fsync(file.fileno())
            place = self._path(content.digest)
            place.parent.mkdir(exist_ok=True, mode=0o700)
            coming.replace(place)              # also over an equal one: it counts as put away just now
        finally:
            coming.unlink(missing_ok=True)
        return content

    def open(self, digest: str) -> IO[bytes]:
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError:
            raise Missing(digest) from None

    def drop(self, digest: str, before: dt.datetime) -> bool:
        path = self._path(digest)
        try:
            if _changed(path) >= before:
                return False
            path.unlink()
        except FileNotFoundError:
            return False
        self._derived(digest).unlink(missing_ok=True)
        return True

    def _derived(self, digest: str) -> Path:
        return self.root / DERIVED / digest[:2] / digest[2:]

    def derived(self, digest: str) -> IO[bytes]:
        try:
            return self._derived(digest).open("rb")
        except FileNotFoundError:
            raise Missing(digest) from None

    def derive(self, digest: str, made: bytes) -> None:
        place, coming = self._derived(digest), self.root / f"coming-{uuid.uuid4().hex}"
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with coming.open("xb") as file:
                os.chmod(coming, 0o600)
                file.write(made)
            coming.replace(place)
        finally:
            coming.unlink(missing_ok=True)

    def digests(self) -> Iterator[tuple[str, dt.datetime]]:
        for folder in sorted(self.root.glob("[0-9a-f][0-9a-f]")):
            for path in sorted(folder.iterdir()):
                digest = folder.name + path.name
                if is_digest(digest):
                    yield digest, _changed(path)


def _changed(path: Path) -> dt.datetime:
    return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)


class Bucket:
    """A bucket of S3 or of a server that speaks it. `client` is boto3's; keys are the digests under a prefix."""

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self.client = client
        self.bucket = bucket
        self.prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""

    def put(self, stream: IO[bytes], most: int) -> Content:
        with tempfile.SpooledTemporaryFile(max_size=SPOOL) as spool:
            content = copy(stream, spool, most)
            spool.seek(0)
            self.client.upload_fileobj(spool, self.bucket, self.prefix + content.digest)
        return content

    def open(self, digest: str) -> IO[bytes]:
        return self._get(digest, self.prefix + digest)

    def _get(self, digest: str, key: str) -> IO[bytes]:
        try:
            found: IO[bytes] = self.client.get_object(Bucket=self.bucket, Key=key)["Body"]
        except self.client.exceptions.NoSuchKey:
            raise Missing(digest) from None
        return found

    def drop(self, digest: str, before: dt.datetime) -> bool:
        key = self.prefix + digest
        found = self.client.list_objects_v2(Bucket=self.bucket, Prefix=key, MaxKeys=1).get("Contents", ())
        if not found or found[0]["LastModified"] >= before:
            return False
        self.client.delete_object(Bucket=self.bucket, Key=key)
        self.client.delete_object(Bucket=self.bucket, Key=self._derived(digest))
        return True

    def _derived(self, digest: str) -> str:
        return f"{self.prefix}{DERIVED}/{digest}"

    def derived(self, digest: str) -> IO[bytes]:
        return self._get(digest, self._derived(digest))

    def derive(self, digest: str, made: bytes) -> None:
        self.client.upload_fileobj(io.BytesIO(made), self.bucket, self._derived(digest))

    def digests(self) -> Iterator[tuple[str, dt.datetime]]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        for page in pages:
            for one in page.get("Contents", ()):
                digest = one["Key"].removeprefix(self.prefix)
                if is_digest(digest):
                    yield digest, one["LastModified"]


def store_of(address: str, endpoint: str = "") -> Store:
    """The store of a setting: a path, or `s3://bucket/prefix` (`endpoint` for servers other than Amazon's).

    Raises ValueError for an address that is neither, ImportError where the library for S3 is not installed."""
    if "://" not in address:
        return Folder(Path(address))
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError(f"files must be a folder or s3://bucket/prefix, not “{address}”")
    import boto3  # the extra formwork[s3]

    return Bucket(boto3.client("s3", endpoint_url=endpoint or None), parts.netloc, parts.path)
