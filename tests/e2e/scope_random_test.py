#!/usr/bin/env python3
"""Random events, grants and questions: whoever has the grants gets from a server with everything exactly what an operator
gets from a second server that holds only what the grants permit. The first has segments, the second all in memory.

DAYBOOK_SCOPE_REQUESTS: how many answers to compare (1,500; 100000 takes some minutes). DAYBOOK_SEED replays."""
import collections
import json
import os
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import as_sent, canonical, check, quote, test  # noqa: E402
from people import Caller, log_in, make_key, make_user, operator  # noqa: E402

REQUESTS = int(os.environ.get("DAYBOOK_SCOPE_REQUESTS") or 1500)
EVENTS, PER_SCOPE = 1200, 250
OTHERS = 8000  # with half of EVENTS enough that a memtable is sealed, once it is five seconds old
TENANTS = ["acme", "acme/eu", "acme/eu/sales", "acme/us", "acme-2", "acme.x", "acme0", "globex", "globex/eu", "b", "b/c/d",
           "acme/eu-2", "acmeeu"]
LOGS = ["admin", "auth", "api", "message"]
PRODUCTS = ["Voice", "SMS", "voice", "E-mail", ""]
WORDS = ["jane", "joe", "mallory", "ring", "timeout", "europe", "alpha", "beta"]
FIELDS = ["tenant", "log", "product", "actor.name", "action", "target.type", "params.region", "source.ip", "outcome",
          "changes.field", "description"]


def random_event(rng, number):
    log = rng.choice(LOGS)
    e = {"key": f"k{number}", "tenant": rng.choice(TENANTS), "log": log, "action": rng.choice(["create", "update", "delete"]),
         "occurred_at": f"2026-11-{rng.randint(1, 20):02}T{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:00Z",
         "actor": {"type": "user", "name": rng.choice(WORDS)}}
    if log == "auth":
        e["action"] = rng.choice(["login", "login", "logout"])
        e["auth"] = {"session": f"s{rng.randint(1, 60)}", "method": "password"}
        e["outcome"] = rng.choice(["success", "failure"])
    product = rng.choice(PRODUCTS)
    if product:
        e["product"] = product
    if rng.random() < 0.5:
        e["params"] = {"region": rng.choice(["eu", "us"]), f"p{rng.randint(0, 9)}": rng.choice(WORDS)}
    if rng.random() < 0.5:
        e["description"] = " ".join(rng.choice(WORDS) for _ in range(3))
    if rng.random() < 0.5:
        e["source"] = {"ip": f"192.0.2.{rng.randint(1, 9)}"}
    if rng.random() < 0.5:
        e["target"] = {"type": rng.choice(["user", "queue"]), "id": rng.choice(WORDS), "domain": rng.choice(WORDS)}
    if rng.random() < 0.3:
        e["changes"] = [{"field": rng.choice(WORDS), "old": 1, "new": rng.choice(WORDS)}]
    return e


def random_grant(rng, roles):
    def some(values):
        return rng.sample(values, rng.randint(1, 2)) if rng.random() < 0.4 else None

    tenant = rng.choice(TENANTS + ["nowhere", "acme", "globex"])
    return {"role": rng.choice(roles), "tenant": tenant, "logs": some(LOGS), "products": some(PRODUCTS[:-1])}


def permits(grants, e):
    return any((e["tenant"] == g["tenant"] or e["tenant"].startswith(g["tenant"] + "/"))
               and (g["logs"] is None or e["log"] in g["logs"])
               and (g["products"] is None or e.get("product", "") in g["products"]) for g in grants)


