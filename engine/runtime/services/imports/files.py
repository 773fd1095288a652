"""Opens a file of an import, inside its folder only, with the reader that its ending asks for. Knows no field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from engine.runtime.services.imports.delimited import open_delimited
from engine.runtime.services.imports.json_lines import open_json_lines
from engine.runtime.services.imports.rows import MOST_BYTES, FileSpec, Opened, counted, unfit_file
from engine.runtime.services.imports.sheets import open_sheet

READERS: Mapping[str, Callable[[Path, FileSpec], Opened]] = {
    ".csv": open_delimited, ".tsv": open_delimited, ".txt": open_delimited,
    ".xlsx": open_sheet, ".xlsm": open_sheet, ".ods": open_sheet,
    ".jsonl": open_json_lines, ".ndjson": open_json_lines,
}


def open_file(folder: Path, spec: FileSpec) -> Opened:
    """Columns and rows of the file. Raises `Invalid` where it is missing, outside the folder, too large or odd."""
    root = folder.resolve()
    path = (root / spec.file).resolve()
    if not path.is_relative_to(root):
        raise unfit_file(spec.file, "文件必须在导入文件夹之内", "the file must lie inside the import's folder")
    if not path.is_file():
        raise unfit_file(spec.file, "没有这个文件", "there is no such file")
    if path.stat().st_size > MOST_BYTES:
        raise unfit_file(spec.file, "文件过大，最多 1 GB", "the file is too large: 1 GB at most")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise unfit_file(spec.file, "不认识的文件类型，可用：{known}", "unknown type of file; there are: {known}",
                         known=" ".join(READERS))
    opened = reader(path, spec)
    return Opened(opened.columns, counted(spec.file, opened.rows))
