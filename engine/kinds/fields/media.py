"""What a file is, by its own bytes: the sorts that are known, and whether a name and a content agree. Not a kind."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

HEAD = 4_096                                   # so many bytes of a file tell its sort
UNKNOWN = "application/octet-stream"
OFFICE = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of files: its media type, and the form that its bytes have."""

    media: str
    form: str


SORTS: Mapping[str, Sort] = {
    "pdf": Sort("application/pdf", "pdf"),
    "png": Sort("image/png", "png"),
    "jpg": Sort("image/jpeg", "jpg"),
    "jpeg": Sort("image/jpeg", "jpg"),
    "gif": Sort("image/gif", "gif"),
    "webp": Sort("image/webp", "webp"),
    "bmp": Sort("image/bmp", "bmp"),
    "tif": Sort("image/tiff", "tiff"),
    "tiff": Sort("image/tiff", "tiff"),
    "heic": Sort("image/heic", "heic"),
    "docx": Sort(f"{OFFICE}wordprocessingml.document", "docx"),
    "xlsx": Sort(f"{OFFICE}spreadsheetml.sheet", "xlsx"),
    "pptx": Sort(f"{OFFICE}presentationml.presentation", "pptx"),
    "odt": Sort("application/vnd.oasis.opendocument.text", "opendocument"),
    "ods": Sort("application/vnd.oasis.opendocument.spreadsheet", "opendocument"),
    "doc": Sort("application/msword", "ole"),
    "xls": Sort("application/vnd.ms-excel", "ole"),
    "ppt": Sort("application/vnd.ms-powerpoint", "ole"),
    "txt": Sort("text/plain", "text"),
    "md": Sort("text/markdown", "text"),
    "csv": Sort("text/csv", "text"),
    "json": Sort("application/json", "text"),
    "zip": Sort("application/zip", "zip"),
    "7z": Sort("application/x-7z-compressed", "7z"),
    "rar": Sort("application/vnd.rar", "rar"),
    "mp3": Sort("audio/mpeg", "mp3"),
    "m4a": Sort("audio/mp4", "mp4"),
    "mp4": Sort("video/mp4", "mp4"),
    "mov": Sort("video/quicktime", "mp4"),
    "dwg": Sort("image/vnd.dwg", "dwg"),
    "eml": Sort("message/rfc822", "text"),
}
PICTURES = ("png", "jpg", "jpeg", "gif", "webp")    # what every browser draws
GROUPS: Mapping[str, tuple[str, ...]] = {
    "image": PICTURES,
    "office": ("docx", "xlsx", "pptx", "odt", "ods", "doc", "xls", "ppt"),
    "text": ("txt", "md", "csv"),
    "video": ("mp4", "mov"),
    "audio": ("mp3", "m4a"),
}
PARTS = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
STARTS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"), (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg"), (b"GIF87a", "gif"), (b"GIF89a", "gif"),
    (b"BM", "bmp"), (b"II*\0", "tiff"), (b"MM\0*", "tiff"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "rar"),
    (b"ID3", "mp3"), (b"\xff\xfb", "mp3"), (b"\xff\xf3", "mp3"), (b"AC10", "dwg"),
)
HEICS = (b"heic", b"heix", b"mif1", b"msf1")


def extension(name: str) -> str:
    """The end of a file's name in small letters, without the point; blank where there is none."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def spelled(words: tuple[str, ...]) -> tuple[str, ...]:
    """Extensions that `accept` stands for: `.PDF` is pdf, `image` all pictures."""
    found: list[str] = []
    for word in words:
        bare = word.strip().lstrip(".").lower().removesuffix("/*")
        found += GROUPS.get(bare, (bare,))
    return tuple(dict.fromkeys(found))


def form_of(head: bytes, whole: bytes | None = None) -> str:
    """The form that the first bytes tell: `pdf`, `png`, `text`; blank for what none of the known sorts begins with.

    `whole` are all bytes where they are at hand: only they tell an office document from another archive."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return "heic" if head[8:12] in HEICS else "mp4"
    found = next((form for start, form in STARTS if head.startswith(start)), "")
    if found == "zip" and whole is not None:
        return _zipped(whole)
    return found or ("text" if _is_text(head) else "")


def agrees(name: str, form: str) -> bool:
    """Whether the end of a name is that of a known sort whose bytes have this form."""
    sort = SORTS.get(extension(name))
    return sort is not None and sort.form == form


def media_of(name: str) -> str:
    """The media type by the end of a name (which has been compared with the content)."""
    sort = SORTS.get(extension(name))
    return UNKNOWN if sort is None else sort.media


def is_picture(name: str) -> bool:
    """Whether browsers draw it."""
    return extension(name) in PICTURES


def _is_text(head: bytes) -> bool:
    """Text of any usual encoding: no byte that texts do not have."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    return not any(byte < 9 or 13 < byte < 32 and byte != 27 for byte in head)


def _zipped(whole: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return ""
    if "mimetype" in names:
        return "opendocument"
    if "[Content_Types].xml" not in names:
        return "zip"
    return next((form for start, form in PARTS.items() if any(name.startswith(start) for name in names)), "zip")
