"""What Daybook promises (ARCHITECTURE.md), held against the figures of one run."""
from peers import PAGES, QUESTIONS

HTTP_MS, PAGE_MS, START_S, MEMORY_BYTES, GROWTH = 1.0, 2.0, 2.0, 2**30, 1.5
SIZE_SHARE = 0.5  # of ClickHouse with its keyword index
LEAST_MS = 0.1  # growth from less than that is noise


def verdict(name, goal, got, met):
    return f"| {name} | {goal} | {got} | {'met' if met else '**missed**'} |"


def against_clickhouse(case):
    day, chdb = case["daybook"], case["peers"].get("chdb", {})
    if "questions" not in chdb:
        return
    load, size = day["ingest"]["events_per_s"], day["storage"]["segment_bytes_per_event"]
    yield verdict("durable ingest, events/s", f"at least chDB's {chdb['events_per_s']:,.0f}", f"{load:,.0f}",
                  load >= chdb["events_per_s"])
    if size:
        most = SIZE_SHARE * chdb["bytes_per_event"]
        yield verdict("bytes per event", f"at most half of chDB's: {most:.1f}", f"{size:.1f}", size <= most)


def slow_questions(case):
    """The questions that the best peer answers more than a millisecond sooner."""
    slow = []
    for name in QUESTIONS:
        others = [peer["questions"][name]["ms"] for peer in case["peers"].values()
                  if peer.get("questions", {}).get(name, {}).get("equal")]
        ms = case["daybook"]["questions"][name]["ms"]
        if others and ms > min(others) + HTTP_MS:
            slow.append(f"{name} {ms:.2f} ({min(others):.2f})")
    return slow


def lines(case):
    day = case["daybook"]
    one, slow = day["singles"], slow_questions(case)
    pages = {name: day["questions"][name]["p50_ms"] for name in PAGES}
    worst = max(pages, key=pages.get)
    memory = max(day["memory_" + what]["VmHWM"] for what in ("ingest", "questions", "export"))
    start = max(day["start_full_log"]["seconds"], day["start"]["seconds"])
    return ["| goal | | measured | |", "|---|---|---|---|", *against_clickhouse(case),
            verdict("single events, p99, ms", f"at most 2 x fdatasync + 2: {one['allowed_p99_ms']:.2f}",
                    f"{one['p99_ms']:.2f}", one["p99_ms"] <= one["allowed_p99_ms"]),
            verdict("every question", "no slower than the best peer + 1 ms for HTTP", "; ".join(slow) or "all",
                    not slow),
            verdict("pages, p50, ms", f"under {PAGE_MS:.0f}", f"{pages[worst]:.2f} ({worst})", pages[worst] < PAGE_MS),
            verdict("most memory resident, MiB", f"at most {MEMORY_BYTES / 2**20:,.0f}", f"{memory / 2**20:,.0f}",
                    memory <= MEMORY_BYTES),
            verdict("start after SIGKILL, s", f"under {START_S:.0f}", f"{start:.2f}", start < START_S)]


def series(cases):
    """{(seed, shape): its cases from few events to many} where there are several sizes."""
    groups = {}
    for case in sorted(cases, key=lambda c: c["events"]):
        groups.setdefault((case["seed"], case["shape"]), []).append(case)
    return {key: group for key, group in groups.items() if len(group) > 1}


def growth_lines(cases):
    result = []
    for (seed, shape), group in series(cases).items():
        first, last = group[0], group[-1]
        result += [f"## From {first['events']:,} to {last['events']:,} events (seed {seed}, {shape})", "",
                   "| page | p50 at first, ms | p50 at last, ms | times | |", "|---|---|---|---|---|"]
        for name in PAGES:
            few, many = (c["daybook"]["questions"][name]["p50_ms"] for c in (first, last))
            times = max(many, LEAST_MS) / max(few, LEAST_MS)
            result.append(f"| {name} | {few:.2f} | {many:.2f} | {times:.2f} | "
                          f"{'met' if times < GROWTH else '**missed**'} |")
        result.append("")
    return result
