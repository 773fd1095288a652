"""A year of a wholesaler's invoice lines goes in whole: what its rules refuse is listed, the rest adds up."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine.definitions.compile import load
from engine.runtime.services import imports
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database
from tests.imports.shop import IMPORTER

ROOT = Path(__file__).parents[2]
SOURCE = ROOT.parent / "shared" / "data" / "online_retail" / "online_retail.csv.gz"
MAPPINGS = ROOT / "tests" / "data" / "online_retail"
LINES = 541_909
TOTAL = Decimal("9747747.934")
MOST_MEGABYTES = 300

pytestmark = pytest.mark.skipif(not SOURCE.is_file(), reason="the invoice lines are not beside the checkout")


def unpack(folder: Path, lines: int | None = None) -> Path:
    """The file, or its first lines without the last invoice, which they might cut."""
    path = folder / "online_retail.csv"
    with gzip.open(SOURCE, "rt", encoding="utf-8", newline="") as source, path.open("w", encoding="utf-8") as target:
        target.writelines(source if lines is None else islice(source, lines + 1))
    return path


def bring(site: Site, folder: Path) -> dict[str, imports.Report]:
    found = {}
    for name in ("products", "customers", "invoices"):
        mapping = imports.read_mapping((MAPPINGS / f"{name}.yaml").read_text(encoding="utf-8"), name)
        found[name] = imports.run(site, "retail", mapping, folder, IMPORTER)
    return found


def stored(site: Site) -> tuple[int, Decimal]:
    """How many lines there are, and what their amounts come to."""
    with site.read("retail", IMPORTER) as tx:
        lines = tx.live.tables.objects["invoice.lines"]
        count = tx.connection.execute(select(func.count()).select_from(lines)).scalar_one()
        return int(count), Decimal(tx.connection.execute(select(func.sum(lines.c.amount))).scalar_one())


def test_the_first_lines(database_url: str, tmp_path: Path) -> None:
    path = unpack(tmp_path, 3_000)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    database = Database(database_url)
    site = Site(database)
    app = load(MAPPINGS / "app.yaml").app
    assert app is not None
    site.publish(app.texts)
    reports = bring(site, tmp_path)
    assert [reports[name].failed for name in reports] == [0, 0, 0]
    assert reports["products"].created == len({row["StockCode"] for row in rows})
    assert reports["customers"].created == len({row["CustomerID"] for row in rows} - {""})
    assert reports["customers"].skipped == sum(not row["CustomerID"] for row in rows)
    assert reports["invoices"].created == len({row["InvoiceNo"] for row in rows})
    assert stored(site) == (len(rows), sum(int(row["Quantity"]) * Decimal(row["UnitPrice"]) for row in rows))
    again = bring(site, tmp_path)
    assert [(r.created, r.updated, r.failed) for r in again.values()] == [(0, 0, 0)] * 3
    database.close()


PROGRAM = """
import json, resource, sys
from pathlib import Path
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database
from engine.definitions.compile import load
from tests.imports.test_online_retail import MAPPINGS, bring, stored
site = Site(Database(sys.argv[1]))
site.publish(load(MAPPINGS / "app.yaml").app.texts)
reports = bring(site, Path(sys.argv[2]))
count, total = stored(site)
print(json.dumps({
    "lines": count, "total": str(total), "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    "created": {name: report.created for name, report in reports.items()},
    "rejected": [[error.row, error.column, error.message.to("en")] for error in reports["invoices"].errors],
}))
"""


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_all_lines_in_bounded_memory(database_url: str, tmp_path: Path) -> None:
    path = unpack(tmp_path)
    command = [sys.executable, "-c", PROGRAM, database_url, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    found = json.loads(done.stdout)
    with path.open(encoding="utf-8", newline="") as file:
        bad = {row["InvoiceNo"] for row in csv.DictReader(file) if Decimal(row["UnitPrice"]) < 0}
    with path.open(encoding="utf-8", newline="") as file:
        rejected = [row for row in csv.DictReader(file) if row["InvoiceNo"] in bad]
    assert len(found["rejected"]) == len(rejected) == 2, "the two adjustments of bad debt"
    assert all("may not be below" in message for _, _, message in found["rejected"])
    refused = sum(int(row["Quantity"]) * Decimal(row["UnitPrice"]) for row in rejected)
    assert found["lines"] + len(rejected) == LINES
    assert Decimal(found["total"]) + refused == TOTAL
    assert found["created"] == {"products": 4_070, "customers": 4_372, "invoices": 25_898}
    assert found["megabytes"] <= MOST_MEGABYTES
