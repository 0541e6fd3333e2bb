#!/usr/bin/env python3
"""Daybook's own record: each action leaves its event with before and after in the log of the tenant it concerns, readings
where they must, and never a secret - neither there nor in any file, log or metric."""
import json
import pathlib
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
import daybook  # noqa: E402
from browser import Browser, first_operator, setup_token, totp  # noqa: E402
from daybook import KEY, check, test  # noqa: E402

PASSWORD, SECOND = "correct horse battery", "staple and a half 9"
ORIGIN = "https://portal.example"


def event(tenant, number=0, log="admin"):
    return {"tenant": tenant, "log": log, "occurred_at": f"2026-11-01T00:00:{number % 60:02}Z", "action": "update",
            "actor": {"type": "user", "name": f"user{number}"}}


def start(*tenants):
    server = daybook.Server(daybook.temporary_folder())
    server.start()
    client = server.client()
    client.post([event(tenant, n) for tenant in tenants or ("acme", "acme/eu", "globex") for n in range(5)])
    return server, client


def recorded(client, q="", **parameters):
    """Events of the record, newest first."""
    events = client.get("/v1/events", q=f"product:Daybook {q}", limit=1000, **parameters)["events"]
    for one in events:
        check(one["product"] == "Daybook" and one["log"] in ("admin", "auth"), one)
    return events


def asked(one):
    """The question on a record; None where it is withheld."""
    return one.get("params", {}).get("q")


def exported(client, path):
    check(client.request("GET", path)[0] == 200, path)


def changes(one):
    return {c["field"]: (c.get("old"), c.get("new")) for c in one.get("changes", [])}


@test
def every_action_is_recorded_with_before_and_after_in_its_tenant():
    server, client = start()
    operator = first_operator(server, password=PASSWORD)
    made = operator.call("POST", "/v1/users", {"login": "ivan", "tenant": "acme", "email": "ivan@acme.example",
                                               "grants": [{"role": "auditor", "tenant": "acme/eu"}]}, 201)
    user = made["user"]["id"]
    ivan = Browser(server.port)
    ivan.opened(ivan.send("POST", "/v1/setup", {"token": made["link"].partition("=")[2], "password": PASSWORD}))
    operator.call("PUT", f"/v1/users/{user}", {"email": "i@acme.example"})
    grant = operator.call("POST", "/v1/grants", {"user": user, "role": "admin", "tenant": "globex"}, 201)["id"]
    operator.call("DELETE", f"/v1/grants/{grant}", status=204)
    key = operator.call("POST", "/v1/keys", {"name": "sender", "role": "writer", "tenant": "acme"}, 201)["key"]["id"]
    operator.call("DELETE", f"/v1/keys/{key}", status=204)
    operator.call("PUT", "/v1/tenants/acme", {"display_name": "Acme Ltd"})
    operator.call("PUT", "/v1/tenants/acme/settings", {"embed_origins": [ORIGIN]})
    operator.call("PUT", "/v1/tenants/acme/retention", {"days": 30})
    viewer = operator.call("POST", "/v1/viewer-tokens", {"tenant": "acme/eu", "role": "viewer", "origin": ORIGIN,
                                                         "user": {"name": "petra"}}, 201)
    bearer = Browser(server.port).call("POST", "/v1/viewer-tokens/exchange", {"token": viewer["token"]}, 201)["bearer"]
    operator.call("DELETE", "/v1/viewer-tokens/" + viewer["id"], status=204)
    ivan.call("PUT", "/v1/me/password", {"current": PASSWORD, "new": SECOND}, 204)
    ivan.call("DELETE", "/v1/sessions/current", status=204)
    Browser(server.port).log_in("ivan", "wrong password!", 401)
    operator.call("DELETE", f"/v1/users/{user}", status=204)
    check(bearer, "no bearer")
    events = recorded(client)
    found = {(e["activity"], e["tenant"]): e for e in events}
    for activity, tenant in (("First Operator Created", "daybook"), ("Password Set by Link", "acme"), ("Login", "acme"),
                             ("Password Changed", "acme"), ("Logout", "acme"), ("Login Failed", "acme"),
                             ("Retention Changed", "acme"), ("Viewer Token Created", "acme/eu"),
                             ("Embedded Viewer Opened", "acme/eu"), ("Viewer Session Ended", "acme/eu")):
        check((activity, tenant) in found, activity, "of", tenant, "is missing:", sorted(found))
    by_target = {}
    for one in events:
        by_target.setdefault((one.get("target", {}).get("type"), one["action"], one["tenant"]), one)
    for wanted in (("user", "create", "acme"), ("user", "update", "acme"), ("user", "delete", "acme"),
                   ("grant", "create", "acme/eu"), ("grant", "create", "globex"), ("grant", "delete", "globex"),
                   ("api_key", "create", "acme"), ("tenant", "update", "acme"), ("settings", "update", "acme")):
        check(wanted in by_target, wanted, "is missing:", sorted(k for k in by_target if k[0]))
    mail = next(e for e in events if "email" in changes(e) and e["action"] == "update")
    check(changes(mail)["email"] == ("ivan@acme.example", "i@acme.example"), mail)
    check(changes(found["Retention Changed", "acme"]) == {"days": (None, 30)}, found["Retention Changed", "acme"])
    check(all(e["source"]["ip"] == "127.0.0.1" and e["source"]["user_agent"] for e in events), "sources")
    log_out = found["Logout", "acme"]
    opened = next(e for e in events if e["action"] == "login" and e["auth"].get("session") == log_out["auth"]["session"])
    check(opened["actor"]["name"] == "ivan" and opened["auth"]["method"] == "link", opened)
    started = found["Embedded Viewer Opened", "acme/eu"]
    check(started["actor"]["name"] == "petra" and started["on_behalf_of"]["name"] == "olivia", started)
    check(started["params"]["origin"] == ORIGIN, started)
    for one in events: # a tenant's log names no other tenant
        others = {"acme": ("globex",), "acme/eu": ("globex",), "globex": ("acme",)}.get(one["tenant"], ())
        text = json.dumps({k: v for k, v in one.items() if k not in ("actor", "summary")})
        check(not any(other in text for other in others), one["tenant"], "reads of another:", one)
    server.stop()


