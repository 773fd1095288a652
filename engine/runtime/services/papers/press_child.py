"""Sets a paper as PDF, in a process of its own with little memory and time, and without a network.

It is run by its path, not imported: it must know nothing of the engine, so that it starts at once. By the standard
input comes JSON: `paper` (what is set, see paper.typ), `pictures` (name → base64) and `fonts` (folders); the PDF goes
out by the standard output. Nothing of the paper becomes source: the template reads it as data. Arguments: bytes of
memory, seconds. Ends with 3 where the paper cannot be set, with 4 where no font has its Chinese characters."""

import base64
import json
import os
import re
import runpy
import sys
from pathlib import Path

JAIL = Path(__file__).parent.parent / "jail.py"
TEMPLATE = Path(__file__).with_name("paper.typ")
CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
# The first that is there is taken; those with Chinese characters first.
FAMILIES = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC", "Microsoft YaHei",
    "HarmonyOS Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "SimHei",
    "Noto Serif CJK SC", "SimSun",
)
OTHERS = ("Noto Sans", "Inter", "DejaVu Sans", "Liberation Sans", "Arial", "Helvetica", "Libertinus Serif")
CANNOT, NO_FONT = 3, 4


def main(memory: int, seconds: int) -> None:
    """Write the PDF to the standard output."""
    given = json.load(sys.stdin.buffer)
    runpy.run_path(str(JAIL))["enclose"](memory, seconds)
    os.environ["RAYON_NUM_THREADS"] = "1"
    import typst  # after the limits: it is the library that they are for

    fonts = typst.Fonts(font_paths=[one for one in given["fonts"] if os.path.isdir(one)])
    known = set(fonts.families())
    chinese = [name for name in FAMILIES if name in known]
    data = json.dumps(given["paper"], ensure_ascii=False)
    if not chinese and CHINESE.search(data):
        raise SystemExit(NO_FONT)
    families = json.dumps([*chinese[:1], *(name for name in OTHERS if name in known)])
    here = Path.cwd()                          # an empty folder: nothing else can be read by a template
    for name, content in given["pictures"].items():
        (here / Path(name).name).write_bytes(base64.b64decode(content))
    main = here / "main.typ"
    main.write_bytes(TEMPLATE.read_bytes())
    try:
        made: bytes = typst.compile(main, root=here, font_paths=fonts, sys_inputs={"data": data, "fonts": families})
    except typst.TypstError as error:
        sys.stderr.write(str(error))
        raise SystemExit(CANNOT) from None
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
