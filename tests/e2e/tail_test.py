#!/usr/bin/env python3
"""Live tails: every event exactly once and in the order of commits, within milliseconds, whatever happens in between: a
dropped connection, kill -9, a client that does not read, a filter that finds nothing, hundreds of tails at a time."""
import json
import pathlib
import random
import select
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import KEY, check, quote  # noqa: E402

PATIENCE_S = 60
MANY = 256


class Tail:
    """One stream of server-sent events over a plain socket."""

    def __init__(self, port, q="", last_id=None, receive_buffer=None, header=True, key=KEY):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(("127.0.0.1", port))
        path = f"/v1/tail?q={quote(q)}" + (f"&last_event_id={last_id}" if last_id and not header else "")
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {key}"]
        if last_id and header:
            lines.append(f"Last-Event-ID: {last_id}")
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.raw, self.text, self.last_id, self.ended = b"", b"", None, False
        self.head = self._head()
        check(self.head.startswith("HTTP/1.1 200"), self.head.split("\r\n")[0])

    def _more(self):
        piece = self.socket.recv(1 << 16)
        if not piece:
            self.ended = True
        self.raw += piece
        return bool(piece)

    def _head(self):
        while b"\r\n\r\n" not in self.raw:
            check(self._more(), "the server closed the connection instead of answering")
        head, self.raw = self.raw.split(b"\r\n\r\n", 1)
        return head.decode("latin-1")

    def _unchunk(self):
        while b"\r\n" in self.raw:
            size, rest = self.raw.split(b"\r\n", 1)
            length = int(size, 16)
            if length == 0:
                self.ended = True
                return
            if len(rest) < length + 2:
                return
            self.text += rest[:length]
            self.raw = rest[length + 2:]

    def frames(self):
        """What has come in so far, as (event, data), without waiting."""
        found = []
        self._unchunk()
        while b"\n\n" in self.text:
            block, self.text = self.text.split(b"\n\n", 1)
            event, data = None, None
            for line in block.decode().split("\n"):
                name, _, value = line.partition(": ")
                if name == "id":
                    self.last_id = value
                elif name == "event":
                    event = value
                elif name == "data":
                    data = json.loads(value)
            found.append((event, data))
        return found

    def until(self, enough, patience=PATIENCE_S):
        """Frames until enough(all so far)."""
        everything = self.frames()
        end = time.monotonic() + patience
        while not enough(everything):
            left = end - time.monotonic()
            check(left > 0, f"waited {patience} s; {len(everything)} frames came, the last:", everything[-1:])
            if not select.select([self.socket], [], [], left)[0]:
                continue
            if not self._more():
                everything += self.frames()
                check(enough(everything), "the stream ended after", len(everything), "frames:", everything[-1:])
                break
            everything += self.frames()
        return everything

    def events(self, count):
        frames = self.until(lambda f: sum(1 for event, _ in f if event == "event") >= count or
                            any(event == "end" for event, _ in f))
        return [data for event, data in frames if event == "event"]

    def greeted(self):
        """Waits for the first id: from here on nothing is missed."""
        self.until(lambda f: self.last_id is not None)
        return self

    def close(self):
        self.socket.close()


def event(number, tenant="acme", **more):
    return dict({"tenant": tenant, "log": "admin", "occurred_at": "2026-11-20T08:15:30Z", "action": "update",
                 "actor": {"type": "user", "name": f"user-{number % 7}"},
                 "target": {"type": "user", "name": f"number-{number}"}}, **more)


def ids(events):
    return [e["id"] for e in events]


def posted(answer):
    return [e["id"] for e in answer["events"]]


def wait_closed(client):
    end = time.monotonic() + 20
    while client.metric("daybook_tails") > 0:
        check(time.monotonic() < end, "closed tails are not noticed")


# ---- Tests; each gets a running server ----

def an_event_comes_within_milliseconds_of_the_writers_answer(server):
    client, tail = server.client(), Tail(server.port).greeted()
    check("text/event-stream" in tail.head and "no-store" in tail.head, tail.head)
    delays = []
    for number in range(100):
        sent = posted(client.post([event(number)]))
        answered = time.monotonic()
        got = tail.events(1)
        delays.append(max(0.0, time.monotonic() - answered))
        check(ids(got) == sent, "got", ids(got), "instead of", sent)
        check(got[0]["summary"].startswith("user-") and got[0]["received_at"], "not as in a page:", got[0])
    delays.sort()
    print(f"after the writer's answer: median {delays[50] * 1000:.2f} ms, 99th {delays[98] * 1000:.2f} ms")
    check(delays[50] < 0.2, f"median {delays[50]:.3f} s")  # asking again and again would show even on a busy machine
    tail.close()


