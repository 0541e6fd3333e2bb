#!/usr/bin/env python3
"""Kills a loaded server with SIGKILL at random moments and holds what it finds after each restart against an outside
ledger of what was acknowledged.

After every restart: each acknowledged event is there once, with its number; the numbers of a tenant run from 1 without
a gap; a batch is there whole or not at all; no key is there twice; what was sent with keys and not acknowledged can be
sent again and is stored once; the server is ready within seconds.

A data folder lives for some rounds (an epoch). Every other epoch begins nearly full and takes large batches, so that
memtables are sealed and segments compacted while the server is killed.

Two epochs run at a time, each in a process of its own: much of a round is waiting for a server to start.

DAYBOOK_KILL_ROUNDS rounds (default 200; on a machine so busy that they take longer than DAYBOOK_KILL_S seconds, default
360, no new epoch is begun, but three are run in any case), DAYBOOK_SEED replays the choices (not the moments, which the
machine has a part in)."""
import concurrent.futures
import gc
import http.client
import itertools
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import check  # noqa: E402

ROUNDS = int(os.environ.get("DAYBOOK_KILL_ROUNDS") or 200)
BUDGET_S = int(os.environ.get("DAYBOOK_KILL_S") or 360)
ROUNDS_PER_EPOCH = 20
LEAST_EPOCHS = 3
EPOCHS_AT_A_TIME = 2
FULL_CHECK_EVERY = 20
CLIENTS = 4
LOAD_S = (0.02, 0.35)
NEARLY_FULL = 122_000  # of the 131,072 events of a memtable
TENANTS = ["acme", "acme/eu", "acme/eu/sales", "beta", "gamma/1", "gamma/2"]
LOST = (OSError, http.client.HTTPException)


class Batch:
    """Events sent in one request: all of them are stored or none."""

    def __init__(self, events, keyed, ndjson):
        self.events, self.keyed, self.ndjson = events, keyed, ndjson
        self.ids = None  # of the acknowledgement
        if ndjson:
            self.body = "".join(json.dumps(e) + "\n" for e in events).encode()
        else:
            self.body = json.dumps(events[0] if len(events) == 1 else events).encode()

    def send(self, client):
        """Gives the events of the answer; raises LOST where the server died."""
        media = "application/x-ndjson" if self.ndjson else "application/json"
        status, _, body = client.request("POST", "/v1/events", self.body, media)
        check(status == 201, f"a batch was answered {status}: {body[:300]!r}")
        answer = json.loads(body)["events"]
        check(len(answer) == len(self.events), "the answer lists", len(answer), "of", len(self.events))
        return answer


def marker(event):
    return event["params"]["marker"]


def make_event(rng, round_number, mark, keyed):
    now = time.time() - rng.random() * 60
    event = {
        "tenant": rng.choice(TENANTS), "log": rng.choice(["admin", "auth", "api"]),
        "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z",
        "action": "update", "outcome": "success", "actor": {"type": "user", "name": f"user{rng.randrange(500)}"},
        "params": {"marker": mark, "round": round_number},
    }
    if keyed:
        event["key"] = "key-" + mark
    if rng.random() < 0.02:
        event["description"] = "%x" % rng.getrandbits(4 * 40_000)
    return event


def choose_size(rng, large):
    """(events in the batch, as NDJSON)."""
    dice = rng.random()
    if large and dice < 0.25:
        return rng.choice([1000, 2500]), True
    if dice < 0.6:
        return 1, False
    if dice < 0.9:
        return rng.randint(2, 50), rng.random() < 0.5
    return rng.randint(100, 400), True


class Sender(threading.Thread):
    """Posts batch after batch until the server is gone."""

    def __init__(self, server, round_number, name, seed, large):
        super().__init__(daemon=True)
        self.rng, self.round, self.label, self.large = random.Random(seed), round_number, name, large
        self.client = server.client(timeout=20)
        self.batches, self.fault = [], None

    def run(self):
        try:
            while True:
                count, ndjson = choose_size(self.rng, self.large)
                keyed = self.rng.random() < 0.5
                marks = [f"{self.label}-{len(self.batches)}-{i}" for i in range(count)]
                batch = Batch([make_event(self.rng, self.round, mark, keyed) for mark in marks], keyed, ndjson)
                self.batches.append(batch)
                batch.ids = batch.send(self.client)
        except LOST:
            pass
        except Exception as error:
            self.fault = error
        self.client.close()


