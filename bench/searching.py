"""`python -m bench.searching [ROWS …]`: a search by the index beside one that reads all texts, on both databases.

Both run in one process, in turns; the least of five times is printed: of the processor on SQLite, of the clock where a
server does the work. The records are as short as customers are."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import func, insert, select, text

from engine.definitions.compile import app_from
from engine.runtime.services import reading
from engine.runtime.services.reading import Query
from engine.runtime.services.site import Site
from engine.runtime.storage import search_index, searching
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from tests.clusters import NoServer, fresh_database, running_cluster

APP = """
app: bench
languages: [zh]
timezone: Asia/Shanghai
objects:
  customer:
    name: 客户
    key: code
    title: "{code} {name}"
    fields: {code: {type: text, unique: true}, name: text, person: {type: text, search: true},
             phone: {type: text, search: true}}
access: {customer: {everyone: full}}
"""
GIVEN = ("伟芳娜敏静强磊军洋勇艳杰涛明超秀兰霞平刚桂英华玉建国文辉力健世广志义兴良海山"
         "仁波宁贵福生龙元全胜学祥才发武新利清飞彬富顺信子")
FAMILY = "张王李赵刘陈杨黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
CITIES = ("上海", "北京", "广州", "深圳", "杭州", "苏州", "宁波", "温州", "成都", "武汉")
TRADES = ("轴承", "机械", "贸易", "电子", "五金", "化工", "食品", "科技")
WORDS = ("张伟明", "张伟", "C000777", "000777", "13800", "上海 张伟", "轴承", "有限公司", "张", "zzz")
ROUNDS = 5


def rows(count: int) -> Iterator[dict[str, object]]:
    """Customers with their texts."""
    chance = random.Random(7)  # noqa: S311
    moment = "2026-05-04 00:00:00+00:00"
    for n in range(count):
        name = f"{chance.choice(CITIES)}{''.join(chance.choices(GIVEN, k=2))}{chance.choice(TRADES)}有限公司"
        person = chance.choice(FAMILY) + "".join(chance.choices(GIVEN, k=2))
        values = {"code": f"C{n:06d}", "name": name, "person": person, "phone": f"138{chance.randrange(10**8):08d}"}
        yield {**values, "version": 1, "created_at": moment, "changed_at": moment,
               "search_text": f"|{values['code'].lower()}|{name}|\n|{person}|{values['phone']}|"}


def fill(site: Site, count: int) -> float:
    """Put the records there; the processor's microseconds of a record that the index cost."""
    with site.database.write() as connection:
        live = site.live(connection, "bench")
        table, number = live.tables.objects["customer"], live.numbers["customer"]
        batch: list[dict[str, object]] = []
        moment = site.now()
        for row in rows(count):
            batch.append({**row, "created_at": moment, "changed_at": moment})
            if len(batch) == 5000:
                connection.execute(insert(table), batch)
                batch = []
        if batch:
            connection.execute(insert(table), batch)
        began = time.process_time()
        search_index.rebuild(connection, number, table)
        spent = time.process_time() - began
    if site.database.dialect == "postgresql":
        with site.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return 1e6 * spent / count


def by_like(tx: Tx, words: str) -> int:
    """The fifty newest whose texts hold the words, as it was before there was an index."""
    table = tx.live.tables.objects["customer"]
    found = [table.c.search_text.contains(word, autoescape=True) for word in searching.sought(words).words]
    query = select(table).where(*found, table.c.deleted_at.is_(None)).order_by(table.c.id.desc()).limit(51)
    tx.connection.execute(select(func.count()).select_from(query.limit(1001).subquery())).scalar_one()
    return len(tx.connection.execute(query).all()[:50])


def by_index(tx: Tx, words: str) -> int:
    """The same through the list, with its rank."""
    return len(reading.page(tx, "customer", Query(search=words, count="capped")).items)


def spent(site: Site, work: Callable[[Tx, str], int], words: str) -> tuple[float, int]:
    clock = time.perf_counter if site.database.dialect == "postgresql" else time.process_time
    began = clock()
    with site.read("bench", SERVICE) as tx:
        found = work(tx, words)
    return 1000 * (clock() - began), found


def measure(name: str, url: str, count: int) -> None:
    """Fill a database and search it both ways."""
    site = Site(Database(url))
    site.publish(app_from(APP).texts)
    print(f"{name} {count:,} rows: indexing {fill(site, count):.0f} µs a record of this process", flush=True)
    for words in WORDS:
        times: dict[str, list[float]] = {"like": [], "index": []}
        for _ in range(ROUNDS):
            one, before = spent(site, by_like, words)
            other, after = spent(site, by_index, words)
            times["like"].append(one)
            times["index"].append(other)
            assert before == after, (words, before, after)
        like, index = min(times["like"]), min(times["index"])
        ratio = f"{like / index:7.1f} ×  {after} rows"
        print(f"  {words:<10} LIKE {like:8.1f} ms  index {index:7.1f} ms  {ratio}", flush=True)
    site.database.close()


def main() -> None:
    """Every size on SQLite and, if there is a server, on PostgreSQL."""
    sizes = [int(one.replace("_", "")) for one in sys.argv[1:]] or [100_000, 1_000_000]
    for count in sizes:
        with tempfile.TemporaryDirectory(prefix="formwork-bench-") as folder:
            measure("SQLite", f"sqlite:///{Path(folder) / 'bench.db'}", count)
    try:
        with running_cluster() as address:
            for count in sizes:
                with fresh_database(address, f"bench_{count}") as url:
                    measure("PostgreSQL", url, count)
    except NoServer as reason:
        print(reason)


if __name__ == "__main__":
    main()
