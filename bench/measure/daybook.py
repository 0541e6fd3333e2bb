"""Everything that is measured of Daybook itself, over HTTP."""
import itertools
import json
import math
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import time

from peers import KEYWORDS, QUESTIONS, address, folder_bytes, say

from .server import ENVIRONMENT, KEY, TOOLS, Server, load, tool

BATCH, CONNECTIONS, SINGLES, CLIENTS = 1000, 4, 20_000, 64
SYNCS = 400
FULL_LOG_EVENTS = 6 * 131_072  # of six memtables: src/base/limits.h
NEARLY = 0.95  # two loads are not alike to the event


def measure_singles(work, ndjson, count):
    """Beside the disk's own fdatasync, before and after."""
    server = Server(work / "singles")
    server.start()
    before = load("fdatasync", work, SYNCS)
    result = load("singles", server.port, ndjson, min(SINGLES, count), CLIENTS)
    after = load("fdatasync", work, SYNCS)
    result["fdatasync_ms"] = statistics.mean([before["p50_ms"], after["p50_ms"]])
    result["fdatasync_p99_ms"] = max(before["p99_ms"], after["p99_ms"])
    result["allowed_p99_ms"] = 2 * result["fdatasync_ms"] + 2
    server.end()
    shutil.rmtree(server.data)
    return result


