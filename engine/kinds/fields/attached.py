"""What kinds share that hold files: the value, what a door gives for one, the options. Not a kind itself."""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.fields import media
from engine.kinds.fields.base import Field, Unfit
from engine.suggest import did_you_mean
from engine.texts import Text, say

if TYPE_CHECKING:
    from sqlalchemy import Column

MEGABYTE = 1_048_576
LARGEST = 20 * MEGABYTE
LONGEST_NAME = 200
UNITS = {"kb": 1_024, "mb": MEGABYTE}
SIZE = re.compile(r"\s*(\d{1,6}(?:\.\d{1,3})?)\s*([a-z]{2})\s*", re.IGNORECASE)
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
# Control characters, and those that turn the direction of what follows: `exe.fdp` must not read `pdf.exe`.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
APART = re.compile(r"[\\/]")
ACCEPT: Mapping[str, Any] = {
    "accept": {"type": ["string", "array"], "items": {"type": "string"}, "slot": "P[]",
               "description": "the sorts of files that are taken: pdf, png, image, office"},
    "size": {"type": "string", "slot": "P", "description": "the largest file: 5 MB (20 MB at most, also without it)"},
}


class Attached(str):
    """A file that a record holds. As a text it is the file's name; two are equal if they are the same upload.

    `token` names the upload, `digest` is the SHA-256 of the content, `size` its bytes, `type` its media type."""

    token: str
    digest: str
    size: int
    type: str

    def __new__(cls, name: str, token: str, digest: str, size: int, type: str) -> Attached:
        made = super().__new__(cls, name)
        made.token, made.digest, made.size, made.type = token, digest, size, type
        return made

    @property
    def name(self) -> str:
        return str.__str__(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Attached) and other.token != self.token:
            return False
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def stored(self) -> list[Any]:
        """What the second column keeps."""
        return [self.token, self.digest, self.size, self.type]

    def document(self) -> dict[str, Any]:
        """For the API."""
        return {"id": self.token, "name": self.name, "size": self.size, "type": self.type, "sha256": self.digest}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a door names by the token of its upload; it has not been looked up yet."""

    token: str


@dataclass(frozen=True, slots=True)
class Inline:
    """A small file whose content came along with the values."""

    name: str
    content: bytes


def clean_name(raw: str) -> str:
    """A file's name as it is kept: its last part, composed, nothing unseen in it, 200 characters at most."""
    last = APART.split(raw)[-1]
    name = " ".join(UNSEEN.sub("", unicodedata.normalize("NFC", last)).split()).strip(". ")
    stem, point, end = name.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(end) - 1]}.{end}" if point and len(end) < 12 else name[:LONGEST_NAME]


def bytes_of(text: str) -> int | None:
    """`5 MB` as bytes; None for what is no size."""
    match = SIZE.fullmatch(text)
    unit = UNITS.get(match[2].lower()) if match else None
    return None if match is None or unit is None else int(float(match[1]) * unit)


def shown_size(size: int) -> str:
    """Bytes for people: `340 KB`, `1.5 MB`."""
    if size >= MEGABYTE:
        return f"{size / MEGABYTE:.1f} MB".replace(".0 ", " ")
    return f"{max(1, round(size / 1_024))} KB"


def read_one(raw: object) -> Attached | Upload | Inline | None:
    """One file as any door gives it: a token, the API's document of it, or `{name, text}` or `{name, base64}`."""
    if raw is None or isinstance(raw, (Attached, Upload, Inline)):
        return raw
    if isinstance(raw, str):
        return None if not raw.strip() else Upload(raw.strip())
    if not isinstance(raw, Mapping):
        raise Unfit(UNCLEAR)
    if isinstance(raw.get("id"), str):
        return Upload(raw["id"])
    name, text, coded = raw.get("name"), raw.get("text"), raw.get("base64")
    if not isinstance(name, str) or not isinstance(text if coded is None else coded, str) or len(raw) != 2:
        raise Unfit(UNCLEAR)
    try:
        content = str(text).encode() if coded is None else base64.b64decode(str(coded), validate=True)
    except (binascii.Error, ValueError):
        raise Unfit(say("base64 不可读", "the base64 cannot be read")) from None
    return Inline(clean_name(name), content)


