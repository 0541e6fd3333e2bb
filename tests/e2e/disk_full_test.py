#!/usr/bin/env python3
"""A data folder on a disk that fills up: writes are refused with 507, reads go on, writing resumes without a restart
when there is room, and nothing that was acknowledged is lost, also where the disk is full to the last byte.

The small disk is a tmpfs; mounting one needs root."""
import json
import errno
import os
import pathlib
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import check  # noqa: E402

DISK_MIB = 400
RESERVE_MIB = 256  # the server keeps so much free
PATIENCE_S = 20
disk = None


class Disk:
    """A tmpfs, unmounted at the end."""

    def __init__(self):
        self.folder = daybook.temporary_folder()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=700", "daybook-test", self.folder],
                                 capture_output=True, text=True)
        if mounted.returncode:
            daybook.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
        self.filler = os.path.join(self.folder, "filler")
        self.data = os.path.join(self.folder, "data")

    def free_bytes(self):
        stat = os.statvfs(self.folder)
        return stat.f_bavail * stat.f_frsize

    def fill(self, leave_bytes):
        """Takes what is free but leave_bytes; a server that writes meanwhile may take some of it first."""
        with open(self.filler, "wb") as file:
            while (size := self.free_bytes() - leave_bytes) > 0:
                try:
                    os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size + size)
                    return
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def make_room(self):
        if os.path.exists(self.filler):
            os.remove(self.filler)

    def unmount(self):
        subprocess.run(["umount", "--lazy", self.folder], check=False)  # a failed test's server may still be there


def make_event(number, size=0):
    return {"tenant": "acme", "log": "admin", "occurred_at": "2026-11-20T08:00:00Z", "action": "create",
            "actor": {"type": "user", "name": "jane"}, "description": "x" * size, "params": {"n": number}}


def post(client, events):
    """Gives the status; a refusal must be a 507 in problem+json."""
    status, headers, body = client.request("POST", "/v1/events", json.dumps(events).encode())
    if status == 201:
        return status
    check(status == 507, f"a write was answered {status}: {body[:300]!r}")
    check(headers["Content-Type"].startswith("application/problem+json"), headers["Content-Type"])
    problem = json.loads(body)
    check(problem["status"] == 507 and problem["title"] and problem["detail"], problem)
    return status


class Ledger:
    def __init__(self, client):
        self.client, self.acknowledged, self.number = client, set(), 0

    def post(self, count=1, size=0):
        events = [make_event(self.number + i, size) for i in range(count)]
        self.number += count
        status = post(self.client, events)
        if status == 201:
            self.acknowledged.update(e["params"]["n"] for e in events)
        return status

    def post_until(self, wanted, **options):
        """Posts until the answer is `wanted`: the server looks at the disk a few times a second."""
        end = time.monotonic() + PATIENCE_S
        while self.post(**options) != wanted:
            check(time.monotonic() < end, f"no {wanted} within {PATIENCE_S} s")

    def check_reads(self, client=None):
        client = client or self.client
        stored = sorted(e["params"]["n"] for e in client.export()[0])
        check(stored == sorted(self.acknowledged),
              f"{len(stored)} events are stored, {len(self.acknowledged)} are acknowledged")
        check(client.get("/v1/stats", q="-product:Daybook")["events"] == len(stored), "the statistics count otherwise")
        check(len(client.get("/v1/events", q="actor:jane", limit=5)["events"]) == min(5, len(stored)), "no page")


@daybook.test
def a_full_disk_refuses_writes_and_keeps_reading():
    server = daybook.Server(disk.data)
    server.start()
    ledger = Ledger(server.client())
    for _ in range(20):
        check(ledger.post(count=50) == 201, "an empty disk refuses a write")
    for _ in range(3):
        disk.fill(leave_bytes=(RESERVE_MIB - 20) << 20)
        ledger.post_until(507)
        for _ in range(20):
            check(ledger.post() == 507, "a write was taken while the disk is low")
        check(ledger.client.metric("daybook_disk_low") == 1, "/metrics does not say that the disk is low")
        ledger.check_reads()
        disk.make_room()
        ledger.post_until(201)
        ledger.check_reads()
    check(ledger.client.metric("daybook_writes_refused_disk_total") >= 60, "refusals are not counted")
    server.stop()
    server.start()
    ledger.check_reads(server.client())
    server.stop()


@daybook.test
def a_server_starts_on_a_full_disk_and_reads():
    disk.make_room()
    server = daybook.Server(disk.data)
    server.start()
    before = server.client().get("/v1/stats")["events"]
    server.kill()
    disk.fill(leave_bytes=0)
    server.start("/healthz")
    client = server.client()
    check(client.request("GET", "/readyz")[0] == 503, "/readyz does not say that writes are refused")
    check(client.get("/v1/stats")["events"] == before, "events are gone on a full disk")
    check(post(client, make_event(0)) == 507, "a full disk takes a write")
    disk.make_room()
    end = time.monotonic() + PATIENCE_S
    while post(client, dict(make_event(0), tenant="late")) != 201:
        check(time.monotonic() < end, "writing does not resume")
    check(client.request("GET", "/readyz")[0] == 200, "/readyz does not say that writes are taken")
    server.stop()


@daybook.test
def a_disk_that_fills_during_a_write_loses_nothing():
    """The disk is filled to the last byte while large batches come in, faster than the server looks at it: the log
    itself meets the end of the disk."""
    disk.make_room()
    server = daybook.Server(os.path.join(disk.folder, "sudden"))
    server.start()
    refused = 0
    ledger = Ledger(server.client())
    for _ in range(4):
        filler = threading.Thread(target=disk.fill, args=(0,))
        filler.start()
        for _ in range(12):
            refused += ledger.post(count=200, size=40_000) == 507
        filler.join()
        ledger.post_until(507)
        ledger.check_reads()
        disk.make_room()
        ledger.post_until(201)
    check(refused, "no write met the full disk")
    ledger.check_reads()
    server.kill()
    server.start()
    ledger.check_reads(server.client())
    server.stop()
    status, text = daybook.run("fsck", "--data", server.data)
    check(status == 0, f"fsck ends with {status}: {text}")


if __name__ == "__main__":
    disk = Disk()
    try:
        daybook.main()
    finally:
        disk.unmount()