def load_until(server, part, enough):
    """Loads until so many events are in the log, or all are loaded. Gives the most events seen there; where it was
    enough, the load is still going on."""
    loader = subprocess.Popen([TOOLS / "http_load", "batches", str(server.port), part, str(BATCH), str(CONNECTIONS)],
                              env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most, loading = 0, True
    while most < enough and loading:
        loading = loader.poll() is None  # asked first: the last look is at everything
        most = max(most, server.metrics()["daybook_memtable_rows"])
        time.sleep(0.01)
    return most, loader


def measure_start(work, ndjson):
    """SIGKILL in the middle of a load, when the log is as full as it was at any time of the same load before: events
    are there from when they are acknowledged until their memtable, of which four may wait, has become a segment."""
    part = work / "start.json"
    with open(ndjson, "rb") as whole, open(part, "wb") as file:
        file.writelines(itertools.islice(whole, FULL_LOG_EVENTS))
    server, most = Server(work / "start"), math.inf
    for share in (1, NEARLY):
        shutil.rmtree(server.data, ignore_errors=True)
        server.start()
        most, loader = load_until(server, part, share * most)
        server.end(signal.SIGKILL)
        loader.wait()
    result = {"log_events": most, "seconds": server.start(), "memory": server.memory_bytes()}
    server.end()
    part.unlink()
    shutil.rmtree(server.data)
    return result


def measure_restart(server):
    """SIGKILL right after loading: all segments, and a log as full as loading left it."""
    rows = server.metrics()["daybook_memtable_rows"]
    server.end(signal.SIGKILL)
    return {"seconds": server.start(), "log_events": rows}


def measure_storage(server, count):
    segments = sorted(map(str, server.data.rglob("*.seg")))
    held, given = folder_bytes(server.data)
    columns = [line.split(" ", 3) for line in tool("storage", *segments).splitlines()] if segments else []
    segment_bytes = sum(os.path.getsize(p) for p in segments)
    rows = server.metrics()["daybook_segment_rows"]
    return {"segments": len(segments), "segment_bytes_per_event": segment_bytes / max(rows, 1),
            "segment_events": rows, "folder_bytes_per_event": held / count, "disk_bytes_per_event": given / count,
            "columns": [{"name": name, "data": int(data) / max(rows, 1), "dictionary": int(dictionary) / max(rows, 1),
                         "index": int(index) / max(rows, 1)} for data, dictionary, index, name in columns]}


# ---- Questions ----

def ask(server, work, names, times, bodies=True):
    """Gives {name: the first time and, of `times` more, p50 and p99}, and the answer's body where wanted."""
    paths = "".join(QUESTIONS[name][1] + "\n" for name in names)
    lines = tool("http_load", "ask", server.port, times, work / "answer", input=paths).splitlines()
    answers = {}
    for index, (name, line) in enumerate(zip(names, lines)):
        body = work / f"answer.{index}"
        answers[name] = dict(json.loads(line), **({"answer": answer_of(name, body.read_bytes())} if bodies else {}))
        body.unlink()
    return answers


def answer_of(name, body):
    """In the form in which answers are compared: peers.comparable()."""
    if name == "export":
        lines = [json.loads(line) for line in body.splitlines()]
        trailer = lines.pop()["daybook_export"]
        if not trailer["complete"] or trailer["count"] != len(lines):
            raise SystemExit(f"the export is not whole: {trailer}")
        return sorted(e["occurred_at"] for e in lines)
    answer = json.loads(body)
    if "warnings" in answer:
        raise SystemExit(f"{name}: {answer['warnings']}")
    if name == "stats":
        return [(answer["events"], answer["actors"], answer["domains"])]
    if name in ("failed_by_ip", "values"):
        return sorted((-v["count"], v["value"]) for v in answer["values"])
    if name == "histogram":
        days = [bound[:10] for bound in answer["bounds"]]
        return sorted((day, s["value"], count) for s in answer["series"] for day, count in zip(days, s["counts"])
                      if count)
    return sorted(e["occurred_at"] for e in answer["events"])


def measure_questions(server, work, runs, times):
    """Warm: the median of a few runs, as every peer's; p50 and p99 of many. Cold: one question per start."""
    names = list(QUESTIONS)
    cold = {}
    for name in names:
        server.restart_cold()
        cold[name] = ask(server, work, [name], 0, bodies=False)[name]["first_ms"]
    few = ask(server, work, names, runs)
    memory = server.memory_bytes()
    many = ask(server, work, names, times, bodies=False) if times else few
    return {name: {"ms": few[name]["p50_ms"], "cold_ms": cold[name], "p50_ms": many[name]["p50_ms"],
                   "p99_ms": many[name]["p99_ms"], "bytes": few[name]["bytes"], "answer": few[name]["answer"]}
            for name in names}, memory


def measure_export(server):
    result = {}
    for form in ("ndjson", "csv"):
        begun = time.monotonic()
        asked = ["curl", "-sS", "-f", "-o", "/dev/null", "-w", "%{size_download}", "-H", "Authorization: Bearer " + KEY,
                 f"http://127.0.0.1:{server.port}{address('export', format=form)}"]
        size = int(subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True).stdout)
        result[form] = {"seconds": time.monotonic() - begun, "bytes": size}
    return result


def measure_daybook(work, ndjson, count, runs, times):
    result, work = {}, pathlib.Path(work)
    say("daybook: single events")
    result["singles"] = measure_singles(work, ndjson, count)
    say("daybook: start with a full log")
    result["start_full_log"] = measure_start(work, ndjson)
    say("daybook: ingest")
    server = Server(work / "data")
    server.start()
    result["ingest"] = load("batches", server.port, ndjson, BATCH, CONNECTIONS)
    result["memory_ingest"] = server.memory_bytes()
    result["start"] = measure_restart(server)
    result["unsettled"] = ask(server, work, KEYWORDS, runs, bodies=False)
    result["settle_s"] = server.wait_quiet()
    metrics = server.metrics()
    result["quiet"] = {name: metrics[f"daybook_{name}"] for name in ("segments", "segment_rows", "memtable_rows")}
    say("daybook: storage")
    result["storage"] = measure_storage(server, count)
    say("daybook: questions")
    result["questions"], result["memory_questions"] = measure_questions(server, work, runs, times)
    say("daybook: export")
    result["export"] = measure_export(server)
    result["memory_export"] = server.memory_bytes()
    server.end()
    shutil.rmtree(server.data)
    return result
