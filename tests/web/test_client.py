"""A client that a generator has made from the OpenAPI document works against a server."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import unavailable
from tests.faults.servers import running
from tests.web.doors import Door, peopled
from tests.web.test_tokens import MORE, WITH_FILES


def generated(document: Any, folder: Path) -> str:
    """The name of a package made from the document; a warning of the generator is a failure."""
    (folder / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "settings.yml").write_text("post_hooks: []", encoding="utf-8")
    command = [
        sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--output-path",
        "shop_client", "--meta", "none", "--config", "settings.yml", "--fail-on-warning",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return "shop_client"


def test_a_generated_client_works(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        importlib.import_module("openapi_python_client")
    except ImportError:
        unavailable("openapi-python-client is not installed")
    shop = peopled(sqlite_url, WITH_FILES + MORE)
    shop.stocked(Bolt=100)
    door = Door(shop)
    caller = door.program("li")
    name = generated(caller.get("/api/shop/openapi.json").json, tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def part(path: str) -> Any:
        return importlib.import_module(f"{name}.{path}")

    token = caller.headers["Authorization"].removeprefix("Bearer ")
    with running(door.app) as port:
        models = part("models")
        client = part("client").AuthenticatedClient(base_url=f"http://127.0.0.1:{port}", token=token)
        with client as open_client:
            acme = models.CustomerInput(name="Acme")
            customer = part("api.customer.create_customer").sync(client=open_client, body=acme)
            assert customer.id == 1 and customer.name == "Acme" and customer.owner.title == "Li"
            line = models.SaleLinesInput(product="Bolt", qty="2.5")
            wanted = models.SaleInput(customer=customer.id, lines=[line])
            sale = part("api.sale.create_sale").sync(client=open_client, body=wanted)
            assert (sale.total, sale.lines[0].product.title, sale.state) == ("25.00", "Bolt", "draft")
            done = part("api.sale.act_submit_sale").sync(sale.id, client=open_client)
            assert done.state == "approved"
            page = part("api.sale.list_sale").sync(client=open_client, filter_="total > 20", limit=5)
            assert [one.id for one in page.items] == [sale.id] and page.next_ is None
            refused = part("api.sale.create_sale").sync_detailed(client=open_client, body=models.SaleInput(lines=[]))
            assert refused.status_code == 422 and isinstance(refused.parsed, models.Problem)
            assert "customer" in {error.field for error in refused.parsed.errors}
            stock = part("api.default.balances_stock").sync(client=open_client)
            assert stock.rows
            told = part("api.sale.history_sale").sync(sale.id, client=open_client)
            assert told.items[-1].event == "created"
            may = part("api.sale.allowed_sale").sync(sale.id, client=open_client)
            assert may.actions.additional_properties["cancel"].ok is True
    shop.site.database.close()
