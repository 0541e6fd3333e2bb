#!/usr/bin/env python3
"""Too much of everything: thousands of connections, clients that dribble or never read, one tenant that floods the
queue, more queries than workers, queries that are too long or too large. The server refuses what is past its limits
with a clear answer, keeps answering everybody else, stays within bounded memory, and /metrics tells of all of it.

Load comes from processes of their own, so that the times measured here are the server's. The bounds are wide: they
have to hold on two busy processors. The figures are printed."""
import contextlib
import json
import multiprocessing
import os
import pathlib
import resource
import selectors
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import KEY, check  # noqa: E402

IDLE, BUSY = 10_000, 1_000
RSS_LIMIT_MIB = 800  # with 11,000 connections, 2,048 of them used
SINGLE_LIMIT_S = 3.0  # a single post or query beside 1,000 busy connections
PATIENCE_S = 60
fork = multiprocessing.get_context("fork")


# ---- HTTP over plain sockets ----

def head(method, path, length=None, media="application/json"):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {KEY}"]
    if length is not None:
        lines += [f"Content-Type: {media}", f"Content-Length: {length}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def post_bytes(body, media="application/json"):
    return head("POST", "/v1/events", len(body), media) + body


def dial(port, source="127.0.0.1", timeout=20.0, receive_buffer=None):
    s = socket.socket()
    if receive_buffer:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    s.settimeout(timeout)
    s.bind((source, 0))
    s.connect(("127.0.0.1", port))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def split_answer(data):
    """(status, headers, rest of the data) where the answer is whole, else None."""
    at = data.find(b"\r\n\r\n")
    if at < 0:
        return None
    lines = data[:at].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
    end = at + 4 + int(headers.get("content-length", 0))
    return (int(lines[0].split()[1]), headers, data[end:]) if len(data) >= end else None


def ask(s, request):
    """(status, headers) of one request."""
    s.sendall(request)
    data = b""
    while True:
        piece = s.recv(65536)
        check(piece, "the server closed the connection instead of answering")
        data += piece
        answer = split_answer(data)
        if answer:
            return answer[0], answer[1]


def is_closed(s):
    """Whether the server has ended this connection."""
    s.setblocking(False)
    try:
        return s.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


# ---- Load ----

class Caller:
    """One connection of a load: sends a request again and again."""

    def __init__(self, port, request):
        self.socket, self.request = dial(port), request
        self.socket.setblocking(False)
        self.rest, self.data, self.pause_until = b"", b"", 0.0

    def begin(self):
        self.rest, self.data = memoryview(self.request), b""


def pump(caller, selector, statuses, faults):
    """Moves one connection on; True when an answer came."""
    try:
        if caller.rest:
            caller.rest = caller.rest[caller.socket.send(caller.rest):]
            if not caller.rest:
                selector.modify(caller.socket, selectors.EVENT_READ, caller)
            return False
        piece = caller.socket.recv(65536)
    except BlockingIOError:
        return False
    if not piece:
        raise ConnectionError("closed")
    caller.data += piece
    answer = split_answer(caller.data)
    if not answer:
        return False
    status, headers, _ = answer
    statuses[status] = statuses.get(status, 0) + 1
    if status == 503 and "retry-after" not in headers:
        faults.append("a 503 without Retry-After")
    if status == 503:
        caller.pause_until = time.monotonic() + 0.1
    if headers.get("connection") == "close":
        raise ConnectionError("closed")
    return True


def run_load(port, requests, stop, started, result, count_limit):
    """In a process of its own: one connection per request of `requests`, each repeated until `stop`; what is under way
    then is waited for. Sends {status: number} and faults through `result`."""
    statuses, faults, paused, left = {}, [], [], count_limit
    selector = selectors.DefaultSelector()

    def again(caller):
        nonlocal left
        left -= 1
        caller.begin()
        selector.register(caller.socket, selectors.EVENT_WRITE, caller)

    for request in requests:
        again(Caller(port, request))
    started.set()
    while selector.get_map() or paused:
        now = time.monotonic()
        if stop.is_set():
            paused = []
        for caller in [c for c in paused if c.pause_until <= now]:
            paused.remove(caller)
            again(caller)
        for key, _ in selector.select(0.05):
            caller = key.data
            try:
                if not pump(caller, selector, statuses, faults):
                    continue
                selector.unregister(caller.socket)
                if left > 0 and not stop.is_set():
                    (paused.append if caller.pause_until > now else again)(caller)
            except OSError:
                statuses["closed"] = statuses.get("closed", 0) + 1
                selector.unregister(caller.socket)
                caller.socket.close()
                if left > 0 and not stop.is_set():
                    again(Caller(port, caller.request))
    result.send((statuses, faults))


class Load:
    """Requests repeated in a process; .statuses after the block."""

    def __init__(self, port, requests, count_limit=1 << 60):
        self.stop, self.started = fork.Event(), fork.Event()
        self.result, theirs = fork.Pipe(False)
        self.child = fork.Process(target=run_load, args=(port, requests, self.stop, self.started, theirs, count_limit))
        self.statuses = None

    def __enter__(self):
        self.child.start()
        check(self.started.wait(PATIENCE_S), "the load does not start")
        return self

    def wait(self):
        check(self.result.poll(2 * PATIENCE_S), "the load does not end: requests without an answer")
        self.statuses, faults = self.result.recv()
        check(not faults, faults[:3])

    def __exit__(self, kind, *_):
        self.stop.set()
        if kind is None and self.statuses is None:
            self.wait()
        self.child.join(5)
        if self.child.is_alive():
            self.child.kill()


# ---- Measuring ----

def make_event(tenant, number, size=40):
    return {"tenant": tenant, "log": "admin", "occurred_at": f"2026-11-{number % 19 + 1:02}T08:{number % 60:02}:00Z",
            "action": "update", "actor": {"type": "user", "name": f"user-{number}"}, "params": {"n": number},
            "description": f"{number} " + "x" * size}


def ndjson(tenant, first, count, size=40):
    return "\n".join(json.dumps(make_event(tenant, first + i, size)) for i in range(count)).encode()


def rss_mib(server):
    with open(f"/proc/{server.child.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def quantile(values, q):
    return sorted(values)[min(len(values) - 1, int(q * len(values)))]


class Prober:
    """A well-behaved client: single posts and page queries, one after the other; counts what was acknowledged."""

    def __init__(self, server, tenant):
        self.client, self.tenant, self.number, self.refused = server.client(), tenant, 0, 0

    def post(self):
        begun = time.monotonic()
        body = json.dumps(make_event(self.tenant, self.number)).encode()
        status, headers, text = self.client.request("POST", "/v1/events", body)
        check(status in (201, 503), f"a single event was answered {status}: {text[:300]!r}")
        check(status == 201 or headers["Retry-After"], "a 503 without Retry-After")
        self.number += status == 201
        self.refused += status == 503
        return time.monotonic() - begun

    def query(self):
        begun = time.monotonic()
        status, headers, text = self.client.request("GET", f"/v1/events?limit=5&q=tenant:{self.tenant}")
        check(status in (200, 503), f"a query was answered {status}: {text[:300]!r}")
        check(status == 200 or headers["Retry-After"], "a 503 without Retry-After")
        self.refused += status == 503
        return time.monotonic() - begun

    def check_stored(self):
        stored = self.client.get("/v1/stats", q=f"tenant:{self.tenant}")["events"]
        check(stored == self.number, f"{self.number} events were acknowledged, {stored} are stored")


def times_ms(values):
    return f"p50 {quantile(values, .5) * 1e3:.1f} ms, p99 {quantile(values, .99) * 1e3:.1f} ms, " \
           f"max {max(values) * 1e3:.1f} ms"


@contextlib.contextmanager
def running(*options, data=None):
    server = daybook.Server(data or daybook.temporary_folder(), *options)
    server.start()
    try:
        yield server
        server.stop()
    finally:
        server.kill()


def wait_for(fact, what):
    end = time.monotonic() + PATIENCE_S
    while not fact():
        check(time.monotonic() < end, "waited too long for", what)
        time.sleep(0.05)  # between questions to the server


# ---- Connections ----

def allow_files(wanted):
    """Raises the limit of open files here (the server raises its own); gives how many there are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard) if hard > 0 else wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@daybook.test
def thousands_of_connections_idle_and_busy_leave_the_server_answering():
    files = allow_files(IDLE + BUSY + 2_000)
    idle_count = min(IDLE, files - BUSY - 2_000)
    if idle_count < IDLE:
        print(f"      the limit of open files is {files}: {idle_count} idle connections instead of {IDLE}")
    with running() as server:
        before = rss_mib(server)
        prober = Prober(server, "probe")
        alone = [prober.post() for _ in range(200)]
        idle = [dial(server.port) for _ in range(idle_count)]
        wait_for(lambda: prober.client.metric("daybook_http_connections") > idle_count, "connections being accepted")
        with_idle = rss_mib(server)
        beside_idle = [prober.post() for _ in range(200)]
        requests = [post_bytes(json.dumps(make_event(f"busy{i % 50}", i)).encode()) if i % 4 else
                    head("GET", f"/v1/events?limit=5&q=tenant:busy{i % 50}") for i in range(BUSY)]
        with Load(server.port, requests) as load:
            end = time.monotonic() + 8
            posts, queries = [], []
            while time.monotonic() < end:
                posts.append(prober.post())
                queries.append(prober.query())
            with_busy = rss_mib(server)
            client = server.client()
            connections = client.metric("daybook_http_connections")
            client.close()
        check(connections >= idle_count + BUSY, f"only {connections} connections were open")
        for s in idle:
            check(not is_closed(s), "an idle connection was closed")
        used = [s for s in idle if use(s)]
        all_used = rss_mib(server)
        print(f"      {idle_count} idle: {with_idle - before:.0f} MiB more; single posts alone {times_ms(alone)}; "
              f"beside them {times_ms(beside_idle)}")
        print(f"      and {BUSY} busy ({load.statuses}): posts {times_ms(posts)}; queries {times_ms(queries)}; "
              f"refused {prober.refused}; VmRSS {with_busy:.0f} MiB")
        print(f"      a request on each idle one: {len(used)} stay open; VmRSS {all_used:.0f} MiB")
        check(load.statuses.get(201, 0) > 0 and load.statuses.get(200, 0) > 0, "the busy ones were not answered")
        check(set(load.statuses) <= {200, 201, 503, "closed"}, load.statuses)
        check(quantile(posts, .99) < SINGLE_LIMIT_S and quantile(queries, .99) < SINGLE_LIMIT_S, "too slow")
        check(max(with_busy, all_used) < RSS_LIMIT_MIB, f"{max(with_busy, all_used):.0f} MiB are resident")
        check(len(used) <= 2_048, "more used connections are kept than the server says")
        prober.check_stored()
        for s in idle:
            s.close()


def use(s):
    """Asks once on an idle connection; whether it stays open."""
    s.setblocking(True)
    status, headers = ask(s, head("GET", "/healthz"))
    check(status == 200, f"an idle connection was answered {status}")
    return headers.get("connection") != "close"


@daybook.test
def past_its_limit_of_connections_the_server_says_so():
    with running("--max-connections", "40") as server:
        request = head("GET", "/v1/stats")
        counter = server.client()  # one of the thirty; what it asks is not refused later

        def wait_for_connections(count):
            """A connection closed here counts until the server has noticed."""
            wait_for(lambda: counter.metric("daybook_http_connections") <= count, "closed connections being forgotten")

        wait_for_connections(1)
        first = [dial(server.port) for _ in range(29)]
        for s in first:
            check(ask(s, request)[0] == 200, "a connection below the limit is refused")
        silent = dial(server.port)
        with dial(server.port) as s:
            status, headers = ask(s, request)
        check(status == 503 and headers["retry-after"] and headers["connection"] == "close", status, headers)
        with dial(server.port) as s:
            check(ask(s, head("GET", "/healthz"))[0] == 200, "the health check is refused")
        wait_for_connections(31)  # the thirty and the silent one
        others = [dial(server.port, "127.0.0.2") for _ in range(8)]
        check(all(ask(s, request)[0] == 200 for s in others), "one address takes the share of the others")
        more = [dial(server.port, "127.0.0.3") for _ in range(10)]
        answers = [ask(s, request)[0] for s in more]
        check(503 in answers and set(answers) <= {200, 503}, "past the limit all are answered", answers)
        silent.settimeout(PATIENCE_S)
        check(silent.recv(1) == b"", "a refused connection is kept")
        for s in first + others + more:
            s.close()
        wait_for_connections(1)
        with dial(server.port) as s:
            check(ask(s, request)[0] == 200, "connections are not accepted again")
        refused = counter.metric(r'daybook_http_refused_total\{reason="connections"\}')
        check(refused >= 2, "refused connections are not counted")


@daybook.test
def slow_senders_and_readers_are_closed_and_hold_nobody_up():
    with running("--client-timeout-s", "2") as server:
        prober = Prober(server, "probe")
        alone = [prober.post() for _ in range(200)]
        body = ndjson("big", 0, 1_000, 20_000)
        with dial(server.port) as s:
            check(ask(s, post_bytes(body, "application/x-ndjson"))[0] == 201, "the events to be read are not stored")
        event = json.dumps(make_event("slow", 1)).encode()
        heads = [(dial(server.port), head("GET", "/v1/stats")) for _ in range(100)]
        bodies = [(dial(server.port), event) for _ in range(100)]
        for s, _ in bodies:
            s.sendall(head("POST", "/v1/events", len(event)))
        readers = [dial(server.port, receive_buffer=4096) for _ in range(4)]
        for s in readers:
            s.sendall(head("GET", "/v1/export?format=ndjson&q=tenant:big"))
        page_readers = [dial(server.port, receive_buffer=4096) for _ in range(4)]
        for s in page_readers:
            s.sendall(head("GET", "/v1/events?limit=500&q=tenant:big"))
        begun = time.monotonic()
        posts = []
        alive = heads + bodies
        closed_after = {}
        sent = 0
        next_byte = begun
        while alive:
            if time.monotonic() >= next_byte:  # a byte a second
                for s, data in alive:
                    with contextlib.suppress(OSError):
                        s.setblocking(False)
                        s.send(data[sent:sent + 1])
                sent += 1
                next_byte += 1
            posts.append(prober.post())
            for pair in [p for p in alive if is_closed(p[0])]:
                alive.remove(pair)
                closed_after[pair[0]] = time.monotonic() - begun
            check(time.monotonic() - begun < 20, f"{len(alive)} slow senders are still there after 20 s")
        last_head = max(closed_after[s] for s, _ in heads)
        last_body = max(closed_after[s] for s, _ in bodies)
        wait_for(lambda: prober.client.metric("daybook_http_connections") <= 1, "slow readers being closed")
        last_reader = time.monotonic() - begun
        slow = prober.client.metric("daybook_http_slow_closed_total")
        print(f"      time limit 2 s: heads gone after {last_head:.1f} s, bodies after {last_body:.1f} s, readers within "
              f"{last_reader:.1f} s; {slow:.0f} counted; single posts alone {times_ms(alone)}, beside {times_ms(posts)}")
        check(slow >= 200 + len(readers), "slow clients are not counted")
        check(quantile(posts, .99) < quantile(alone, .99) + 0.5, "slow clients hold others up")
        prober.check_stored()
        check(prober.client.get("/v1/stats", q="tenant:slow")["events"] == 0, "half an event was stored")
        for s in readers + page_readers:
            s.close()


@daybook.test
def an_export_reaches_a_reader_that_never_catches_up():
    with running() as server:
        with dial(server.port) as s:
            body = ndjson("big", 0, 2_000, 10_000)
            check(ask(s, post_bytes(body, "application/x-ndjson"))[0] == 201, "the events are not stored")
        with dial(server.port, receive_buffer=16_384) as s:
            s.sendall(head("GET", "/v1/export?format=ndjson&q=tenant:big"))
            data = bytearray()
            piece = b"x"
            while piece and not data.endswith(b"0\r\n\r\n"):
                piece = s.recv(30_000)
                data += piece
        check(b'"count":2000,"complete":true' in data, f"the export broke off after {len(data)} bytes")


# ---- Writing ----

def group_seconds(client):
    return client.metric("daybook_commit_microseconds_total") / 1e6, client.metric("daybook_commit_groups_total")


@daybook.test
def a_flood_of_one_tenant_leaves_room_for_single_events_of_another():
    with running() as server:
        prober = Prober(server, "calm")
        alone = [prober.post() for _ in range(300)]
        array = json.dumps([make_event("flood/json", i) for i in range(10_000)]).encode()
        requests = [post_bytes(ndjson(f"flood/eu{i}", 0, 10_000), "application/x-ndjson") for i in range(4)]
        requests += [post_bytes(array)] * 2
        spent, groups = group_seconds(prober.client)
        with Load(server.port, requests) as load:
            end = time.monotonic() + 8
            beside = []
            while time.monotonic() < end:
                beside.append(prober.post())
        took, count = group_seconds(prober.client)
        group = (took - spent) / max(count - groups, 1)
        stall = prober.client.metric("daybook_commit_stall_microseconds_total") / 1e6
        stored = prober.client.get("/v1/stats", q="tenant:flood")["events"]
        bound = quantile(alone, .99) + 6 * group + 1.0
        print(f"      flood {load.statuses}, {stored / 8:,.0f} events/s; a group {group * 1e3:.0f} ms, stalls {stall:.2f} s; "
              f"single posts alone {times_ms(alone)}, beside {times_ms(beside)} (bound {bound * 1e3:.0f} ms), "
              f"refused {prober.refused}; VmRSS {rss_mib(server):.0f} MiB")
        check(quantile(beside, .99) < bound, "the flood starves single events")
        check(prober.refused == 0, "single events were refused")
        check(stored == 10_000 * load.statuses[201], "acknowledged and stored events differ")
        prober.check_stored()


@daybook.test
def a_full_queue_refuses_and_loses_nothing():
    with running() as server:
        prober = Prober(server, "calm")
        batch = ndjson("flood/big", 0, 1_400, 22_000)
        with Load(server.port, [post_bytes(batch, "application/x-ndjson")] * 10) as load:
            end = time.monotonic() + 40
            queue = 0
            while time.monotonic() < end:
                prober.post()
                queue = max(queue, prober.client.metric("daybook_commit_queue_bytes"))
                share = prober.client.metric("daybook_writes_refused_share_total")
                busy = prober.client.metric("daybook_writes_refused_busy_total")
                if share + busy >= 3 and prober.client.metric("daybook_batches_committed_total") >= prober.number + 4:
                    break
        prober.client.close()
        print(f"      {load.statuses}; queue up to {queue / 2**20:.0f} MiB; refused {share:.0f} for the share, {busy:.0f} for "
              f"the whole; VmRSS {rss_mib(server):.0f} MiB")
        check(share + busy > 0 and load.statuses.get(503), "the queue never was full")
        stored = prober.client.get("/v1/stats", q="tenant:flood")["events"]
        check(stored == 1_400 * load.statuses.get(201, 0), f"{stored} stored, {load.statuses} answered")
        prober.check_stored()
        data = server.data
        server.kill()
        server.start()
        check(server.client().get("/v1/stats", q="tenant:flood")["events"] == stored, "events are gone after a kill")
        prober.client = server.client()
        prober.check_stored()
        check(server.data == data, "another folder")


def post_and_vanish(port, request, connections):
    """Keeps a request under way on each of many connections, and ends in the middle of it, without closing any."""
    sockets = [dial(port) for _ in range(connections)]
    end = time.monotonic() + 0.1
    while True:
        for s in sockets:
            s.sendall(request)
        if time.monotonic() > end:
            os._exit(0)
        for s in sockets:
            s.recv(65536)


@daybook.test
def writers_that_vanish_while_their_events_are_stored_take_nothing_with_them():
    request = post_bytes(json.dumps(make_event("gone", 1)).encode())
    with running() as server:
        prober = Prober(server, "calm")
        for _ in range(20):
            writer = fork.Process(target=post_and_vanish, args=(server.port, request, 64))
            writer.start()
            while writer.is_alive():
                prober.post()
            writer.join()
        prober.check_stored()
        prober.client.close()
        writer = fork.Process(target=post_and_vanish, args=(server.port, request, 64))
        writer.start()  # and the server is stopped beside it


# ---- Queries ----

def many_distinct(server, count):
    with dial(server.port, timeout=60) as s:
        for first in range(0, count, 10_000):
            status = ask(s, post_bytes(ndjson("many", first, 10_000), "application/x-ndjson"))[0]
            check(status == 201, f"loading was answered {status}")


@daybook.test
def queries_end_at_their_limits_of_time_and_memory():
    data = daybook.temporary_folder()
    with running(data=data) as server:
        many_distinct(server, 200_000)
        top = server.client().get("/v1/top", field="actor", limit=1)
        check(top["distinct"] == 200_000, "without limits the answer is exact")
    with running("--query-timeout-ms", "1", data=data) as server:
        client = server.client()
        status, headers, body = client.request("GET", "/v1/top?field=actor&q=x9")
        check(status == 504 and headers["Content-Type"].startswith("application/problem+json"), status, body[:300])
        check(client.metric("daybook_http_deadline_total") == 1, "deadlines are not counted")
        check(len(client.export(q="params.n:17")[0]) == 1, "an export has no deadline")
    with running("--query-memory-mib", "4", data=data) as server:
        client = server.client()
        status, headers, body = client.request("GET", "/v1/top?field=actor")
        check(status == 413 and b"distinct values" in body, status, body[:300])
        check(client.get("/v1/top", field="action", q="-product:Daybook")["distinct"] == 1, "small answers are refused, too")
    with running(data=data) as server:
        full_pool(server)
        gone_clients(server)


SLOW_QUERY = "/v1/top?field=actor&q=description:xxxx"


def full_pool(server):
    """More slow queries at once than workers and their queue take."""
    client = server.client()
    with Load(server.port, [head("GET", SLOW_QUERY)] * 600, count_limit=600) as load:
        queued = 0
        while not load.result.poll():
            queued = max(queued, client.metric("daybook_http_jobs_queued"))
        load.wait()
    refused = client.metric(r'daybook_http_refused_total\{reason="jobs"\}')
    print(f"      600 queries at once: {load.statuses}; up to {queued:.0f} waited; VmRSS {rss_mib(server):.0f} MiB")
    check(load.statuses.get(503, 0) == refused > 0, f"{refused} refusals are counted, {load.statuses} answered")
    check(load.statuses.get(200, 0) >= 256 and set(load.statuses) == {200, 503}, load.statuses)
    check(queued > 0, "/metrics does not show the queue")


def gone_clients(server):
    """Clients that leave: their queries are not run, or not to the end."""
    client = server.client()
    before = client.metric("daybook_http_cancelled_total")
    callers = [dial(server.port) for _ in range(200)]
    for s in callers:
        s.sendall(head("GET", SLOW_QUERY))
    wait_for(lambda: client.metric("daybook_http_jobs_queued") > 100, "queries being queued")
    begun = time.monotonic()
    for s in callers:
        s.close()
    wait_for(lambda: client.metric("daybook_http_jobs_queued") == 0 and client.metric("daybook_http_workers_busy") == 0,
             "the queries of clients that are gone")
    cancelled = client.metric("daybook_http_cancelled_total") - before
    print(f"      200 clients left: {cancelled:.0f} queries cancelled, all quiet {time.monotonic() - begun:.2f} s later")
    check(cancelled > 50, "queries of clients that are gone go on")


@daybook.test
def every_metric_is_described():
    described = (daybook.ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    with running() as server:
        text = server.client().request("GET", "/metrics")[2].decode()
    names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    missing = sorted(name for name in names if f"`{name}" not in described)
    check(not missing, "docs/operations.md does not describe", missing)
    check(len(names) > 40, "there are only", len(names))


if __name__ == "__main__":
    daybook.main()