@test
def an_export_is_in_the_log_of_each_tenant_it_concerns():
    server, client = start()
    exported(client, "/v1/export?q=user1")
    exported(client, "/v1/export?q=tenant:acme%20user2")
    key = json.loads(client.request("POST", "/v1/keys", json.dumps(
        {"name": "auditor", "role": "reader", "tenant": "globex"}).encode())[2])["secret"]
    head = {"Authorization": "Bearer " + key}
    check(client.request("GET", "/v1/export?q=user3", headers=head)[0] == 200, "the export of the key")
    job = json.dumps({"q": "tenant:globex,acme/eu user4", "from": "2026-11-01T00:00:00Z", "format": "csv"}).encode()
    check(client.request("POST", "/v1/exports", job)[0] == 201, "the job")
    by_tenant = {}
    for one in recorded(client, "action:export", order="oldest"):
        by_tenant.setdefault(one["tenant"], []).append((one["target"]["type"], asked(one)))
    check(by_tenant["daybook"] == [("export", "user1"), ("export", "tenant:globex,acme/eu user4")], by_tenant)
    check(by_tenant["acme"] == [("export", None), ("export", "tenant:acme user2")], by_tenant)
    check(by_tenant["globex"] == [("export", None), ("export", "user3"), ("export", None)], by_tenant)
    check(by_tenant["acme/eu"] == [("export", None)], by_tenant)
    server.stop()


@test
def of_many_tenants_an_export_is_recorded_in_one_place():
    server, client = start(*[f"t{n}" for n in range(70)])
    exported(client, "/v1/export?q=user1")
    (one,) = recorded(client, "action:export")
    check(one["tenant"] == "daybook" and asked(one) == "user1", one)
    server.stop()


