"""The peers that come from npm, driven through node.cjs: chDB (ClickHouse in process) and DuckDB."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess

from .base import Absent, Peer, program
from .questions import COLUMNS, FEW_VALUES, INTEGERS

BENCH = pathlib.Path(__file__).resolve().parents[1]
HEAP_MB = 8192  # an export of many events is one answer


class NodePeer(Peer):
    package = ""
    child = None

    def start(self):
        node = program("node")
        if not (BENCH / "node_modules" / self.package).exists():
            raise Absent(f"{self.package} is not installed (bench/run --install)")
        super().start()
        self.child = subprocess.Popen(
            [node, f"--max-old-space-size={HEAP_MB}", BENCH / "peers" / "node.cjs", self.name, self.folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=dict(os.environ, TZ="UTC"))
        self.version = self.ask(version=True)

    def ask(self, **request):
        self.child.stdin.write(json.dumps(request) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name}: node ended with status {self.child.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{self.name}: {answer['error']}")
        return answer["result"]

    def load(self, tsv, count):
        self.ask(create=f"create table ev({','.join(map(self.column, COLUMNS))}{self.indexes})")
        return self.ask(load=str(tsv), columns=COLUMNS, integers=sorted(INTEGERS))

    def times(self, sql, runs):
        return self.ask(times=sql, runs=runs)

    def rows(self, sql):
        return self.ask(rows=sql)

    def stop(self):
        if self.child:
            self.child.terminate()
            self.child.wait()
            with contextlib.suppress(BrokenPipeError):
                self.child.stdin.close()
            self.child.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Chdb(NodePeer):
    name, title, package = "chdb", "chDB", "chdb"
    text, day = "lower(descr)", "toDate(ts)"
    indexes = (", index ix_d lower(descr) type text(tokenizer = ngrams(3)), "
               "index ix_a aname type bloom_filter(0.01) granularity 1, "
               "index ix_ip ip type bloom_filter(0.01) granularity 1, "
               "index ix_t tdom type bloom_filter(0.01) granularity 1")
    note = ("MergeTree ordered by (tenant, ts), codecs, a text index over lower(description), bloom filters on user, "
            "address and domain, fsync_after_insert; one insert from the local file; optimize final after the load; "
            "asked in process")

    @staticmethod
    def column(name):
        return name + (" UInt64 CODEC(Delta,ZSTD(1))" if name == "id" else
                       " DateTime64(3,'UTC') CODEC(DoubleDelta,ZSTD(1))" if name == "ts" else
                       " UInt32 CODEC(ZSTD(1))" if name in INTEGERS else
                       " LowCardinality(String)" if name in FEW_VALUES else " String CODEC(ZSTD(1))")


class Duckdb(NodePeer):
    name, title, package = "duckdb", "DuckDB", "@duckdb/node-api"
    day, indexes = "cast(ts as date)", ""
    note = "no indexes but its own zone maps; one COPY from the local file and a checkpoint; asked in process"

    @staticmethod
    def column(name):
        return name + (" bigint" if name == "id" else " timestamp" if name == "ts" else
                       " int" if name in INTEGERS else " varchar")
