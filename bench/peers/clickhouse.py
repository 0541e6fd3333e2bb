"""ClickHouse from Debian (18.16): a server of its own in the work folder, on free ports of the loopback."""
import http.client
import subprocess
import time
from urllib.parse import quote

from .base import Peer, batches, free_port, program
from .questions import COLUMNS, FEW_VALUES, INTEGERS

BATCH = 100_000
CONFIG = """<yandex>
  <logger><level>warning</level><log>{folder}/log</log><errorlog>{folder}/errors</errorlog></logger>
  <listen_host>127.0.0.1</listen_host><http_port>{http}</http_port><tcp_port>{tcp}</tcp_port>
  <path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path><user_files_path>{folder}/files/</user_files_path>
  <mark_cache_size>5368709120</mark_cache_size><uncompressed_cache_size>8589934592</uncompressed_cache_size>
  <keep_alive_timeout>600</keep_alive_timeout><timezone>UTC</timezone>
  <users_config>users.xml</users_config><default_profile>default</default_profile>
  <default_database>default</default_database>
</yandex>
"""
USERS = """<yandex>
  <profiles><default><max_memory_usage>10000000000</max_memory_usage>
    <allow_experimental_low_cardinality_type>1</allow_experimental_low_cardinality_type></default></profiles>
  <users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile>
    <quota>default</quota></default></users>
  <quotas><default></default></quotas>
</yandex>
"""


class ClickHouse(Peer):
    name, title = "clickhouse", "ClickHouse 18"
    order, day, instant = "ts desc, ms desc", "toDate(ts)", "ts, ms"
    note = ("MergeTree ordered by (tenant, ts), inserts of 100,000 events over HTTP; this version cannot fsync an "
            "insert: its load is not durable; optimize final after the load")
    server = connection = None

    def start(self):
        binary = program("clickhouse-server", "/usr/sbin/clickhouse-server")
        super().start()
        self.port = free_port()
        (self.folder / "users.xml").write_text(USERS)
        (self.folder / "config.xml").write_text(CONFIG.format(folder=self.folder, http=self.port, tcp=free_port()))
        self.server = subprocess.Popen([binary, f"--config-file={self.folder}/config.xml"], cwd=self.folder,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.connect()
        self.version = self.ask("select version()").decode().strip()

    def connect(self):
        end = time.monotonic() + 60
        while True:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port)
            try:
                return self.ask("select 1")
            except ConnectionRefusedError:
                if self.server.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("clickhouse-server does not start") from None
                time.sleep(0.1)

    def ask(self, sql, body=None):
        """Over one connection that is kept."""
        try:
            if body is None:
                self.connection.request("POST", "/", sql.encode())
            else:
                self.connection.request("POST", "/?query=" + quote(sql), body)
            answer = self.connection.getresponse()
            data = answer.read()
        except http.client.HTTPException:
            self.connection.close()  # the next question opens it again
            raise
        if answer.status != 200:
            raise RuntimeError("clickhouse: " + data.decode(errors="replace")[:300])
        return data

    def create(self):
        def column(name):
            return name + (" UInt64" if name == "id" else " DateTime, ms UInt16" if name == "ts" else
                           " UInt32" if name in INTEGERS else " LowCardinality(String)" if name in FEW_VALUES else
                           " String")

        self.ask(f"create table ev({','.join(map(column, COLUMNS))}) "
                 "engine=MergeTree partition by toYYYYMM(ts) order by (tenant, ts)")

    def load(self, tsv, count):
        self.create()
        begun = time.monotonic()
        for lines in batches(tsv, BATCH):
            rows = []
            for line in lines:  # its times hold seconds; milliseconds are a column of their own
                number, instant, rest = line.split("\t", 2)
                rows.append(f"{number}\t{instant[:10]} {instant[11:19]}\t{int(instant[20:23])}\t{rest}")
            self.ask("insert into ev format TabSeparated", "".join(rows).encode())
        seconds = time.monotonic() - begun
        self.ask("optimize table ev final")
        return seconds, int(self.ask("select sum(bytes_on_disk) from system.parts where table='ev' and active"))

    def times(self, sql, runs):
        times = []
        for _ in range(runs):
            begun = time.perf_counter()
            self.ask(sql)
            times.append((time.perf_counter() - begun) * 1000)
        return times

    def rows(self, sql):
        return [line.split("\t") for line in self.ask(sql).decode().splitlines()]

    def stop(self):
        if self.server:
            self.connection.close()
            self.server.terminate()
            try:
                self.server.wait(60)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()
        super().stop()