class Ledger:
    """What must be in the store, kept outside of it."""

    def __init__(self):
        self.places = {}  # marker -> (tenant, seq)
        self.last = dict.fromkeys(TENANTS, 0)  # seq
        self.keyed = []  # acknowledged keyed batches, to be sent again

    def record(self, batch, found):
        """Takes over a batch as it was found in the store."""
        for event in batch.events:
            self.places[marker(event)] = found[marker(event)]
        if batch.keyed:
            self.keyed.append(batch)

    def count(self):
        return len(self.places)


def index_export(events):
    """Marker -> place; every marker and every key at most once."""
    found, keys = {}, set()
    for event in events:
        mark, place = marker(event), (event["tenant"], event["seq"])
        check(mark not in found, f"{mark} is stored twice: {found.get(mark)} and {place}")
        check(event["id"] == f"{place[0]}:{place[1]}", "the id", event["id"], "is not", place)
        found[mark] = place
        if "key" in event:
            key = (event["tenant"], event["key"])
            check(key not in keys, "the key", key, "is stored twice")
            keys.add(key)
    return found


def check_acknowledged(batch, found):
    for event, answer in zip(batch.events, batch.ids):
        place = found.get(marker(event))
        check(place, f"LOST: {marker(event)} was acknowledged as {answer} and is gone")
        check(f"{place[0]}:{place[1]}" == answer["id"] and place[1] == answer["seq"],
              f"{marker(event)} was acknowledged as {answer} and is {place}")


def check_numbers(ledger, found):
    """The new numbers of each tenant follow the last one without a gap."""
    numbers = {tenant: [] for tenant in TENANTS}
    for tenant, seq in found.values():
        numbers[tenant].append(seq)
    for tenant, seqs in numbers.items():
        first = ledger.last[tenant] + 1
        seqs.sort()
        check(seqs == list(range(first, first + len(seqs))),
              f"{tenant}: the numbers from {first} on have a gap or come twice: {seqs[:20]} ... {seqs[-5:]}")
        ledger.last[tenant] += len(seqs)


def resend(client, batch, found):
    """Sends a keyed batch again; gives marker -> place of all its events. Those in `found` must be duplicates."""
    answer = batch.send(client)
    places = {}
    for event, line in zip(batch.events, answer):
        place = (event["tenant"], line["seq"])
        known = found.get(marker(event))
        check(not known or known == place, f"{marker(event)} is {known}; sent again it was answered {line}")
        check(bool(known) == bool(line.get("duplicate")), f"{marker(event)} (known: {known}) was answered {line}")
        places[marker(event)] = place
    return places