UNCLEAR = say(
    "请给出已上传文件的 id，或 {name, text}、{name, base64}",
    "give the id of an uploaded file, or {name, text} or {name, base64}",
)


@dataclass(frozen=True, kw_only=True)
class Attachment(Field):
    """One file. Its first column is the name, by which expressions, filters and the search see it; the second keeps
    the upload."""

    widget: ClassVar[str] = "file"
    told: ClassVar[bool] = False
    operators: ClassVar[tuple[str, ...]] = ("contains", "is blank", "is not blank")
    options_schema: ClassVar[Mapping[str, Any]] = ACCEPT
    takes: ClassVar[tuple[str, ...]] = tuple(media.SORTS)     # extensions that the kind takes without `accept`

    accept: tuple[str, ...] = ()
    size: str = ""

    @property
    def extensions(self) -> tuple[str, ...]:
        """The ends of names that are taken."""
        return media.spelled(self.accept) or self.takes

    @property
    def largest(self) -> int:
        """The bytes that a file may have."""
        return min(bytes_of(self.size) or LARGEST, LARGEST)

    @property
    def second(self) -> str:
        """The column that keeps the upload."""
        return f"{self.name}__file"

    def columns(self) -> tuple[Column[Any], ...]:
        from sqlalchemy import Column, Text

        return (Column(self.name, Text), Column(self.second, Text))

    def column_names(self) -> tuple[str, ...]:
        return (self.name, self.second)

    def from_row(self, row: Mapping[str, Any]) -> Any:
        name, kept = row[self.name], row[self.second]
        return None if name is None or kept is None else Attached(name, *json.loads(kept))

    def to_row(self, value: Any) -> dict[str, Any]:
        """Of an `Attached` or None; an upload must have been looked up before (ValueError)."""
        if value is None:
            return {self.name: None, self.second: None}
        return {self.name: self._looked_up(value).name, self.second: json.dumps(value.stored())}

    def _looked_up(self, value: Any) -> Attached:
        if not isinstance(value, Attached):
            raise ValueError(f"{self.name}: {value!r} was not looked up")
        return value

    def misfits(self) -> Iterator[tuple[str, Text]]:
        for word in media.spelled(self.accept):
            if word not in self.takes:
                hint = did_you_mean(word, (*self.takes, *media.GROUPS)) or ", ".join(self.takes)
                text = say("不接受的文件类型 {word}；{hint}", "{word} is no sort of files that is taken here; {hint}",
                           word=word, hint=hint)
                yield "accept", text
        asked = bytes_of(self.size) if self.size else LARGEST
        if asked is None or not 0 < asked <= LARGEST:
            yield "size", say("请写作 500 KB 或 5 MB，最多 20 MB", "write it as 500 KB or 5 MB, 20 MB at most")
        for key in ("default", "formula"):
            if getattr(self, key) is not None:
                yield key, say("文件只能上传", "a file can only be uploaded")

    def parse(self, raw: object) -> Any:
        return read_one(raw)

    def fit(self, value: Any) -> Any:
        """A file that another field holds; nothing else computes one."""
        if value is None or isinstance(value, Attached):
            return value
        raise Unfit(say("文件只能上传，不能计算", "a file is uploaded, not computed"))

    def format(self, value: Any, language: str) -> str:
        return value.name if isinstance(value, Attached) else ""

    def to_json(self, value: Any) -> Any:
        return value.document() if isinstance(value, Attached) else None

    def to_input(self, value: Any) -> str:
        return value.token if isinstance(value, Attached) else ""
