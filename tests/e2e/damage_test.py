#!/usr/bin/env python3
"""Damages the files of a stopped server: flipped bytes, cut segments, a damaged log.

The rule: never silence. An answer is either exactly right or says what it lacks; what is not damaged stays readable;
`daybook fsck` reports every damage and `daybook fsck --repair` makes a folder that opens. DAYBOOK_SEED replays."""
import contextlib
import json
import os
import pathlib
import random
import shutil
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import check  # noqa: E402

LOADED = 132_000  # more than a memtable takes; one segment, or several where loading took long
EVENTS = LOADED + 1_000  # the rest comes later and stays in memory
FLIPS = int(os.environ.get("DAYBOOK_DAMAGE_FLIPS") or 8)
WORDS = ["invoice", "queue", "route", "webhook", "contact", "greeting", "campaign", "carrier"]
rng = None
folder = None


def make_event(number):
    word = WORDS[number * 7 % len(WORDS)]
    return {
        "tenant": f"acme/t{number % 5}", "log": ["admin", "auth"][number % 2],
        "occurred_at": f"2026-11-{1 + number * 18 // EVENTS:02d}T{number % 24:02d}:{number % 60:02d}:00Z",
        "action": "update", "outcome": ["success", "failure"][number % 11 == 0],
        "actor": {"type": "user", "name": f"user{number % 700}"}, "source": {"ip": f"10.0.{number % 9}.{number % 251}"},
        "target": {"type": word, "id": f"{word}-{number}", "domain": f"d{number % 40}.example"},
        "description": f"{word} number {number} was changed by hand, ticket {number * 2654435761 % 2**32:08x}",
        "params": {"n": number},
    }


QUESTIONS = [
    "/v1/stats", "/v1/stats?q=log:auth", "/v1/stats?q=invoice", "/v1/stats?q=ticket%20zzz", "/v1/stats?q=tenant:acme/t3",
    "/v1/stats?q=params.n:%3E=100000", "/v1/top?field=ip&q=outcome:failure", "/v1/top?field=target.domain&limit=50",
    "/v1/histogram?interval=1d&by=outcome", "/v1/values?field=actor.name&prefix=user69",
    "/v1/events?q=target.id:invoice-8&limit=5", "/v1/events?q=%22number%20120000%20was%22",
    "/v1/events?limit=100&order=oldest", "/v1/events?q=ip:10.0.3.0/24&limit=40",
]


class Whole:
    """The undamaged store: built once, copied for every case."""

    def __init__(self):
        self.data = os.path.join(folder, "whole")
        self.sent, self.answers = {}, {}
        self.lines = set()  # of the export
        server = daybook.Server(self.data)
        server.start()
        client = server.client()
        for part in range(0, LOADED, 6000):
            self.send(client, part, part + 6000)
        client.wait_sealed()
        client.close()
        server.stop()
        server.start()
        client = server.client()
        self.send(client, LOADED, EVENTS)
        self.answers = {question: client.get(question) for question in QUESTIONS}
        check(self.answers["/v1/stats"]["events"] == EVENTS, self.answers["/v1/stats"])
        client.close()
        server.stop()
        self.lines = self.export()
        self.segment = max(self.segments(self.data), key=os.path.getsize, default=None)
        check(self.segment, "there is no segment after", EVENTS, "events")
        self.segment = os.path.relpath(self.segment, self.data)
        self.lost = self.rows_of(int(pathlib.Path(self.segment).stem))

    def rows_of(self, segment):
        """How many events a segment has, by the catalog."""
        with contextlib.closing(sqlite3.connect(os.path.join(self.data, "catalog.sqlite"))) as catalog:
            return catalog.execute("select rows from segments where number = ?", (segment,)).fetchone()[0]

    def send(self, client, begin, end):
        events = [make_event(n) for n in range(begin, end)]
        body = "".join(json.dumps(e) + "\n" for e in events).encode()
        status, _, answer = client.request("POST", "/v1/events", body, "application/x-ndjson")
        check(status == 201, "answered", status, answer[:300])
        for event, place in zip(events, json.loads(answer)["events"]):
            self.sent[place["id"]] = daybook.canonical(event)

    def export(self):
        """Each line is an event as it was sent: what is exported after a damage is compared with these bytes. Of a copy,
        as an export is recorded."""
        server = daybook.Server(self.copy())
        server.start()
        lines = server.client().export_lines()[0]
        server.stop()
        for event in map(json.loads, lines):
            check(daybook.canonical(daybook.as_sent(event)) == self.sent[event["id"]], f"{event['id']} was changed")
        check(len(set(lines)) == len(lines) == EVENTS, "events are exported twice or not at all")
        return set(lines)

    @staticmethod
    def segments(data):
        return sorted(str(path) for path in pathlib.Path(data).rglob("*.seg"))

    def copy(self):
        target = os.path.join(folder, "case")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.data, target)
        return target