def the_order_is_that_of_commits_whatever_occurred_at_says(server):
    client, tail = server.client(), Tail(server.port).greeted()
    chance, sent = random.Random(daybook.seed()), []
    start = tail.last_id
    for round_number in range(30):
        batch = [event(n, tenant=chance.choice(["acme", "acme/eu", "globex"]),
                       occurred_at=f"20{chance.randrange(10, 26)}-0{chance.randrange(1, 10)}-11T00:00:00Z")
                 for n in range(chance.randrange(1, 20))]
        sent += posted(client.post(batch))
    live = ids(tail.events(len(sent)))
    check(sorted(live) == sorted(sent) and len(live) == len(sent), "not every event came once")
    resumed = Tail(server.port, last_id=start)
    check(ids(resumed.events(len(sent))) == live, "reading again from the store gives another order")
    seqs = {}
    for tenant, seq in (i.rsplit(":", 1) for i in live):
        check(int(seq) == seqs.get(tenant, int(seq) - 1) + 1, "numbers of", tenant, "are out of order")
        seqs[tenant] = int(seq)
    tail.close()
    resumed.close()


def filters_and_resuming_in_the_middle_of_a_batch(server):
    client = server.client()
    tail = Tail(server.port, q="target:number-1*").greeted()
    start = tail.last_id
    sent = posted(client.post([event(n) for n in range(200)]))
    wanted = [i for n, i in enumerate(sent) if str(n).startswith("1")]
    check(ids(tail.events(len(wanted))) == wanted, "the filter lets other events through")
    tail.close()
    got, position = [], start
    while len(got) < len(wanted):
        piece = Tail(server.port, q="target:number-1*", last_id=position, header=len(got) % 2 == 0)
        first = next(data for kind, data in piece.until(lambda f: any(k == "event" for k, _ in f)) if kind == "event")
        got.append(first["id"])
        piece.close()
        # The id that belongs to this very event, not the newest one that was read.
        position = piece_id(server, "target:number-1*", position)
    check(got == wanted, "resuming event by event gave", len(got), "events, in order:", got == wanted)
    status, _, body = client.request("GET", "/v1/tail?q=nonsense:1")
    check(status == 400 and b'"position"' in body, "a wrong filter answers", status)


def piece_id(server, q, last_id):
    """The id of the first event after last_id."""
    tail = Tail(server.port, q=q, last_id=last_id)
    found = None
    while not found:
        tail._unchunk()
        for block in tail.text.split(b"\n\n")[:-1]:
            if block.startswith(b"event: event"):
                found = block.split(b"\n")[1][4:].decode()
                break
        if not found:
            tail._more()
    tail.close()
    return found


def ids_are_sealed_and_strange_ones_are_told(server):
    client = server.client()
    tail = Tail(server.port).greeted()
    start = tail.last_id
    seen = {start}
    for _ in range(5):
        other = Tail(server.port).greeted()
        seen.add(other.last_id)
        other.close()
    check(len(seen) == 6, "the same position has the same id: it can be compared")
    for strange in ("x", "AAAA", start[:-2] + ("AA" if start[-2:] != "AA" else "BB"), "1" * 900):
        other = Tail(server.port, last_id=strange)
        frames = other.until(lambda f: other.last_id is not None)
        check(frames[0][0] == "lost" and frames[0][1]["reason"] == "unknown", strange[:20], "gives", frames)
        sent = posted(client.post([event(1)]))
        check(ids(other.events(1)) == sent, "it does not go on after a lost position")
        other.close()
    tail.close()


