"""`url`: one web address. Fetches nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from engine.kinds.fields.base import Unfit
from engine.kinds.fields.text import PlainText
from engine.texts import say


@dataclass(frozen=True, kw_only=True)
class WebAddress(PlainText):
    """An http or https address; other schemes could run code when clicked and are refused."""

    kind: ClassVar[str] = "url"
    compared: ClassVar[bool] = True
    widget: ClassVar[str] = "url"
    options_schema: ClassVar[Mapping[str, Any]] = {}

    def check_value(self, value: Any) -> None:
        super().check_value(value)
        if value is not None and not _is_web_address(value):
            raise Unfit(say("网址请写作 https://example.com", "write the address as https://example.com"))


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        plain = bool(parts.hostname) and parts.username is None and " " not in value
        return plain and parts.scheme in ("http", "https")
    except ValueError:
        return False
