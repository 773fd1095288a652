"""Codes for scanners, drawn as SVG: bars and squares, black on white. Knows no record."""

from __future__ import annotations

from itertools import groupby

MOST_BARS, MOST_SQUARES = 80, 1000             # characters
HEIGHT = 0.2                                   # of the width of bars
QUIET = 11                                     # modules on both sides that stay white


def qr(text: str) -> str:
    """A square code; blank where there is none of this text."""
    import segno

    if not text or len(text) > MOST_SQUARES:
        return ""
    drawn: str = segno.make(text, error="m", micro=False).svg_inline(scale=4, border=2, dark="#000", light="#fff")
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def bars(text: str) -> str:
    """Bars: EAN 13 for a trade number with its check digit, else Code 128; blank for what neither can hold."""
    if not text or len(text) > MOST_BARS or not all(" " <= letter <= "~" for letter in text):
        return ""
    pattern = _pattern(text)
    wide = len(pattern) + 2 * QUIET
    high = round(wide * HEIGHT)
    place, drawn = QUIET, []
    for module, run in groupby(pattern):
        length = len(list(run))
        if module == "1":
            drawn.append(f"M{place} 0h{length}v{high}h-{length}z")
        place += length
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide * 2}" height="{high * 2}">'
        f'<path d="M0 0h{wide}v{high}h-{wide}z" fill="#fff"/><path d="{"".join(drawn)}" fill="#000"/></svg>'
    )


def _pattern(text: str) -> str:
    """One letter per module: 1 is black."""
    from barcode.codex import Code128
    from barcode.ean import EuropeanArticleNumber13

    if _trade_number(text):
        return "".join(EuropeanArticleNumber13(text).build()).replace("G", "1")
    return "".join(Code128(text).build())


def _trade_number(text: str) -> bool:
    """Whether it is thirteen digits whose last one fits the others."""
    if len(text) != 13 or not text.isdigit():
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(text)) % 10 == 0
