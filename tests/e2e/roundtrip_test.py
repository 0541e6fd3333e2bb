#!/usr/bin/env python3
"""Sends the benchmark's events through HTTP, restarts, searches and exports: what comes back is what was sent, in
canonical form, sorted, byte for byte.

DAYBOOK_ROUNDTRIP_EVENTS (default 50,000) events. The canonical form is made here, independently of the program."""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import ROOT, check  # noqa: E402

EVENTS = int(os.environ.get("DAYBOOK_ROUNDTRIP_EVENTS") or 50_000)
GENERATOR = ROOT / "build" / "release" / "bench" / "gen_events"
PART_EVENTS = 10_000
SORT = ["sort", "--parallel=2", "-S", "256M"]


def canonical_lines(lines, out):
    """Writes the canonical form of each event; gives how many."""
    count = 0
    for line in lines:
        out.write(daybook.canonical(daybook.as_sent(json.loads(line))).encode() + b"\n")
        count += 1
    return count


def send(client, path):
    """Posts the file, a request per PART_EVENTS lines; gives the highest number per tenant."""
    last = {}
    with open(path, "rb") as file:
        while True:
            lines = [line for _, line in zip(range(PART_EVENTS), file)]
            if not lines:
                return last
            status, _, body = client.request("POST", "/v1/events", b"".join(lines), "application/x-ndjson")
            check(status == 201, f"the events were answered {status}: {body[:500]!r}")
            for answer in json.loads(body)["events"]:
                tenant = answer["id"].rpartition(":")[0]
                check(answer["seq"] == last.get(tenant, 0) + 1, f"{tenant} goes from {last.get(tenant, 0)} to {answer}")
                last[tenant] = answer["seq"]


def export_to(client, path, form):
    """Streams the whole export through canonical form into a file; gives (events, trailer)."""
    import http.client
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=600)
    connection.request("GET", f"/v1/export?format=ndjson&form={form}&q=-product:Daybook",
                       headers={"Authorization": f"Bearer {daybook.KEY}"})
    answer = connection.getresponse()
    check(answer.status == 200, "the export was answered", answer.status)
    held = None
    with open(path, "wb") as out:
        def lines():
            nonlocal held
            for line in answer:  # the last line is the trailer: keep one back
                if held is not None:
                    yield held
                held = line
        count = canonical_lines(lines(), out)
    connection.close()
    trailer = json.loads(held)["daybook_export"]
    check(trailer["complete"] and trailer["count"] == count == int(answer.headers["X-Daybook-Count"]),
          f"{count} events, the trailer says {trailer}, the head {answer.headers['X-Daybook-Count']}")
    return count


def sort_file(path):
    subprocess.run([*SORT, "-o", path, path], check=True, env={**os.environ, "LC_ALL": "C"})


def same_bytes(one, other):
    return subprocess.run(["cmp", one, other]).returncode == 0


def expected(path, keep):
    """How many sent events satisfy keep, and their actors."""
    count, actors = 0, set()
    with open(path, "rb") as file:
        for line in file:
            event = json.loads(line)
            if keep(event):
                count += 1
                actors.add(event["actor"]["name"])
    return count, len(actors)


QUESTIONS = {
    "outcome:failure log:auth": lambda e: e["outcome"] == "failure" and e["log"] == "auth",
    "tenant:acct-0001": lambda e: e["tenant"].startswith("acct-0001/"),
    "object:route,answer_rule -action:read": lambda e: e["target"]["type"] in ("route", "answer_rule")
    and e["action"] != "read",
    "status:>=400": lambda e: e.get("http", {}).get("status", 0) >= 400,
    "ip:185.220.101.0/24": lambda e: e["source"].get("ip", "").startswith("185.220.101."),
    "changes:*": lambda e: "changes" in e,
    "params.region:us-east-1": lambda e: e.get("params", {}).get("region") == "us-east-1",
    '"absent_subscriber"': lambda e: "absent_subscriber" in json.dumps(e),
}


@daybook.test
def events_come_back_as_they_were_sent():
    if not GENERATOR.exists():
        daybook.skip(f"there is no {GENERATOR.relative_to(ROOT)}: make bench_programs V=release")
    folder = daybook.temporary_folder()
    sent, want, got = (os.path.join(folder, name) for name in ("sent.ndjson", "want", "got"))
    with open(sent, "wb") as out:
        subprocess.run([GENERATOR, str(EVENTS), "1", "json"], stdout=out, check=True)
    with open(sent, "rb") as file, open(want, "wb") as out:
        check(canonical_lines(file, out) == EVENTS, "the generator made another number of events")
    sort_file(want)

    server = daybook.Server(os.path.join(folder, "data"))
    server.start()
    client = server.client(timeout=600)
    last = send(client, sent)
    check(sum(last.values()) == EVENTS, "numbered", sum(last.values()), "of", EVENTS)
    client.close()
    server.stop()
    server.start()
    client = server.client(timeout=600)

    for form in ("stored", "sent"):
        export_to(client, got, form)
        sort_file(got)
        check(same_bytes(want, got), f"the export (form={form}) differs from what was sent")
    for question, keep in QUESTIONS.items():
        count, actors = expected(sent, keep)
        stats = client.get("/v1/stats", q=question)
        check((stats["events"], stats["actors"]) == (count, actors),
              f"{question}: {stats} instead of {count} events of {actors} actors")
        if count <= PART_EVENTS:
            check(len(client.export(q=question)[0]) == count, f"{question}: the export has another number of events")
    client.close()
    server.stop()


if __name__ == "__main__":
    daybook.main()