@test
def searches_are_recorded_where_the_tenant_asks():
    server, client = start()
    operator = first_operator(server, password=PASSWORD)
    paths = ["/v1/events?q=user1", "/v1/stats?q=user1", "/v1/histogram?q=user1", "/v1/top?q=user1&field=actor.name",
             "/v1/values?q=user1&field=log&prefix=a", "/v1/logins?q=user1", "/v1/insights?q=user1"]
    for path in paths:
        client.get(path)
    client.get("/v1/events/acme%2Feu:1")
    check(recorded(client, "action:search,view") == [], "recorded before anybody asked")
    operator.call("PUT", "/v1/tenants/acme%2Feu/settings", {"record_searches": True})
    key = operator.call("POST", "/v1/keys", {"name": "reader", "role": "reader", "tenant": "acme/eu/sales"}, 201)["secret"]
    other = operator.call("POST", "/v1/keys", {"name": "other", "role": "reader", "tenant": "globex"}, 201)["secret"]
    for path in paths + ["/v1/events/globex:1"]:
        check(client.request("GET", path, headers={"Authorization": "Bearer " + other})[0] == 200, path)
    client.get("/v1/events/globex:1")
    client.get("/v1/events?q=tenant:globex")
    check(recorded_for(server, "acme/eu", other) == [], "another tenant's reader sees the record")
    for path in paths:
        check(client.request("GET", path.replace("user1", "tenant:acme/eu%20user1"))[0] == 200, path)
    client.get("/v1/events/acme%2Feu:1")
    events = [e for e in recorded(client, "action:search,view") if e["tenant"] == "acme/eu"]
    kinds = {e["activity"] for e in events if asked(e) == "tenant:acme/eu user1"}
    check(kinds == {"Log Searched", "Statistics Read", "Histogram Read", "Frequent Values Read", "Values Read",
                    "Log-ins Searched", "Insights Read"}, kinds)
    (read,) = [e for e in events if e["activity"] == "Event Read"]
    check(read["target"]["id"] == "acme/eu:1" and read["action"] == "view", read)
    check(client.request("GET", "/v1/events?q=user2", headers={"Authorization": "Bearer " + key})[0] == 200, "below")
    below = [e for e in recorded(client, 'tenant:acme/eu/sales action:search')]
    check([(e["actor"]["name"], asked(e)) for e in below] == [("reader", "user2")], below)
    client.get("/v1/events?q=user3")
    wide = [e for e in recorded(client, 'action:search') if e["actor"]["name"] == "operator"]
    whole = [e for e in wide if e["tenant"] == "daybook" and asked(e) == "user3"]
    brief = [e for e in wide if e["tenant"] == "acme/eu" and asked(e) is None]
    check(len(whole) == 1 and brief, "a reading of all tenants:", wide[:4])
    server.stop()


def recorded_for(server, tenant, key):
    """What the holder of a key finds of a tenant's record."""
    path = "/v1/events?q=" + urllib.parse.quote(f"tenant:{tenant} product:Daybook", safe="")
    return Browser(server.port).get(path, headers={"Authorization": "Bearer " + key})["events"]


@test
def later_pages_are_the_same_reading_and_forged_cursors_are_not():
    server, client = start()
    operator = first_operator(server, password=PASSWORD)
    client.post([event("acme", n) for n in range(50)])
    operator.call("PUT", "/v1/tenants/acme/settings", {"record_searches": True})
    keys = [operator.call("POST", "/v1/keys", {"name": f"reader{n}", "role": "reader", "tenant": "acme"}, 201)["secret"]
            for n in range(2)]

    def page(cursor=None, key=keys[0], q="-product:Daybook", limit=10, status=200, **more):
        parameters = {"q": q, "limit": limit, **({"cursor": cursor} if cursor else {}), **more}
        answer = Browser(server.port).send("GET", "/v1/events?" + urllib.parse.urlencode(parameters),
                                           headers={"Authorization": "Bearer " + key})
        check(answer.status == status, parameters, answer)
        return answer.json

    def readings():
        """How often the two keys were recorded; asked of what concerns nobody who records."""
        found = client.request("GET", "/v1/events?limit=1000&q=" + urllib.parse.quote("tenant:acme action:search"))[2]
        return sum(e["actor"]["name"].startswith("reader") for e in json.loads(found)["events"])

    first = page()
    check(readings() == 1, "the first page", readings())
    cursor, seen = first["next"], len(first["events"])
    while cursor:
        following = page(cursor)
        cursor, seen = following["next"], seen + len(following["events"])
    check(seen == 60 and readings() == 1, "later pages", seen, readings())
    cursor = first["next"]
    plain, proof = cursor.split(".")
    forged = [(plain, {}), (plain + "." + proof[:-1] + ("A" if proof[-1] != "A" else "B"), {}), (plain + ".x", {}),
              (plain + "." + "A" * len(proof), {}), (cursor, {"key": keys[1]}), (cursor, {"q": "user1"}),
              (cursor, {"from": "2026-10-01"}), (page(q="user2", limit=1)["next"], {})]
    expected = readings()
    for text, more in forged:
        page(text, **more)
        expected += 1
        check(readings() == expected, text, more, "was not recorded", readings(), expected)
    page("garbage", status=400)
    server.stop()


