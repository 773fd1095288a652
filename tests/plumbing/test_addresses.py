"""Settings and files that cannot be read are told in a line, never with a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.main import main


@pytest.mark.parametrize("command", ["doctor", "verify", "restore"])
@pytest.mark.parametrize("address", ["nonsense", "postgresql://me:secret@host:port/x"])
def test_an_address_that_is_none(
    command: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", address)
    file = tmp_path / "a.backup"
    file.write_bytes(b"")
    with pytest.raises(SystemExit) as left:
        main([command, *([str(file)] if command == "restore" else [])])
    told = capsys.readouterr().err
    assert left.value.code == 2
    assert "DATABASE_URL is no address" in told
    assert "secret" not in told


def test_a_mapping_in_another_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'site.db'}")
    (tmp_path / "map.yaml").write_bytes("字段: [".encode("gbk"))
    with pytest.raises(SystemExit) as left:
        main(["import", "map.yaml"])
    assert left.value.code == 2
    assert "map.yaml is no mapping in UTF-8" in capsys.readouterr().err
