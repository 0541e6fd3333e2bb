"""Tables in Markdown from the figures: one per case (a number of events, a seed and a shape)."""
from peers import KEYWORDS, PEERS, QUESTIONS

from . import goals

MIB = 2**20


def figure(value):
    if value is None:
        return ""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 100 else f"{value:.2f}"


def ratio(daybook, best, more_is_better):
    value = daybook / best if more_is_better else best / max(daybook, 1e-6)
    return f"{value:.1f}" if value >= 0.95 else f"{value:.2f}"


def measured(case):
    """The peers with figures, in the order of the table."""
    return [name for name in PEERS if "questions" in case["peers"].get(name, {})]


class Table:
    """The last column says how many times better Daybook is than the best peer of the row, and names that peer."""

    def __init__(self, case):
        self.peers = measured(case)
        titles = [PEERS[name].title for name in self.peers]
        self.lines = ["| " + " | ".join(["", "Daybook", "p99", "cold", *titles, "times better than the best"]) + " |",
                      "|---" * (len(titles) + 5) + "|"]

    def add(self, name, daybook, p99=None, cold=None, others=None, more_is_better=False):
        """daybook: a number or a text; others: {peer: number, or a text where there is none}."""
        others = others or {}
        numbers = {peer: value for peer, value in others.items() if isinstance(value, float)}
        best, times = None, ""
        if numbers and isinstance(daybook, float):
            best = (max if more_is_better else min)(numbers, key=numbers.get)
            times = f"{ratio(daybook, numbers[best], more_is_better)} ({PEERS[best].title})"
        cells = [name, daybook if isinstance(daybook, str) else f"**{figure(daybook)}**", figure(p99), figure(cold)]
        for peer in self.peers:
            value = others.get(peer, "")
            cells.append(value if isinstance(value, str) else figure(value))
        self.lines.append("| " + " | ".join([*cells, times]) + " |")


def question_cell(answer):
    if "failed" in answer:
        return "failed"
    return float(answer["ms"]) if answer["equal"] else "other answer"


def case_table(case):
    day, peers, table = case["daybook"], case["peers"], Table(case)
    there = measured(case)
    one, storage = day["singles"], day["storage"]
    table.add("durable ingest, events/s", day["ingest"]["events_per_s"], more_is_better=True,
              others={name: peers[name]["events_per_s"] for name in there})
    table.add("single events from 64 clients, ms", one["p50_ms"], one["p99_ms"])
    table.add("single events from 64 clients, events/s", one["events_per_s"])
    if storage["segment_events"]:  # a few events stay in memory and in the log
        table.add("bytes per event, with indexes", storage["segment_bytes_per_event"],
                  others={name: peers[name]["bytes_per_event"] for name in there})
    for name in QUESTIONS:
        q = day["questions"][name]
        table.add(f"{name}, ms ({q['rows']:,} rows)", q["ms"], q["p99_ms"], q["cold_ms"],
                  {peer: question_cell(peers[peer]["questions"][name]) for peer in there})
    for name in KEYWORDS:
        table.add(f"{name} while sealing and merging, ms", day["unsettled"][name]["p50_ms"])
    for form, x in day["export"].items():
        table.add(f"export of everything as {form}, events/s", case["events"] / x["seconds"])
    return table.lines


def other_lines(case):
    day, one = case["daybook"], case["daybook"]["singles"]
    full, start, quiet, storage = day["start_full_log"], day["start"], day["quiet"], day["storage"]
    memory = ", ".join(f"{what} {day['memory_' + what]['VmHWM'] / MIB:,.0f}" for what in
                       ("ingest", "questions", "export"))
    lines = [
        f"- fdatasync of 4 KiB here: {one['fdatasync_ms']:.2f} ms (p99 {one['fdatasync_p99_ms']:.2f}). Single events, "
        f"p99: {one['p99_ms']:.2f} ms; 2 x fdatasync + 2 ms is {one['allowed_p99_ms']:.2f} ms.",
        f"- Start after SIGKILL: {full['seconds']:.2f} s with the log as full as loading makes it "
        f"({full['log_events']:,.0f} events); {start['seconds']:.2f} s right after the whole load "
        f"({start['log_events']:,.0f} events).",
        f"- Most memory resident, MiB: {memory}; after starting with a full log "
        f"{full['memory']['VmHWM'] / MIB:,.0f}.",
        f"- After the load sealing and merging took {day['settle_s']:.1f} s of processor time. The questions were "
        f"asked after that, of {quiet['segments']:,.0f} segments with {quiet['segment_rows']:,.0f} events and "
        f"{quiet['memtable_rows']:,.0f} events in memory. The folder holds {storage['disk_bytes_per_event']:.1f} bytes "
        "per event with its preallocated logs."]
    for name, peer in case["peers"].items():
        if "absent" in peer:
            lines.append(f"- {PEERS[name].title}: absent: {peer['absent']}.")
    return lines


def column_lines(storage):
    lines = ["", f"Bytes per event by column ({storage['segments']} segments):", "",
             "| column | data | dictionary | index |", "|---|---|---|---|"]
    for c in storage["columns"]:
        if c["data"] + c["dictionary"] + c["index"] >= 0.05:
            lines.append(f"| {c['name']} | {c['data']:.2f} | {c['dictionary']:.2f} | {c['index']:.2f} |")
    return lines if storage["columns"] else []


def case_title(case):
    return f"{case['events']:,} events, seed {case['seed']}, {case['shape']}"


def peer_lines(cases):
    """How each was set up, once."""
    lines, seen = ["## Peers", ""], set()
    for case in cases:
        for name in measured(case):
            if name not in seen:
                lines.append(f"- {PEERS[name].title} {case['peers'][name]['version']}: {PEERS[name].note}.")
            seen.add(name)
    return lines if seen else []


def document(run):
    """The whole of a run, as Markdown."""
    load = " to ".join(f"{value:.1f}" for value in run["load"])
    lines = [f"Commit {run['commit']}, {run['date']}, {run['machine']}; load average {load}. How to read this: "
             "[bench/README.md](../README.md)."]
    for case in run["cases"]:
        lines += ["", f"## {case_title(case)}", "", *case_table(case), "", *other_lines(case)]
        for problem in case["problems"]:
            lines.append(f"- **Answers differ**: {problem}")
        lines += ["", *goals.lines(case), *column_lines(case["daybook"]["storage"])]
    lines += ["", *goals.growth_lines(run["cases"])]
    for name in run["plots"]:
        lines += ["", f"![Latency against the number of events]({name})"]
    return "\n".join([*lines, "", *peer_lines(run["cases"])]).rstrip() + "\n"
