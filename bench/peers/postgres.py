"""PostgreSQL from Debian: a cluster of its own in the work folder, on a Unix socket alone, with pg_trgm."""
import contextlib
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile
import time

from .base import Absent, Peer, batches, program
from .questions import B_TREES, COLUMNS, INTEGERS

BATCH = 20_000
USER = "postgres"  # the server refuses to run as root
SETTINGS = {"shared_buffers": "2GB", "max_wal_size": "8GB", "synchronous_commit": "on", "fsync": "on",
            "timezone": "UTC", "listen_addresses": ""}
END = "(end of answer)"


class Postgres(Peer):
    name, title, row_store = "postgres", "PostgreSQL", True
    day = "date_trunc('day', ts)"
    note = ("synchronous_commit=on, shared_buffers 2 GB, max_wal_size 8 GB, COPY of 20,000 events, pg_trgm over the "
            "description; vacuum analyze after the load; times are psql's \\timing")
    socket = psql = None

    def start(self):
        initdb = program("initdb", *sorted(map(str, pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")))[::-1])
        self.bin = pathlib.Path(initdb).resolve().parent
        self.version = subprocess.run([initdb, "--version"], stdout=subprocess.PIPE, text=True).stdout.split()[2]
        super().start()
        self.socket = tempfile.mkdtemp(prefix="daybook-bench-")  # a socket's path is short
        self.data = self.folder / "data"
        if os.getuid() == 0:
            self.give_to_user()
        self.run("initdb", "-D", self.data, "--locale=C", "--encoding=UTF8", "--auth=trust", "--username=bench")
        options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
        self.run("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "start",
                 "-o", f"{options} -c unix_socket_directories='{self.socket}'")
        psql = self.as_user(self.bin / "psql", "-qAtX", "-F", "\t", "-h", self.socket, "-U", "bench", "-d", "postgres")
        self.psql = subprocess.Popen(psql, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                     text=True, cwd="/")

    def give_to_user(self):
        try:
            user = pwd.getpwnam(USER)
        except KeyError:
            raise Absent(f"it does not run as root, and there is no user {USER}") from None
        for folder in (self.folder, self.socket):
            os.chown(folder, user.pw_uid, user.pw_gid)
        if subprocess.run(self.as_user("test", "-w", self.folder), cwd="/").returncode:
            raise Absent(f"it does not run as root, and the user {USER} cannot reach {self.folder}")

    def as_user(self, *command):
        return [*(["runuser", "-u", USER, "--"] if os.getuid() == 0 else []), *map(str, command)]

    def run(self, name, *arguments):
        done = subprocess.run(self.as_user(self.bin / name, *arguments), stdin=subprocess.DEVNULL, cwd="/", text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stdout.strip()}")

    def ask(self, text):
        """Sends commands to psql; gives the lines it prints."""
        self.psql.stdin.write(f"{text}\n\\echo {END}\n")
        self.psql.stdin.flush()
        lines = []
        for line in iter(self.psql.stdout.readline, f"{END}\n"):
            if not line:
                raise RuntimeError(f"psql ended: {' '.join(lines[-3:])}")
            lines.append(line.rstrip("\n"))
        for line in lines:
            if line.startswith(("ERROR:", "FATAL:")):
                raise RuntimeError(f"psql: {line}")
        return lines

    def create(self):
        def column(name):
            return name + (" bigint primary key" if name == "id" else " timestamptz" if name == "ts" else
                           " int" if name in INTEGERS else " text")

        self.ask("create extension pg_trgm;")
        self.ask(f"create table ev({','.join(map(column, COLUMNS))});")
        for of in B_TREES:
            self.ask(f"create index on ev({of});")
        self.ask("create index on ev using gin (descr gin_trgm_ops);")

    def load(self, tsv, count):
        self.create()
        begun = time.monotonic()
        for lines in batches(tsv, BATCH):
            self.ask("copy ev from stdin;\n" + "".join(lines) + "\\.")
        seconds = time.monotonic() - begun
        self.ask("vacuum analyze ev;")
        return seconds, int(self.ask("select pg_total_relation_size('ev');")[0])

    def times(self, sql, runs):
        lines = self.ask("\\timing on\n\\o /dev/null\n" + f"{sql};\n" * runs + "\\o\n\\timing off")
        times = [float(found[1]) for found in (re.match(r"Time: ([\d.]+) ms", line) for line in lines) if found]
        return times

    def rows(self, sql):
        return [line.split("\t") for line in self.ask(sql + ";")]

    def stop(self):
        if self.socket and (self.data / "postmaster.pid").exists():
            self.run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
        if self.psql:
            with contextlib.suppress(BrokenPipeError):
                self.psql.stdin.close()
            self.psql.wait()
            self.psql.stdout.close()
        if self.socket:
            shutil.rmtree(self.socket, ignore_errors=True)
        super().stop()