whole = None


def get_whole():
    global whole
    check(whole is not False, "the undamaged store could not be made")
    if whole is None:
        whole = False
        whole = Whole()


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ (1 << rng.randrange(8))]))


def fsck(data, *options):
    return daybook.run("fsck", "--data", data, *options)


def check_answers(client, what):
    """Each answer is right or lists what it lacks; gives how many were complete."""
    right = 0
    for question in QUESTIONS:
        got, want = client.get(question), whole.answers[question]
        if "warnings" in got:
            check(got["damages"] >= 1 and got["warnings"], f"{what}: {question}: {got}")
            for warning in got["warnings"]:
                check(warning["detail"] and "segment" in warning and warning["rows"] > 0, f"{what}: {warning}")
            continue
        right += 1
        check(got == want, f"{what}: {question} is silently wrong:\n{json.dumps(got)[:700]}\ninstead of\n"
                           f"{json.dumps(want)[:700]}")
    return right


def check_export(client, what):
    """What is exported is what was sent; what is missing is announced. Gives the number of missing events."""
    try:
        lines, trailer = client.export_lines(complete=False)
    except daybook.Failure as error:
        raise daybook.Failure(f"{what}: {error}") from error
    events = set(lines)
    check(events <= whole.lines, f"{what}: events were changed:", list(events - whole.lines)[:3])
    check(len(events) == len(lines), f"{what}: events are exported twice")
    missing = EVENTS - len(lines)
    check(trailer["complete"] == (missing == 0), f"{what}: {missing} events are missing, the trailer says {trailer}")
    if missing:
        rows = sum(w["rows"] for w in trailer["warnings"])
        check(rows >= missing, f"{what}: {missing} events are missing, the warnings speak of {rows}")
    return missing


@daybook.test
def flipped_bytes_of_pages_are_reported_and_the_rest_is_read():
    get_whole()
    size = os.path.getsize(os.path.join(whole.data, whole.segment))
    for number in range(FLIPS):
        # Over the whole file, in as many strips, so that every kind of page gets its turn.
        offset = 16 + (size - 16 - 4096) * number // FLIPS + rng.randrange((size - 8192) // FLIPS)
        data = whole.copy()
        flip(os.path.join(data, whole.segment), offset)
        what = f"{whole.segment} with a bit flipped at {offset} of {size}"
        status, text = fsck(data)
        check(status not in (0, 1) and os.path.basename(whole.segment) in text, f"{what}: fsck ended with {status}: {text}")
        server = daybook.Server(data)
        server.start()
        client = server.client()
        right = check_answers(client, what)
        missing = check_export(client, what)
        check(client.get("/v1/events", q="params.n:132500")["events"], f"{what}: the undamaged part is not readable")
        check(missing < EVENTS, f"{what}: nothing can be read")
        client.post(make_event(7))
        client.close()
        server.kill()
        print(f"      {what}: {right} of {len(QUESTIONS)} answers complete, {missing} events not readable", flush=True)


def check_lost_and_repaired(data, what):
    """A server that cannot open a segment starts and says so in every answer; the repair sets the file aside."""
    name = os.path.basename(whole.segment)
    status, text = fsck(data)
    check(status not in (0, 1) and name in text, f"{what}: fsck ended with {status}: {text}")
    server = daybook.Server(data)
    server.start()
    client = server.client()
    check(check_answers(client, what) == 0, f"{what}: an answer does not tell of the lost segment")
    check(check_export(client, what) == whole.lost, f"{what}: another number of events is missing")
    check(client.get("/v1/events", q="params.n:132500")["events"], f"{what}: the undamaged part is not readable")
    client.close()
    server.stop()
    text = fsck(data, "--repair")[1]
    status, text = fsck(data)
    check(status == 0, f"{what}: after the repair fsck still ends with {status}: {text}")
    server.start()
    client = server.client()
    lines, _ = client.export_lines()
    check(len(lines) == EVENTS - whole.lost, f"{what}: {len(lines)} events are left")
    last = max(int(i.rpartition(":")[2]) for i in whole.sent if i.startswith("acme/t2:"))
    seq = client.post(dict(make_event(2), tenant="acme/t2"))["events"][0]["seq"]
    check(seq == last + 1, f"{what}: after the repair acme/t2 goes on with {seq} instead of {last + 1}")
    client.close()
    server.stop()


