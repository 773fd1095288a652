"""`barcode`: the text behind a bar code or QR code. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.fields.base import Unfit
from engine.kinds.fields.text import PlainText
from engine.texts import say

DIGITS: Mapping[str, int] = {"ean13": 13, "ean8": 8, "upca": 12, "itf14": 14}
TEXTS = ("code128", "code39", "qr")
CODE39 = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ -.$/+%")


@dataclass(frozen=True, kw_only=True)
class Barcode(PlainText):
    """A code as a scanner gives it. Trade numbers have their length and check digit; other codes their alphabet."""

    kind: ClassVar[str] = "barcode"
    compared: ClassVar[bool] = True
    options_schema: ClassVar[Mapping[str, Any]] = {
        "kind": {
            "enum": [*TEXTS, *DIGITS], "attribute": "symbology",
            "description": "which code it is (code128 unless said); trade numbers are checked by their last digit",
        },
    }
    longest: ClassVar[int] = 200

    symbology: str = "code128"

    def check_value(self, value: Any) -> None:
        super().check_value(value)
        if value is None:
            return
        if self.symbology in DIGITS:
            _check_digits(value, DIGITS[self.symbology])
        elif self.symbology == "code39" and not set(value) <= CODE39:
            raise Unfit(say("Code 39 只能有大写字母、数字和 - . $ / + % 空格",
                            "Code 39 holds capitals, digits, spaces and - . $ / + % only"))
        elif self.symbology == "code128" and not value.isascii():
            raise Unfit(say("Code 128 只能有 ASCII 字符", "Code 128 holds ASCII characters only"))


def _check_digits(value: str, count: int) -> None:
    if not (value.isascii() and value.isdigit() and len(value) == count):
        raise Unfit(say("应为 {count} 位数字", "{count} digits are needed here", count=count))
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(value)))
    if weighed % 10:
        raise Unfit(say("校验位不对，请核对条码", "the check digit is wrong: look at the code again"))