def random_query(rng):
    def clause():
        kind = rng.randint(0, 6)
        if kind == 0:
            return "tenant:" + rng.choice(TENANTS)
        if kind == 1:
            return "log:" + ",".join(rng.sample(LOGS, 2))
        if kind == 2:
            return f'product:"{rng.choice(PRODUCTS[:-1])}"'
        if kind == 3:
            return "actor:" + rng.choice(WORDS)
        if kind == 4:
            return "params.region:" + rng.choice(["eu", "us", "*"])
        if kind == 5:
            return rng.choice(FIELDS[1:]) + ":" + rng.choice(WORDS)[:2] + "*"
        return rng.choice(WORDS)[:rng.randint(3, 6)]

    clauses = [("-" if rng.random() < 0.2 else "") + clause() for _ in range(rng.randint(0, 3))]
    return " ".join(["-product:Daybook", *clauses])  # the making of the users is on the record of the first server alone


KINDS = ["events", "stats", "histogram", "top", "values", "export", "logins", "insights"]


def random_question(rng):
    kind = rng.choice([*KINDS, "events"])
    q = f"q={quote(random_query(rng))}"
    if rng.random() < 0.3 or kind == "insights":  # which otherwise speak of the moment they were asked
        q += f"&from=2026-11-{rng.randint(1, 12):02}"
    if rng.random() < 0.3 or kind == "insights":
        q += f"&to=2026-11-{rng.randint(13, 22):02}"
    field = quote(rng.choice(FIELDS))
    more = {"events": f"&limit={rng.randint(1, 60)}&order={rng.choice(['newest', 'oldest'])}",
            "histogram": rng.choice(["", "&interval=1d", f"&by={field}", f"&interval=1w&by={field}"]),
            "top": f"&field={field}&limit={rng.randint(1, 20)}",
            "values": f"&field={field}&prefix={rng.choice(['', 'a', 'ac', 'e', 'm', 's', '1'])}&limit=20",
            "export": f"&format=ndjson&order={rng.choice(['newest', 'oldest'])}",
            "logins": f"&limit={rng.randint(1, 40)}"}.get(kind, "")
    return kind, f"/v1/{kind}?{q}{more}"


NAMES_OF_PLACE = {"id", "seq", "received_at", "logout_id", "next", "request_id", "last_seq"}


