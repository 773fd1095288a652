"""Opens a file of an import, inside its folder only, with the reader that its ending asks for. Knows no field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from engine.runtime.services.imports.delimited import delimited_grid
from engine.runtime.services.imports.headers import table_of
from engine.runtime.services.imports.json_lines import open_json_lines
from engine.runtime.services.imports.rows import MOST_BYTES, FileSpec, Grid, Opened, counted, unfit_file
from engine.runtime.services.imports.sheets import sheet_grid

GRIDS: Mapping[str, Callable[[Path, FileSpec], Grid]] = {
    ".csv": delimited_grid, ".tsv": delimited_grid, ".txt": delimited_grid,
    ".xlsx": sheet_grid, ".xlsm": sheet_grid, ".ods": sheet_grid,
}
JSON_LINES = (".jsonl", ".ndjson")
ENDINGS = (*GRIDS, *JSON_LINES)


def open_file(folder: Path, spec: FileSpec) -> Opened:
    """Columns and rows of the file. Raises `Invalid` where it is missing, outside the folder, too large or odd."""
    path = path_of(folder, spec)
    if path.suffix.lower() in JSON_LINES:
        opened = open_json_lines(path, spec)
    else:
        opened = table_of(GRIDS[path.suffix.lower()](path, spec), spec)
    return Opened(opened.columns, counted(spec.file, opened.rows))


def path_of(folder: Path, spec: FileSpec) -> Path:
    """Where the file is. Raises `Invalid` where it may not or cannot be read."""
    root = folder.resolve()
    path = (root / spec.file).resolve()
    if not path.is_relative_to(root):
        raise unfit_file(spec.file, "文件必须在导入文件夹之内", "the file must lie inside the import's folder")
    if not path.is_file():
        raise unfit_file(spec.file, "没有这个文件", "there is no such file")
    if path.stat().st_size > MOST_BYTES:
        raise unfit_file(spec.file, "文件过大，最多 1 GB", "the file is too large: 1 GB at most")
    if path.suffix.lower() not in ENDINGS:
        raise unfit_file(spec.file, "不认识的文件类型，可用：{known}", "unknown type of file; there are: {known}",
                         known=" ".join(ENDINGS))
    return path
