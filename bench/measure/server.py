"""A real Daybook server as a child process, and the HTTP client that loads it."""
import atexit
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("DAYBOOK", str(ROOT / "build" / "daybook"))
TOOLS = pathlib.Path(os.environ.get("DAYBOOK_BENCH_TOOLS", ROOT / "build" / "release" / "bench"))
KEY = "benchmark-operator-key-0123"
ENVIRONMENT = dict(os.environ, DAYBOOK_OPERATOR_KEY=KEY, DAYBOOK_KEY=KEY)
QUIET_S, QUIET_AT_MOST_S = 2.0, 3600
SEAL_AGE_ROWS = 8192  # as src/store/background.c: a memtable of so many is sealed within seconds
AT_WORK = ("daybook_seals_total", "daybook_compactions_total", "daybook_segments")


def tool(name, *arguments, **options):
    return subprocess.run([TOOLS / name, *map(str, arguments)], check=True, text=True, stdout=subprocess.PIPE,
                          env=ENVIRONMENT, **options).stdout


def load(*arguments):
    return json.loads(tool("http_load", *arguments))


class Server:
    def __init__(self, data):
        self.data = pathlib.Path(data)

    def start(self):
        """Gives the seconds until /readyz answers."""
        begun = time.monotonic()
        self.child = subprocess.Popen([PROGRAM, "serve", "--data", self.data, "--listen", "127.0.0.1:0"],
                                      env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        atexit.register(self.child.kill)  # whatever ends this program
        self.port = None
        while not self.port:
            line = self.child.stdout.readline()
            if not line:
                sys.exit("the server ended instead of starting")
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            self.port = found and int(found[1])
        self.get("/readyz")
        return time.monotonic() - begun

    def get(self, path):
        url = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": "Bearer " + KEY})) as answer:
            return answer.read().decode()

    def metrics(self):
        return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", self.get("/metrics"), re.MULTILINE)}

    def memory_bytes(self):
        """The most it held so far, and what it holds now."""
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        return {name: int(re.search(rf"{name}:\s+(\d+)", status)[1]) * 1024 for name in ("VmHWM", "VmRSS")}

    def cpu_seconds(self):
        ticks = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def wait_quiet(self):
        """Until sealing and merging have ended: for two seconds nothing waits to be sealed, nothing was sealed or
        merged, an aging memtable was sealed, and the process, which nobody asks anything else, takes no processor time (a
        merge under way shows only there). Gives the seconds of processor time that took."""
        begun = last_cpu = self.cpu_seconds()
        last, end, since = None, time.monotonic() + QUIET_AT_MOST_S, time.monotonic()
        while time.monotonic() - since < QUIET_S:
            metrics, cpu = self.metrics(), self.cpu_seconds()
            now = [metrics[name] for name in AT_WORK]
            aging = metrics["daybook_memtable_rows"] >= SEAL_AGE_ROWS
            if now != last or metrics["daybook_memtables_sealing"] or aging or cpu > last_cpu + 0.05:
                last, last_cpu, since = now, cpu, time.monotonic()
            if time.monotonic() > end:
                sys.exit(f"the server is still at work {QUIET_AT_MOST_S} s after the load")
            time.sleep(0.25)
        return last_cpu - begun

    def end(self, how=signal.SIGTERM):
        self.child.send_signal(how)
        self.child.wait()
        self.child.stdout.close()
        atexit.unregister(self.child.kill)

    def restart_cold(self):
        """A new process whose files the system's cache does not hold."""
        self.end()
        for path in self.data.rglob("*"):
            if path.is_file():
                with open(path, "rb") as file:
                    os.fsync(file.fileno())  # what is not written yet cannot be dropped
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return self.start()
