"""A real server for the end-to-end tests: starts, asks, kills it, and knows nothing of its inside.

Environment: DAYBOOK is the program (default build/daybook); DAYBOOK_SEED replays a random test."""
import atexit
import functools
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("DAYBOOK", str(ROOT / "build" / "daybook"))
KEY = "test-operator-key-0123456789"
START_LIMIT_S = 10.0
SKIPPED = 77
URL = re.compile(r"http://127\.0\.0\.1:(\d+)")


class Failure(Exception):
    """What a check says when it does not hold."""


def check(fact, *text):
    if not fact:
        raise Failure(" ".join(str(part) for part in text))


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def seed():
    """A random number, or DAYBOOK_SEED; printed, so that a failure can be replayed."""
    value = int(os.environ.get("DAYBOOK_SEED") or random.SystemRandom().getrandbits(32))
    print(f"seed {value} (replay: DAYBOOK_SEED={value})", flush=True)
    return value


def temporary_folder():
    path = tempfile.mkdtemp(prefix="daybook-e2e-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def canonical(event):
    """RFC 8785 for events whose numbers are integers, independent of the program's own."""
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def as_sent(event):
    """A stored event without what the server added."""
    event = dict(event)
    for name in ("id", "seq", "received_at", "summary"):
        event.pop(name, None)
    if "source" in event:
        event["source"] = {k: v for k, v in event["source"].items() if k not in ("peer_ip", "geo")}
    return event


class Client:
    """One keep-alive connection."""

    def __init__(self, port, timeout=60):
        self.port, self.timeout, self.connection = port, timeout, None

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def request(self, method, path, body=None, media="application/json", headers=None):
        """Gives (status, headers, body)."""
        if not self.connection:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        sent = {"Authorization": f"Bearer {KEY}"}
        if body is not None:
            sent["Content-Type"] = media
        sent.update(headers or {})
        try:
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except BaseException:
            self.close()
            raise

    def get(self, path, status=200, **parameters):
        if parameters:
            path += "?" + "&".join(f"{name.rstrip('_')}={quote(value)}" for name, value in parameters.items())
        got, _, body = self.request("GET", path)
        check(got == status, f"GET {path} answered {got}: {body[:500]!r}")
        return json.loads(body)

    def post(self, events, status=201):
        got, _, body = self.request("POST", "/v1/events", json.dumps(events).encode())
        check(got == status, f"POST answered {got} instead of {status}: {body[:500]!r}")
        return json.loads(body)

    def metrics(self):
        """What is not zero of /metrics, as text."""
        text = self.request("GET", "/metrics")[2].decode()
        return "\n".join(line for line in text.splitlines() if line[0] != "#" and not line.endswith(" 0"))

    def metric(self, name):
        found = re.search(rf"^{name} (\S+)$", self.request("GET", "/metrics")[2].decode(), re.MULTILINE)
        check(found, "there is no metric", name)
        return float(found[1])

    def wait_sealed(self):
        """Until full memtables have become segments; the server is asked, nothing is assumed."""
        end = time.monotonic() + 60
        while self.metric("daybook_memtable_rows") >= 131_072 or self.metric("daybook_segments") == 0:
            check(time.monotonic() < end, "nothing was sealed within 60 s:\n", self.metrics())

    def every(self, **parameters):
        """Each event found, page by page: unlike an export this is not recorded, and takes no number of any tenant."""
        cursor = {}
        while cursor is not None:
            page = self.get("/v1/events", limit=1000, **parameters, **cursor)
            yield from page["events"]
            cursor = {"cursor": page["next"]} if page["next"] else None

    def export(self, **parameters):
        """Every event found but Daybook's own record, which tells of earlier exports; and the trailer's record."""
        lines, trailer = self.export_lines(**parameters)
        return [json.loads(line) for line in lines], trailer

    def export_lines(self, form="stored", complete=True, **parameters):
        """As export, the events as they came."""
        parameters["q"] = (parameters.get("q", "") + " -product:Daybook").strip()
        path = f"/v1/export?format=ndjson&form={form}"
        path += "".join(f"&{name.rstrip('_')}={quote(value)}" for name, value in parameters.items())
        try:
            status, headers, body = self.request("GET", path)
        except http.client.IncompleteRead as error:
            raise Failure(f"GET {path} broke off after {len(error.partial)} bytes\n{self.metrics()}") from error
        check(status == 200, f"GET {path} answered {status}: {body[:500]!r}")
        lines = body.splitlines()
        last = json.loads(lines.pop()) if lines else {}
        check("daybook_export" in last, f"GET {path}: the trailer is missing")
        trailer = last["daybook_export"]
        check(trailer["count"] == len(lines), "the trailer counts", trailer["count"], "not", len(lines))
        announced = int(headers["X-Daybook-Count"])
        check(announced == len(lines) or not trailer["complete"] and announced > len(lines),
              f"{announced} events are announced, {len(lines)} come, the trailer says {trailer}")
        check(not complete or trailer["complete"], "the export says that it is not complete:", trailer)
        return lines, trailer


def quote(value):
    from urllib.parse import quote as percent
    return percent(str(value), safe="")


class Server:
    """`daybook serve` on a data folder and a free port."""

    def __init__(self, data, *options):
        self.data, self.options, self.child, self.port = data, options, None, None
        self.lines, self.printed = [], threading.Condition()
        self.start_times = []
        atexit.register(self.kill)

    def spawn(self):
        environment = dict(os.environ, DAYBOOK_OPERATOR_KEY=KEY)
        self.lines, self.port = [], None
        self.child = subprocess.Popen([PROGRAM, "serve", "--data", self.data, "--listen", "127.0.0.1:0",
                                       *self.options],
                                      env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, errors="replace")
        reader = threading.Thread(target=self._read, args=(self.child.stdout, self.lines), daemon=True)
        reader.start()
        self.reader = reader

    def _read(self, stream, lines):
        for line in stream:
            with self.printed:
                lines.append(line)
                self.printed.notify_all()
        with self.printed:
            lines.append(None)
            self.printed.notify_all()

    def output(self):
        return "".join(line for line in self.lines if line)

    def wait_ready(self, path="/readyz"):
        """Waits for the printed address, then for a 200 of `path` (/healthz: alive, perhaps not taking writes)."""
        end = time.monotonic() + START_LIMIT_S
        with self.printed:
            while not self.port:
                for line in self.lines:
                    found = line and URL.search(line)
                    if found:
                        self.port = int(found[1])
                if self.port:
                    break
                check(None not in self.lines, "the server ended instead of starting:\n" + self.output())
                check(self.printed.wait(max(0.0, end - time.monotonic())),
                      f"no address after {START_LIMIT_S} s:\n" + self.output())
        client = self.client()
        status = None
        while status != 200:
            try:
                status = client.request("GET", path)[0]
            except (OSError, http.client.HTTPException):
                status = None
            check(status == 200 or time.monotonic() < end, f"{path} answers {status}:\n" + self.output())
        client.close()

    def start(self, path="/readyz"):
        begun = time.monotonic()
        self.spawn()
        self.wait_ready(path)
        seconds = time.monotonic() - begun
        self.start_times.append(seconds)
        return seconds

    def start_refused(self):
        """Starts and expects the server to end by itself; gives (exit status, output)."""
        self.spawn()
        try:
            status = self.child.wait(START_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure("the server should have refused to start:\n" + self.output()) from None
        self.reader.join(5)
        return status, self.output()

    def client(self, **options):
        return Client(self.port, **options)

    def kill(self):
        """SIGKILL to the process this object started, and to no other."""
        if self.child and self.child.poll() is None:
            self.child.send_signal(signal.SIGKILL)
            self.child.wait()
        if self.child:
            self.reader.join(5)
            self.child.stdout.close()
        self.child = None

    def stop(self):
        """SIGTERM; the exit status must be 0."""
        self.child.send_signal(signal.SIGTERM)
        try:
            status = self.child.wait(60)
        except subprocess.TimeoutExpired:
            raise Failure("the server did not stop within 60 s of SIGTERM:\n" + self.output()) from None
        self.reader.join(5)
        output = self.output()
        self.child.stdout.close()
        self.child = None
        check(status == 0, f"the server stopped with status {status}:\n{output}")


def run(*arguments):
    """Runs the program's command line; gives (exit status, output)."""
    done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", timeout=300)
    return done.returncode, done.stdout


TESTS = []


def test(function):
    TESTS.append(function)

    @functools.wraps(function)
    def call():
        return function()
    return call


def run_on(server, tests):
    """Runs functions that take a running server; gives the names of those that failed. Arguments choose some."""
    failed = []
    for function in tests:
        if sys.argv[1:] and function.__name__ not in sys.argv[1:]:
            continue
        try:
            function(server)
            print("ok  ", function.__name__, flush=True)
        except (Failure, http.client.HTTPException) as failure:
            failed.append(function.__name__)
            print("FAIL", function.__name__, "-", failure, flush=True)
    return failed


def main():
    """Runs every function marked @test; the last line counts them."""
    if not os.access(PROGRAM, os.X_OK):
        skip(f"there is no program {PROGRAM}; build it with make")
    wanted = sys.argv[1:]
    passed = failed = 0
    for function in TESTS:
        if wanted and function.__name__ not in wanted:
            continue
        try:
            function()
            passed += 1
            print(f"ok    {function.__name__}", flush=True)
        except Exception as error:
            failed += 1
            detail = str(error) if isinstance(error, Failure) else traceback.format_exc()
            print(f"FAIL  {function.__name__}: {detail}", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