@test
def no_secret_is_kept_anywhere():
    server, client = start()
    token = setup_token(server)
    operator = first_operator(server, password=PASSWORD)
    secrets = {"operator key": KEY, "password": PASSWORD, "second password": SECOND, "set-up link": token,
               "session": operator.cookies["daybook"], "csrf": operator.csrf}
    made = operator.call("POST", "/v1/users", {"login": "ivan", "tenant": "acme",
                                               "grants": [{"role": "admin", "tenant": "acme"}]}, 201)
    secrets["invitation"] = made["link"].partition("=")[2]
    ivan = Browser(server.port)
    ivan.opened(ivan.send("POST", "/v1/setup", {"token": secrets["invitation"], "password": SECOND}))
    ivan.log_in("ivan", "a wrong one 12345", 401)
    secrets["wrong password"] = "a wrong one 12345"
    secrets["reset"] = operator.call("POST", f"/v1/users/{made['user']['id']}/reset", status=201)["link"].partition("=")[2]
    made_totp = ivan.call("POST", "/v1/me/totp", {"password": SECOND}, 201)
    secrets["totp"] = made_totp["secret"]
    codes = ivan.call("PUT", "/v1/me/totp", {"code": totp(made_totp["secret"])})["recovery_codes"]
    secrets.update({f"recovery code {n}": code for n, code in enumerate(codes)})
    challenge = Browser(server.port).log_in("ivan", SECOND, 202)["challenge"]
    secrets["challenge"] = challenge
    Browser(server.port).send("POST", "/v1/sessions", {"challenge": challenge, "recovery_code": codes[0]})
    secrets["key"] = operator.call("POST", "/v1/keys", {"name": "k", "role": "reader", "tenant": "acme"}, 201)["secret"]
    operator.call("PUT", "/v1/tenants/acme/settings", {"embed_origins": [ORIGIN], "record_searches": True})
    viewer = operator.call("POST", "/v1/viewer-tokens", {"tenant": "acme", "role": "viewer", "origin": ORIGIN,
                                                         "user": {"name": "petra"}}, 201)
    secrets["viewer token"] = viewer["token"]
    secrets["bearer"] = Browser(server.port).call("POST", "/v1/viewer-tokens/exchange", {"token": viewer["token"]},
                                                  201)["bearer"]
    Browser(server.port).send("GET", "/v1/events?q=user1", headers={"Authorization": "Bearer " + secrets["bearer"]})
    for secret in list(secrets.values()): # where they must not be taken, and not repeated either
        Browser(server.port).send("GET", "/v1/me", headers={"Authorization": "Bearer " + secret + "x"})
        Browser(server.port).send("POST", "/v1/setup/check", {"token": secret + "x"})
    texts = {"/metrics": client.request("GET", "/metrics")[2], "the record": json.dumps(recorded(client)).encode()}
    server.stop()
    printed = server.output().replace(token, "", 1)
    texts["the server's output"] = printed.encode()
    for path in pathlib.Path(server.data).rglob("*"):
        if path.is_file():
            texts[path.name] = path.read_bytes()
    check("accounts.db" in texts and len(texts) > 6, sorted(texts))
    for name, secret in secrets.items():
        for place, text in texts.items():
            check(secret.encode() not in text, name, "is in", place)


if __name__ == "__main__":
    daybook.main()