def nothing_is_lost_or_doubled_over_kills(server):
    stop, accepted, lock = threading.Event(), set(), threading.Lock()
    seed = daybook.seed()
    start = Tail(server.port).greeted().last_id
    chance, got, position = random.Random(seed), [], start

    def write():
        number = 0
        while not stop.is_set():
            try:
                client = server.client(timeout=5)
                while not stop.is_set():
                    number += 1
                    answer = client.post([event(number, tenant=f"t{number % 5}", key=f"k{seed}-{number}",
                                                occurred_at=f"2026-0{number % 9 + 1}-02T03:04:05Z")])
                    with lock:
                        accepted.update(posted(answer))
            except (OSError, daybook.Failure, Exception):
                number -= 1
                stop.wait(0.05)

    writers = [threading.Thread(target=write, daemon=True) for _ in range(2)]
    for writer in writers:
        writer.start()
    for round_number in range(4):
        tail = Tail(server.port, last_id=position)
        got += ids(tail.events(chance.randrange(50, 200)))
        position = tail.last_id
        tail.close()
        server.kill()
        server.start()
    stop.set()
    for writer in writers:
        writer.join(30)
    with lock:
        wanted = set(accepted)
    tail = Tail(server.port, last_id=position)
    end = time.monotonic() + PATIENCE_S
    while not wanted <= set(got) and time.monotonic() < end:
        if select.select([tail.socket], [], [], 1.0)[0]:
            tail._more()
        got += [data["id"] for kind, data in tail.frames() if kind == "event"]
    check(len(got) == len(set(got)), len(got) - len(set(got)), "events came twice")
    check(wanted <= set(got), len(wanted - set(got)), "acknowledged events never came, of", len(wanted))
    stored = {e["id"] for e in server.client().export(q=f"key:k{seed}-*")[0]}
    check({i for i in got if i.split(":")[0] in {f"t{n}" for n in range(5)}} <= stored, "an event came that is not stored")
    print(f"{len(got)} events over 4 kills")
    tail.close()


def a_slow_reader_holds_up_nobody_and_misses_nothing(server):
    client = server.client()
    slow = Tail(server.port, q="target.type:slow", receive_buffer=4096).greeted()
    fast = Tail(server.port, q="target.type:slow").greeted()
    text = "x" * 8000
    sent = []
    for number in range(20):
        sent += posted(client.post([event(n, target={"type": "slow", "name": text}) for n in range(20)]))
    check(ids(fast.events(len(sent))) == sent, "the fast reader misses events")
    check(client.metric("daybook_tails_behind") >= 1, "the slow reader is not noticed")
    check(ids(slow.events(len(sent))) == sent, "the slow reader misses events")
    sent = posted(client.post([event(1, target={"type": "slow", "name": "small"})]))
    check(ids(slow.events(1)) == sent and ids(fast.events(1)) == sent, "they do not go on")
    slow.close()
    fast.close()


def a_reader_that_stops_is_told_so_and_goes_on_where_it_was(server):
    client = server.client()
    tail = Tail(server.port, q="target.type:slow", receive_buffer=4096).greeted()
    text, sent = "x" * 8000, []
    for _ in range(60):  # more than the kernel keeps for a connection
        sent += posted(client.post([event(n, target={"type": "slow", "name": text}) for n in range(20)]))
    pause, end = threading.Event(), time.monotonic() + PATIENCE_S
    while client.metric("daybook_tails") > 0:
        check(time.monotonic() < end, "a client that reads nothing is not dropped")
        pause.wait(0.2)
    frames = tail.until(lambda f: any(kind == "end" for kind, _ in f))
    check(frames[-1][1]["reason"] == "slow", frames[-1])
    got = [data["id"] for kind, data in frames if kind == "event"]
    check(got == sent[:len(got)] and len(got) < len(sent), len(got), "events of", len(sent), "came before the end")
    resumed = Tail(server.port, q="target.type:slow", last_id=tail.last_id)
    check(ids(resumed.events(len(sent) - len(got))) == sent[len(got):], "it does not go on where it was")
    resumed.close()
    tail.close()


def many_tails_share_the_stream_and_writers_go_on(server):
    client = server.client()
    wait_closed(client)
    tails = [Tail(server.port, q=f"actor:user-{n % 7}" if n % 2 else "") for n in range(MANY)]
    for tail in tails:
        tail.greeted()
    check(client.metric("daybook_tails") == MANY, "not all tails are open")
    status, headers, _ = client.request("GET", "/v1/tail")
    check(status == 503 and headers["Retry-After"], "one tail more answers", status)
    begun = time.monotonic()
    sent = []
    for number in range(20):
        sent += posted(client.post([event(n) for n in range(number * 50, number * 50 + 50)]))
    wrote = time.monotonic() - begun
    for n, tail in enumerate(tails):
        wanted = [i for k, i in enumerate(sent) if not n % 2 or k % 7 == n % 7]
        check(ids(tail.events(len(wanted))) == wanted, "tail", n, "differs")
    print(f"1,000 events written in {wrote:.2f} s, read by {MANY} tails after {time.monotonic() - begun:.2f} s")
    for tail in tails:
        tail.close()
    wait_closed(client)