def kept_copies(data):
    kept = pathlib.Path(data, "damaged")
    return list(kept.iterdir()) if kept.is_dir() else []


@daybook.test
def a_cut_segment_is_reported_and_set_aside():
    get_whole()
    size = os.path.getsize(os.path.join(whole.data, whole.segment))
    for length in (0, size // 2, size - 1):
        data = whole.copy()
        os.truncate(os.path.join(data, whole.segment), length)
        check_lost_and_repaired(data, f"{whole.segment} cut to {length} of {size} bytes")
        check(kept_copies(data), "the repair kept no copy")


@daybook.test
def a_missing_segment_is_reported():
    get_whole()
    data = whole.copy()
    os.remove(os.path.join(data, whole.segment))
    check_lost_and_repaired(data, "a missing segment")


@daybook.test
def a_damaged_footer_is_reported_and_set_aside():
    get_whole()
    size = os.path.getsize(os.path.join(whole.data, whole.segment))
    for offset in (3, size - 5, size - 33):
        data = whole.copy()
        flip(os.path.join(data, whole.segment), offset)
        check_lost_and_repaired(data, f"{whole.segment} with a bit flipped at {offset} of {size}")


# ---- The log ----

LOGGED = 40


def logged_store(name):
    """A killed server's folder whose log has one record per event; gives (folder, log file)."""
    data = os.path.join(folder, name)
    shutil.rmtree(data, ignore_errors=True)
    server = daybook.Server(data)
    server.start()
    client = server.client()
    for number in range(LOGGED):
        client.post(dict(make_event(number), tenant="acme", description="marker-%04d " % number + "x" * 400))
    client.close()
    server.kill()
    logs = sorted(str(path) for path in pathlib.Path(data).rglob("*.wal"))
    check(len(logs) == 1, "log files:", logs)
    return data, logs[0]


def find_record(log, number):
    with open(log, "rb") as file:
        offset = file.read().find(b"marker-%04d" % number)
    check(offset > 0, "the log does not hold event", number)
    return offset


def check_prefix(data, least, what):
    """The server starts and has the events 1..n, n >= least, and goes on after them; gives n."""
    server = daybook.Server(data)
    server.start()
    client = server.client()
    seqs = sorted(e["seq"] for e in client.every())
    check(seqs == list(range(1, len(seqs) + 1)) and len(seqs) >= least, f"{what}: the store has {seqs}")
    check(client.post(dict(make_event(1), tenant="acme"))["events"][0]["seq"] == len(seqs) + 1, f"{what}: wrong number")
    client.close()
    server.stop()
    status, text = fsck(data)
    check(status == 0, f"{what}: fsck ends with {status}: {text}")
    return len(seqs)


@daybook.test
def a_cut_log_tail_is_cut():
    data, log = logged_store("tail")
    end = find_record(log, LOGGED - 1) + 100
    for length in (end, end - 300):
        os.truncate(log, length)
        found = check_prefix(data, LOGGED - 2, f"the log cut at {length}")
        print(f"      the log cut at {length}: {found} of {LOGGED} events")
        data, log = logged_store("tail")


@daybook.test
def garbage_behind_the_log_is_cut():
    data, log = logged_store("garbage")
    with open(log, "r+b") as file:
        file.seek(find_record(log, LOGGED - 1) + 1200)
        file.write(rng.randbytes(5000))
    check(check_prefix(data, LOGGED, "garbage behind the log") == LOGGED, "an event is lost")


@daybook.test
def damage_in_the_middle_of_the_log_stops_the_start_until_repaired():
    for number in (0, 7, LOGGED // 2):
        data, log = logged_store("middle")
        flip(log, find_record(log, number) + rng.randrange(300))
        what = f"the log damaged in event {number + 1}"
        server = daybook.Server(data)
        status, text = server.start_refused()
        server.kill()
        check(status not in (0, 1) and "fsck --repair" in text and os.path.basename(log) in text,
              f"{what}: the start ended with {status}: {text}")
        status, text = fsck(data)
        check(status not in (0, 1) and os.path.basename(log) in text, f"{what}: fsck ended with {status}: {text}")
        status, text = fsck(data, "--repair")
        check(kept_copies(data), f"{what}: the repair kept no copy: {text}")
        found = check_prefix(data, number, what)
        check(found == number, f"{what}: {found} events are left")


if __name__ == "__main__":
    rng = random.Random(daybook.seed())
    folder = daybook.temporary_folder()
    daybook.main()
