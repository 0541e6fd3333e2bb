"""Latency against the number of events as an SVG: a panel per question, a line per store, both axes logarithmic."""
import math

from peers import KEYWORDS, PAGES, PEERS

COLOURS = {"daybook": "#d6336c", "sqlite": "#1971c2", "postgres": "#2f9e44", "clickhouse": "#e8a200", "chdb": "#e8590c",
           "duckdb": "#7048e8"}
COLUMNS, WIDTH, HEIGHT, GAP, LEFT, TOP = 3, 280, 190, 34, 56, 64
STYLE = "text{font:12px sans-serif;fill:#212529}.small{font-size:10px;fill:#495057}.grid{stroke:#dee2e6}"


def points(name, store, cases):
    """(events, milliseconds) where the store was asked and answered right."""
    for case in cases:
        if store == "daybook":
            yield case["events"], case["daybook"]["questions"][name]["ms"]
        else:
            answer = case["peers"].get(store, {}).get("questions", {}).get(name, {})
            if answer.get("equal"):
                yield case["events"], answer["ms"]


class Scale:
    """Logarithmic, from the power of ten below the least value to the one above the largest."""

    def __init__(self, values, start, length):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)
        self.start, self.length = start, length

    def __call__(self, value):
        return self.start + self.length * (math.log10(value) - self.low) / (self.high - self.low)

    def ticks(self):
        return [10.0**power for power in range(self.low, self.high + 1)]


def short(value):
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def panel(name, lines, x0, y0):
    xs = [x for line in lines.values() for x, _ in line]
    ys = [max(y, 0.001) for line in lines.values() for _, y in line]
    x, y = Scale(xs, x0, WIDTH), Scale(ys, y0 + HEIGHT, -HEIGHT)
    out = [f'<text x="{x0}" y="{y0 - 8}">{name}, ms</text>']
    for tick in y.ticks():
        out.append(f'<line class="grid" x1="{x0}" x2="{x0 + WIDTH}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
                   f'<text class="small" text-anchor="end" x="{x0 - 5}" y="{y(tick) + 3:.1f}">{short(tick)}</text>')
    for tick in x.ticks():
        out.append(f'<line class="grid" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{y0}" y2="{y0 + HEIGHT}"/>'
                   f'<text class="small" text-anchor="middle" x="{x(tick):.1f}" y="{y0 + HEIGHT + 14}">'
                   f'{short(tick)}</text>')
    for store, line in lines.items():
        path = " ".join(f"{x(a):.1f},{y(max(b, 0.001)):.1f}" for a, b in line)
        width = 2.5 if store == "daybook" else 1.5
        out.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[store]}" stroke-width="{width}"/>')
        out += [f'<circle cx="{x(a):.1f}" cy="{y(max(b, 0.001)):.1f}" r="3" fill="{COLOURS[store]}"/>' for a, b in line]
    return out


def legend(stores):
    out = []
    for index, store in enumerate(stores):
        at = LEFT + index * 120
        title = "Daybook" if store == "daybook" else PEERS[store].title
        out.append(f'<line x1="{at}" x2="{at + 18}" y1="24" y2="24" stroke="{COLOURS[store]}" stroke-width="3"/>'
                   f'<text x="{at + 24}" y="28">{title}</text>')
    return out


def draw(cases, names=(*PAGES, *KEYWORDS)):
    """The SVG's text; cases from few events to many."""
    stores = [store for store in COLOURS if list(points(names[0], store, cases))]
    body = legend(stores)
    for index, name in enumerate(names):
        lines = {store: list(points(name, store, cases)) for store in stores}
        x0 = LEFT + index % COLUMNS * (WIDTH + LEFT)
        y0 = TOP + index // COLUMNS * (HEIGHT + GAP + 20)
        body += panel(name, {store: line for store, line in lines.items() if line}, x0, y0)
    width = COLUMNS * (WIDTH + LEFT) + GAP
    height = TOP + math.ceil(len(names) / COLUMNS) * (HEIGHT + GAP + 20)
    body.append(f'<text class="small" x="{LEFT}" y="{height - 6}">Across: the number of events. Medians of warm runs.'
                '</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
            f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>\n")
