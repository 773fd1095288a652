"""Pictures that are drawn by the server: codes that a phone reads."""

from __future__ import annotations


def qr(text: str) -> str:
    """A QR code as an SVG in a `data:` address, black on white whatever the theme: scanners want it so."""
    import segno

    drawn: str = segno.make(text, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff")
    return drawn