def thousands_of_events_a_second_come_through(server):
    tail = Tail(server.port, q="action:update").greeted()
    client, sent = server.client(), 0
    lines = "\n".join(json.dumps(event(n)) for n in range(1000)).encode()
    begun = time.monotonic()
    for _ in range(30):
        status, _, body = client.request("POST", "/v1/events", lines, media="application/x-ndjson")
        check(status == 201, body[:200])
        sent += 1000
    wrote = time.monotonic() - begun
    got = tail.events(sent)
    took = time.monotonic() - begun
    check(len(set(ids(got))) == sent, "of", sent, "events came", len(set(ids(got))))
    print(f"{sent} events written in {wrote:.2f} s, all read after {took:.2f} s ({sent / took:.0f}/s)")
    tail.close()


def make_key(client, tenant, **more):
    status, _, body = client.request("POST", "/v1/keys", json.dumps({"name": f"reader of {tenant} {more}", "role": "reader",
                                                                     "tenant": tenant, **more}))
    check(status == 201, body)
    made = json.loads(body)
    return made["key"]["id"], made["secret"]


def a_tail_shows_its_scope_alone_and_ends_with_its_key(server):
    client = server.client()
    client.post([event(1, tenant="acme"), event(1, tenant="acme-2")])
    key_id, secret = make_key(client, "acme")
    other_id, other = make_key(client, "acme", logs=["auth"])
    tail, narrow = Tail(server.port, key=secret).greeted(), Tail(server.port, key=other).greeted()
    start = tail.last_id
    sent = posted(client.post([event(n, tenant=("acme", "acme/eu", "acme-2", "globex")[n % 4],
                                     log=("admin", "auth")[n // 4 % 2]) for n in range(64)]))
    mine = [i for i in sent if i.split(":")[0] in ("acme", "acme/eu")]
    check(sorted(ids(tail.events(len(mine)))) == sorted(mine), "live: other tenants' events, or too few")
    resumed = Tail(server.port, key=secret, last_id=start)
    check(sorted(ids(resumed.events(len(mine)))) == sorted(mine), "from the store: other tenants' events, or too few")
    check(all(e["log"] == "auth" for e in narrow.events(len(mine) // 2)), "another log than the key may see")
    foreign = Tail(server.port, key=secret, last_id=Tail(server.port).greeted().last_id).greeted()
    begun = time.monotonic()
    check(client.request("DELETE", f"/v1/keys/{key_id}")[0] == 204, "the key cannot be revoked")
    for one in (tail, resumed, foreign):
        frames = one.until(lambda f: any(kind == "end" for kind, _ in f), 10)
        check(frames[-1][1]["reason"] == "credential", frames)
    print(f"a revoked key's tails ended after {time.monotonic() - begun:.1f} s")
    posted(client.post([event(5, log="auth")]))
    check(len(narrow.events(1)) == 1, "another key's tail ended, too")
    for one in (tail, resumed, foreign, narrow):
        one.close()


def the_end_of_the_server_is_told(server):
    tail = Tail(server.port).greeted()
    begun = time.monotonic()
    server.stop()
    frames = tail.until(lambda f: any(kind == "end" for kind, _ in f))
    check(frames[-1][1]["reason"] == "stopping", frames)
    check(time.monotonic() - begun < 8, "tails hold up the end of the server")
    tail.close()
    server.start()
    resumed = Tail(server.port, last_id=tail.last_id)
    sent = posted(server.client().post([event(1)]))
    check(ids(resumed.events(1)) == sent, "a position does not survive a restart")
    resumed.close()


TESTS = [
    an_event_comes_within_milliseconds_of_the_writers_answer,
    the_order_is_that_of_commits_whatever_occurred_at_says,
    filters_and_resuming_in_the_middle_of_a_batch,
    ids_are_sealed_and_strange_ones_are_told,
    a_slow_reader_holds_up_nobody_and_misses_nothing,
    many_tails_share_the_stream_and_writers_go_on,
    thousands_of_events_a_second_come_through,
    a_tail_shows_its_scope_alone_and_ends_with_its_key,
    the_end_of_the_server_is_told,
    nothing_is_lost_or_doubled_over_kills,
]


# These wait most of their time: on a server of their own, beside the others.
PATIENT = [a_reader_that_stops_is_told_so_and_goes_on_where_it_was]


def run(tests, failed):
    tests = [test for test in tests if not sys.argv[1:] or test.__name__ in sys.argv[1:]]
    if not tests:
        return
    server = daybook.Server(daybook.temporary_folder())
    server.start()
    failed += daybook.run_on(server, tests)
    server.stop()


def guarded(tests, failed):
    try:
        run(tests, failed)
    except BaseException:
        failed.append("stopped")
        raise


def main():
    failed = []
    beside = threading.Thread(target=guarded, args=(PATIENT, failed))
    beside.start()
    guarded(TESTS, failed)
    beside.join()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
