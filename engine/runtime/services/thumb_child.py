"""Draws a picture small, in a process of its own with little memory and time, and without a network.

It is run by its path, not imported: it must know nothing of the engine, so that it starts at once. The picture comes in
by the standard input and goes out, as WebP without anything else that the file held (place, camera, preview), by the
standard output. Arguments: pixels of the longer side, bytes of memory, seconds, the most pixels of the picture."""

import io
import runpy
import sys
from pathlib import Path

from PIL import Image, ImageOps

JAIL = Path(__file__).with_name("jail.py")
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


def main(side: int, memory: int, seconds: int, most: int) -> None:
    """Write the small picture to the standard output."""
    runpy.run_path(str(JAIL))["enclose"](memory, seconds)
    with Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=FORMATS) as picture:
        if picture.width * picture.height > most:      # told by its head, before a pixel is unpacked
            raise SystemExit(3)
        picture.draft("RGB", (side * 2, side * 2))     # of JPEG no more is unpacked than needed
        upright = ImageOps.exif_transpose(picture)
        small = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
        small.thumbnail((side, side))
        bare = Image.new(small.mode, small.size)
        bare.paste(small)
        bare.save(sys.stdout.buffer, "WEBP", quality=80)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:5]))