def plain(value):
    """Without the numbers that events have on one server."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k not in NAMES_OF_PLACE or (k == "id" and ":" not in str(v))}
    return [plain(v) for v in value] if isinstance(value, list) else value


def parse(kind, status, answer):
    if kind == "export" and status == 200:
        lines = [json.loads(line) for line in answer.splitlines()] if isinstance(answer, bytes) else [answer]
        return status, [canonical(as_sent(e)) if "tenant" in e else e for e in lines]
    if kind == "events" and status == 200:
        return status, [canonical(as_sent(e)) for e in answer["events"]], answer["next"] is not None
    return status, plain(answer)


def store(server, events):
    """Gives what was answered for each."""
    client = server.client()
    return [answer for at in range(0, len(events), 400) for answer in client.post(events[at:at + 400])["events"]]


answered = collections.Counter()


class Scope:
    """Grants, who has them on the whole server, and a server with only what they permit."""

    def __init__(self, rng, number, whole, everything):
        roles = ["auditor"] if number % 2 else ["auditor", "viewer", "admin"]
        self.grants = [random_grant(rng, roles) for _ in range(rng.randint(1, 4))]
        if number % 3 == 1:
            for g in self.grants:
                g["products"] = g["products"] or PRODUCTS[:2]
        self.permitted = [e for e in everything if permits(self.grants, e)]
        self.exported = [e for e in everything if permits([g for g in self.grants if g["role"] != "viewer"], e)]
        o = operator(whole)
        if number % 4 == 3:
            self.grants[1:] = []
            g = self.grants[0]
            self.permitted = self.exported = [e for e in everything if permits([g], e)]
            self.caller = Caller(whole.client(), key=make_key(o, f"k{number}", "reader", g["tenant"], logs=g["logs"],
                                                              products=g["products"])["secret"])
        else:
            make_user(o, f"u{number}", "home", *self.grants)
            self.caller = log_in(whole, f"u{number}")
        self.part = daybook.Server(daybook.temporary_folder())
        self.part.start()
        store(self.part, self.permitted)
        self.operator = operator(self.part)

    def close(self):
        self.part.kill()

    def compare(self, kind, path):
        mine = parse(kind, *self.caller.ask("GET", path))
        answered[kind] += mine[0] == 200
        only_viewer = all(g["role"] == "viewer" for g in self.grants)
        if kind == "export" and (only_viewer or len(self.exported) != len(self.permitted)):
            return self.check_export(path, mine)
        theirs = parse(kind, *self.operator.ask("GET", path))
        check(mine == theirs, f"{path}\nwith {self.grants}\ngot     {mine}\ninstead {theirs}")

    def check_export(self, path, mine):
        """Where some grants are a viewer's, exports hold less than pages."""
        if all(g["role"] == "viewer" for g in self.grants):
            check(mine[0] == 403, path, mine)
            return
        allowed = {e["key"] for e in self.exported}
        got = [json.loads(e)["key"] for e in mine[1] if isinstance(e, str)]
        check(mine[0] == 200 and set(got) <= allowed, f"{path} with {self.grants} exports", set(got) - allowed)

    def follow_pages(self, path):
        """All pages of both, one after the other."""
        urls = [path, path]
        while True:
            answers = [caller.want(200, "GET", url) for caller, url in zip((self.caller, self.operator), urls)]
            mine, theirs = ([canonical(as_sent(e)) for e in a["events"]] for a in answers)
            check(mine == theirs, f"{urls[0]} with {self.grants}\ngot     {mine}\ninstead {theirs}")
            check((answers[0]["next"] is None) == (answers[1]["next"] is None), "one has more than the other")
            if answers[0]["next"] is None:
                return
            urls = [path + "&cursor=" + quote(a["next"]) for a in answers]

    def find_one(self, rng, ids):
        number = rng.randrange(len(ids))
        status, answer = self.caller.ask("GET", "/v1/events/" + quote(ids[number][0]))
        if permits(self.grants, ids[number][1]):
            check(status == 200 and answer["key"] == ids[number][1]["key"], ids[number], status, answer)
        else:
            check(status == 404, f"{ids[number]} with {self.grants} answered {status} {answer}")


@test
def whoever_asks_gets_what_a_server_with_only_the_permitted_events_gives():
    rng = random.Random(daybook.seed())
    whole = daybook.Server(daybook.temporary_folder())
    whole.start()
    everything = [random_event(rng, n) for n in range(EVENTS)]
    # Half of them are in a segment, among many that nobody here may see; the others come later and stay in memory.
    others = [dict(random_event(rng, n), tenant="elsewhere", params={"region": f"hidden{n}"}) for n in range(OTHERS)]
    answers = store(whole, everything[:EVENTS // 2])
    store(whole, others)
    whole.client().wait_sealed()
    answers += store(whole, everything[EVENTS // 2:])
    check(whole.client().metric("daybook_memtable_rows") >= EVENTS // 2, "all of them were sealed")
    ids = [(stored["id"], e) for e, stored in zip(everything, answers)]
    asked = number = 0
    while asked < REQUESTS:
        scope = Scope(rng, number, whole, everything)
        number += 1
        if all(g["products"] for g in scope.grants):  # else it counts Daybook's own record, too: it takes no filter
            scope.compare("catalog", "/v1/catalog")  # before there are exports, which are on the operator's record
        for _ in range(min(PER_SCOPE, REQUESTS - asked)):
            asked += 1
            roll = rng.random()
            if roll < 0.15:
                scope.find_one(rng, ids)
            elif roll < 0.18:
                scope.follow_pages(f"/v1/events?q={quote(random_query(rng))}&limit=40")
            else:
                scope.compare(*random_question(rng))
        scope.close()
    check(REQUESTS < 1000 or all(answered[kind] for kind in [*KINDS, "catalog"]), "never answered:", answered)
    print(f"{asked} answers compared, {number} scopes; answered with 200: {dict(answered)}")
    whole.stop()


if __name__ == "__main__":
    daybook.main()
