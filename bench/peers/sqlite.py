"""SQLite from Python's library: FTS5 with trigrams over the description, B-trees, WAL, synchronous=FULL."""
import os
import sqlite3
import time

from .base import Peer, batches
from .questions import B_TREES, COLUMNS, DESCRIPTION, INTEGERS, KEYWORDS

TRANSACTION = 2000


class Sqlite(Peer):
    name, title, row_store = "sqlite", "SQLite", True
    note = ("synchronous=FULL, WAL, transactions of 2,000 events, 1 GB of cache, FTS5 trigrams over the description; "
            "asked in process")
    version = sqlite3.sqlite_version
    base = None

    def start(self):
        super().start()
        self.path = self.folder / "events.sqlite"
        self.base = sqlite3.connect(self.path, isolation_level=None)
        for pragma in ("journal_mode=wal", "synchronous=full", "cache_size=-1000000"):
            self.base.execute("pragma " + pragma)

    def create(self):
        def column(name):
            return name + (" integer primary key" if name == "id" else " integer" if name in INTEGERS else " text")

        self.base.execute(f"create table ev({','.join(map(column, COLUMNS))})")
        for number, of in enumerate(B_TREES):
            self.base.execute(f"create index i{number} on ev({of})")
        self.base.execute("create virtual table ft using "
                          "fts5(descr, content=ev, content_rowid=id, tokenize='trigram', detail=none)")

    def load(self, tsv, count):
        self.create()
        insert = f"insert into ev values({','.join('?' * len(COLUMNS))})"
        begun = time.monotonic()
        for lines in batches(tsv, TRANSACTION):
            rows = [line.rstrip("\n").split("\t") for line in lines]
            self.base.execute("begin")
            self.base.executemany(insert, rows)
            self.base.executemany("insert into ft(rowid,descr) values(?,?)",
                                  [(row[0], row[DESCRIPTION]) for row in rows])
            self.base.execute("commit")
        seconds = time.monotonic() - begun
        self.base.execute("pragma wal_checkpoint(truncate)")
        return seconds, os.path.getsize(self.path)

    def sql(self, name):
        """Times are texts, as Daybook writes them; a keyword is found through the FTS table."""
        sql = super().sql(name).replace("'2026-10-12 00:00:00'", "'2026-10-12'")
        if name in KEYWORDS:
            sql = sql.replace("select * from ev where descr", "select ev.* from ft join ev on ev.id=ft.rowid "
                              "where ft.descr").replace("order by ts", "order by ev.ts")
        return sql

    def sql_to_compare(self, name):
        return super().sql_to_compare(name).replace("select ev.* from", "select ev.ts from")

    def times(self, sql, runs):
        times = []
        for _ in range(runs):
            begun = time.perf_counter()
            self.base.execute(sql).fetchall()
            times.append((time.perf_counter() - begun) * 1000)
        return times

    def rows(self, sql):
        return [list(map(str, row)) for row in self.base.execute(sql)]

    def stop(self):
        if self.base:
            self.base.close()
        super().stop()