class Epoch:
    """One data folder and its rounds."""

    def __init__(self, folder, number, seed, server):
        self.number, self.rng, self.server = number, random.Random(seed), server
        self.large = number % 2 == 1
        self.ledger = Ledger()
        server.data = os.path.join(folder, f"data-{number}")

    def fill(self):
        """Fills the memtable nearly to the point where it is sealed."""
        client = self.server.client()
        for part in range(0, NEARLY_FULL, 8000):
            marks = [f"{self.number}-fill-{part + i}" for i in range(min(8000, NEARLY_FULL - part))]
            batch = Batch([make_event(self.rng, -1, mark, False) for mark in marks], False, True)
            for event in batch.events:
                event.pop("description", None)
            batch.body = "".join(json.dumps(e) + "\n" for e in batch.events).encode()
            batch.ids = batch.send(client)
            found = {marker(e): (e["tenant"], a["seq"]) for e, a in zip(batch.events, batch.ids)}
            check_numbers(self.ledger, found)
            self.ledger.record(batch, found)
        client.close()

    def load_and_kill(self, round_number):
        senders = [Sender(self.server, round_number, f"{self.number}-{round_number}-{i}", self.rng.random(), self.large)
                   for i in range(CLIENTS)]
        moment = self.rng.uniform(*LOAD_S)
        for sender in senders:
            sender.start()
        time.sleep(moment)  # the moment of the kill: nothing is waited for
        self.server.kill()
        for sender in senders:
            sender.join(30)
            check(not sender.is_alive(), "a client still waits for a killed server")
            if sender.fault:
                raise sender.fault
        return [batch for sender in senders for batch in sender.batches]

    def kill_while_starting(self):
        """Some restarts are killed as well, in the middle of recovery."""
        while self.rng.random() < 0.15:
            self.server.spawn()
            time.sleep(self.rng.uniform(0, 0.05))
            self.server.kill()

    def verify(self, number, batches):
        client, ledger = self.server.client(), self.ledger
        found = index_export(client.every(q=f"params.round:{number}"))
        check_numbers(ledger, found)
        pending, known = [], 0
        for batch in batches:
            stored = sum(marker(e) in found for e in batch.events)
            known += stored
            if batch.ids:
                check_acknowledged(batch, found)
            check(stored in (0, len(batch.events)),
                  f"{stored} of {len(batch.events)} events of a batch are stored: {marker(batch.events[0])}")
            if batch.keyed and not batch.ids:
                pending.append(batch)
            elif stored:
                ledger.record(batch, found)
        check(known == len(found), f"{len(found) - known} events are stored that nobody sent in this round")
        self.send_again(client, pending, found)
        events = client.get("/v1/stats", q="-product:Daybook")["events"]
        check(events == ledger.count(), f"the store counts {events} events instead of {ledger.count()}")
        client.close()

    def send_again(self, client, pending, found):
        ledger = self.ledger
        for batch in pending:
            places = resend(client, batch, found)
            check_numbers(ledger, {m: p for m, p in places.items() if m not in found})
            ledger.record(batch, places)
        if ledger.keyed:
            resend(client, self.rng.choice(ledger.keyed), ledger.places)

    def verify_everything(self):
        client = self.server.client()
        found = index_export(client.every(q="-product:Daybook"))
        check(found == self.ledger.places, "the whole export differs from the ledger:",
              list(set(found.items()) ^ set(self.ledger.places.items()))[:5])
        client.close()

    def run(self, first_round, rounds):
        self.kill_while_starting()
        self.server.start()
        if self.large:
            self.fill()
        sent = acknowledged = 0
        for number in range(first_round, first_round + rounds):
            batches = self.load_and_kill(number)
            self.kill_while_starting()
            self.server.start()
            self.verify(number, batches)
            if (number + 1) % FULL_CHECK_EVERY == 0 or number + 1 == first_round + rounds:
                self.verify_everything()
            sent += len(batches)
            acknowledged += sum(bool(b.ids) for b in batches)
        self.server.stop()
        self.server.start()
        self.verify_everything()
        self.server.stop()
        print(f"rounds {first_round + 1} to {first_round + rounds}: {sent} batches sent, {acknowledged} acknowledged, "
              f"{self.ledger.count()} events in the store", flush=True)


def run_epoch(choice):
    """Gives its rounds (0 where there was no time to begin it) and how long the server took to start, in seconds."""
    folder, number, seed, begun = choice
    if number >= LEAST_EPOCHS and time.monotonic() - begun > BUDGET_S:
        return 0, []
    first = number * ROUNDS_PER_EPOCH
    rounds = min(ROUNDS_PER_EPOCH, ROUNDS - first)
    server = daybook.Server(folder)
    epoch = Epoch(folder, number, seed, server)
    try:
        epoch.run(first, rounds)
    except Exception as error:
        server.kill()
        kept = os.environ.get("DAYBOOK_KEEP")
        if kept:
            shutil.copytree(server.data, os.path.join(kept, f"kill-{number}"), dirs_exist_ok=True)
        raise daybook.Failure(f"{error}\nin {server.data}, epoch {number}, the server said:\n" +
                              server.output()[-2000:]) from error
    shutil.rmtree(server.data)
    return rounds, server.start_times


@daybook.test
def a_killed_server_keeps_what_it_acknowledged():
    rng, folder, begun = random.Random(daybook.seed()), daybook.temporary_folder(), time.monotonic()
    epochs = [(folder, number, rng.random(), begun) for number in range(-(-ROUNDS // ROUNDS_PER_EPOCH))]
    gc.disable()  # nothing here goes in circles, and the ledgers are large
    fork = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(EPOCHS_AT_A_TIME, mp_context=fork) as pool:
        results = list(pool.map(run_epoch, epochs))
    done = sum(rounds for rounds, _ in results)
    starts = sorted(itertools.chain.from_iterable(times for _, times in results))
    print(f"{done} of {ROUNDS} rounds; {len(starts)} starts, the slowest {starts[-1]:.2f} s, "
          f"the median {starts[len(starts) // 2]:.3f} s")


if __name__ == "__main__":
    daybook.main()
