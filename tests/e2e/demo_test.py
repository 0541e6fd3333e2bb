#!/usr/bin/env python3
"""serve --demo: what it shows on the first visit, that it grows while it runs, and that it lets somebody in."""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import check, test  # noqa: E402

# Every action and object of the first systems (product.md rows 16 and 25); the catalog names them even where none is there.
ACTIONS = {"login", "logout", "create", "update", "delete", "read", "export", "import", "load", "activate", "restart", "validate",
           "mfa", "warn", "send"}


def demo(folder):
    server = daybook.Server(folder, "--demo")
    server.start()
    return server


def password_of(server):
    """The lines behind the address come at once, but after it."""
    with server.printed:
        while not re.search(r"log in as demo with the password (\S+)", server.output()):
            check(server.printed.wait(10), "no password is shown:", server.output())
    return re.search(r"log in as demo with the password (\S+)", server.output())[1]


def log_in(client, password):
    status, _, body = client.request("POST", "/v1/sessions", json.dumps({"login": "demo", "password": password}).encode(),
                                     headers={"Authorization": ""})
    return status, json.loads(body)


@test
def every_page_has_something_to_see():
    server = demo(daybook.temporary_folder())
    client = server.client()
    catalog = client.get("/v1/catalog")
    missing = [o["value"] for o in catalog["objects"] if o["count"] == 0]
    check(missing == [], "no event of", missing)
    check(ACTIONS <= {a["value"] for a in catalog["actions"] if a["count"] > 0}, catalog["actions"])
    check({"admin", "panel", "api", "message", "auth"} <= {row["value"] for row in catalog["logs"] if row["count"] > 20}, catalog["logs"])
    total = client.get("/v1/stats", q="-product:Daybook")["events"]
    check(4000 < total < 9000, total, "events")
    rules = {f["rule"] for f in client.get("/v1/insights", from_="now-89d")["findings"]}
    check(rules >= {"login_after_failures", "user_brute_force", "address_brute_force", "password_spraying", "impossible_travel",
                    "new_country", "unusual_hour", "delete_burst", "keys_created", "grants_changed", "roles_changed"}, rules)
    logins = client.get("/v1/logins", limit=200)["logins"]
    check({row["state"] for row in logins} == {"ended", "open", "failed"} and all(row["geo"]["country"] for row in logins), logins[0])
    shapes = set()
    for event in client.get("/v1/events", q="changes.field:*", limit=1000)["events"]:
        shapes |= {type(side).__name__ for c in event["changes"] for side in (c.get("old"), c.get("new"))}
    check(shapes >= {"str", "int", "float", "bool", "list", "dict", "NoneType"}, "changes of every shape:", shapes)
    names = {t["tenant"]: t.get("display_name") for t in client.get("/v1/tenants")["tenants"]}
    check(names.get("acme/eu") == "Acme Europe", names)
    client.close()
    server.stop()


@test
def it_grows_while_it_runs_and_stops_at_once():
    folder = daybook.temporary_folder()
    server = demo(folder)
    client = server.client()
    before = client.get("/v1/stats", q="-product:Daybook")["events"]
    import http.client
    tail = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    tail.request("GET", "/v1/tail?q=-product:Daybook", headers={"Authorization": f"Bearer {daybook.KEY}"})
    answer = tail.getresponse()
    line = b""
    while not line.startswith(b"data: {\"action\""):
        line = answer.readline()
        check(line, "the tail ended")
    event = json.loads(line[len(b"data: "):])
    check(event["tenant"] and event["summary"], event)
    check(client.get("/v1/stats", q="-product:Daybook")["events"] > before, "it does not grow")
    tail.close()
    client.close()
    server.stop()
    again = demo(folder)
    check("events were recorded" not in again.output(), "the demonstration was loaded twice")
    client = again.client()
    check(client.get("/v1/stats", q="-product:Daybook")["events"] > before, "events are gone")
    client.close()
    again.stop()


@test
def somebody_can_log_in():
    folder = daybook.temporary_folder()
    server = demo(folder)
    client = server.client()
    first = password_of(server)
    check("/setup#token" not in server.output(), "a set-up link, although there is an operator")
    status, answer = log_in(client, first)
    check(status == 201 and answer["csrf"], status, answer)
    check(log_in(client, first + "x")[0] == 401, "any password does")
    client.close()
    server.stop()
    server = demo(folder)
    client = server.client()
    second = password_of(server)
    check(second != first and log_in(client, second)[0] == 201, "the new password does not work")
    check(log_in(client, first)[0] == 401, "the old password still works")
    client.close()
    server.stop()


if __name__ == "__main__":
    daybook.main()
