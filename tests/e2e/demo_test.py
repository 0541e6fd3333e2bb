#!/usr/bin/env python3
"""serve --demo: what it shows on the first visit, that it grows while it runs, and whom it lets in."""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from browser import Browser  # noqa: E402
from daybook import check, test  # noqa: E402

# Every action and object of the first systems (product.md rows 16 and 25); the catalog names them even where none is there.
ACTIONS = {"login", "logout", "create", "update", "delete", "read", "export", "import", "load", "activate", "restart", "validate",
           "mfa", "warn", "send"}


def demo(folder):
    server = daybook.Server(folder, "--demo")
    server.start()
    return server


def printed(server, pattern):
    """The lines behind the address come at once, but after it."""
    with server.printed:
        while not re.search(pattern, server.output()):
            check(server.printed.wait(10), "not printed:", pattern, server.output())
    return re.search(pattern, server.output())[1]


def password_of(server):
    return printed(server, r"log in as demo with the password (\S+)\n")


def password_of_persons(server):
    printed(server, r"(Stop with Ctrl-C)")
    return printed(server, r"each of these has the password (\S+)\n")


def log_in(client, password, login="demo"):
    status, _, body = client.request("POST", "/v1/sessions", json.dumps({"login": login, "password": password}).encode(),
                                     headers={"Authorization": ""})
    return status, json.loads(body)


def log_in_browser(server, login, password):
    browser = Browser(server.port)
    browser.log_in(login, password)
    return browser


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
def every_page_of_the_administration_has_something_to_see():
    server = demo(daybook.temporary_folder())
    client = server.client()
    users = {u["login"]: u for u in client.get("/v1/users")["users"]}
    check({u["state"] for u in users.values()} == {"active", "invited", "disabled"}, users)
    check(len({u["tenant"] for u in users.values()}) >= 5, users)
    grants = client.get("/v1/grants")["grants"]
    check({g["role"] for g in grants} == {"operator", "admin", "auditor", "viewer"} and any(g["logs"] for g in grants), grants)
    keys = client.get("/v1/keys")["keys"]
    check({k["role"] for k in keys} == {"writer", "reader"} and any(k["addresses"] for k in keys), keys)
    check({k["state"] for k in keys} >= {"active", "overlap", "revoked"} and any(k["expires_at"] for k in keys), keys)
    tenants = {t["tenant"]: t for t in client.get("/v1/tenants")["tenants"]}
    check(all(t["display_name"] for path, t in tenants.items()), tenants)
    check([path for path, t in tenants.items() if t["closed"]] == ["umbrella/trial"], tenants)
    check({t["retention"]["days"] for t in tenants.values()} == {90, 365, 2190}, tenants)
    own = {path: client.get(f"/v1/tenants/{path}/settings")["own"] for path in ("acme", "globex", "initech")}
    check("http://localhost:8700" in own["acme"]["embed_origins"] and len(own["acme"]["saved_searches"]) == 3, own)
    check(own["globex"]["insights"] and own["initech"]["default_range"] == "7d", own)
    viewers = client.get("/v1/viewer-tokens")["viewer_tokens"]
    check([(v["state"], v["origin"]) for v in viewers] == [("active", "http://localhost:8700")], viewers)
    # What it set is what the API lets one set.
    for path, settings in own.items():
        status, _, body = client.request("PUT", f"/v1/tenants/{path}/settings", json.dumps(settings).encode())
        check(status == 200, body)
    for search in own["acme"]["saved_searches"]:
        check(search["url"].startswith("/search?"), search)
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


@test
def one_can_log_in_as_each_person_of_the_guides():
    folder = daybook.temporary_folder()
    server = demo(folder)
    client = server.client()
    first = password_of_persons(server)
    persons = re.findall(r"^  (\S+) +(tenant administrator|partner|another partner|auditor|security analyst|viewer)", server.output(), re.MULTILINE)
    check(len(persons) == 6, server.output())
    rights = {}
    for login, who in persons:
        me = log_in_browser(server, login, first).get("/v1/me")
        rights[who] = set(me["rights"])
        check("operate" not in rights[who], login, me)
    check("manage" in rights["tenant administrator"] and "manage" in rights["partner"], rights)
    check(rights["auditor"] == rights["security analyst"] == {"read", "export"} and rights["viewer"] == {"read"}, rights)
    for login in ("demo", "walt.h", "nora.j"):
        check(log_in(client, first, login)[0] == 401, login, "has the password of the others")
    sam = log_in_browser(server, "sam.g", first)
    seen = {login: {t["tenant"] for t in log_in_browser(server, login, first).get("/v1/tenants")["tenants"]}
            for login in ("sam.g", "tina.w", "mira.b")}
    check(seen == {"sam.g": {"acme", "acme/eu", "acme/eu/sales", "acme/us"}, "tina.w": {"globex", "globex/retail"},
                   "mira.b": {"acme/eu", "acme/eu/sales"}}, seen)
    check(len(sam.get("/v1/me")["settings"]["saved_searches"]) == 3, "no shared searches")
    client.close()
    server.stop()
    server = demo(folder)
    client = server.client()
    second = password_of_persons(server)
    check(log_in(client, first, "sam.g")[0] == 401 and log_in(client, second, "sam.g")[0] == 201, "the password is not new")
    check(len(client.get("/v1/users")["users"]) == 9, "the people were made twice")
    check(len(client.get("/v1/viewer-tokens")["viewer_tokens"]) == 1, "another viewer at each start")
    client.close()
    server.stop()


@test
def a_folder_in_use_is_left_alone():
    folder = daybook.temporary_folder()
    server = daybook.Server(folder)
    server.start()
    client = server.client()
    for login in ("demo", "pat"):
        made = client.request("POST", "/v1/users", json.dumps({"login": login, "tenant": "shop", "grants": []}).encode())
        check(made[0] == 201, made)
    client.close()
    server.stop()
    status, output = daybook.Server(folder, "--demo").start_refused()
    check(status != 0 and "name another with --data" in output, status, output)
    server = daybook.Server(folder)
    server.start()
    client = server.client()
    check([u["login"] for u in client.get("/v1/users")["users"]] == ["demo", "pat"], "people were added")
    check(client.get("/v1/keys")["keys"] == [] and client.get("/v1/stats", q="-product:Daybook")["events"] == 0, "things were added")
    client.close()
    server.stop()


if __name__ == "__main__":
    daybook.main()
