#!/usr/bin/env python3
"""Viewer tokens: from the backend of a portal to an embedded viewer, once, for a while, within what was asked for."""
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
import daybook  # noqa: E402
from browser import Browser, first_operator  # noqa: E402
from daybook import check, test  # noqa: E402

ORIGIN = "https://portal.example"


def event(tenant, log="admin", **more):
    return {"tenant": tenant, "log": log, "occurred_at": "2026-11-01T00:00:00Z", "action": "update",
            "actor": {"type": "user", "name": "jane"}, **more}


def start():
    server = daybook.Server(daybook.temporary_folder())
    server.start()
    client = server.client()
    client.post([event("acme"), event("acme/eu"), event("acme/eu", "auth"), event("acme-2"), event("globex")])
    operator = first_operator(server)
    operator.call("PUT", "/v1/tenants/acme/settings", {"embed_origins": [ORIGIN]})
    return server, operator


def wanted(**more):
    return {"tenant": "acme/eu", "role": "viewer", "origin": ORIGIN,
            "user": {"name": "p.portal", "display_name": "Petra Portal", "email": "petra@portal.example"}, **more}


def exchange(server, token, status=201):
    return Browser(server.port).call("POST", "/v1/viewer-tokens/exchange", {"token": token}, status)


def bearer(text):
    return {"Authorization": "Bearer " + text}


@test
def a_token_becomes_one_session_that_reads_its_part():
    server, operator = start()
    made = operator.call("POST", "/v1/viewer-tokens", wanted(logs=["admin"], minutes=30), 201)
    check(made["url"] == "/embed" and made["token"].startswith("dbt_"), made)
    Browser(server.port).get("/v1/me", 401, headers=bearer(made["token"]))
    opened = exchange(server, made["token"])
    check(opened["bearer"].startswith("dbv_") and opened["origin"] == ORIGIN, opened)
    check(opened["user"] == wanted()["user"], opened)
    viewer, head = Browser(server.port), bearer(opened["bearer"])
    me = viewer.get("/v1/me", headers=head)
    check((me["kind"], me["name"], me["rights"], me["origin"]) == ("viewer", "p.portal", ["read"], ORIGIN), me)
    page = viewer.get("/v1/events?q=-product:Daybook", headers=head)
    check([e["id"] for e in page["events"]] == ["acme/eu:1"], page)
    viewer.get("/v1/events/acme%2Feu:2", 404, headers=head)
    viewer.get("/v1/events/acme:1", 404, headers=head)
    viewer.get("/v1/users", 403, headers=head)
    check(viewer.send("GET", "/v1/export", headers=head).status == 403, "a viewer exports")
    exchange(server, made["token"], 404)
    server.stop()


@test
def of_many_who_exchange_a_token_at_once_one_succeeds():
    server, operator = start()
    token = operator.call("POST", "/v1/viewer-tokens", wanted(), 201)["token"]
    statuses = []

    def one():
        statuses.append(Browser(server.port).send("POST", "/v1/viewer-tokens/exchange", {"token": token}).status)

    threads = [threading.Thread(target=one) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(sorted(statuses) == [201] + [404] * 11, statuses)
    server.stop()


@test
def a_session_is_listed_and_ended_at_once():
    server, operator = start()
    made = operator.call("POST", "/v1/viewer-tokens", wanted(), 201)
    listed = operator.get("/v1/viewer-tokens")["viewer_tokens"]
    check([(v["id"], v["state"]) for v in listed] == [(made["id"], "waiting")], listed)
    head = bearer(exchange(server, made["token"])["bearer"])
    listed = operator.get("/v1/viewer-tokens?tenant=acme")["viewer_tokens"]
    check([(v["id"], v["state"], v["created_by"]) for v in listed] == [(made["id"], "active", "olivia")], listed)
    check(operator.get("/v1/viewer-tokens?tenant=globex")["viewer_tokens"] == [], "another tenant's")
    Browser(server.port).get("/v1/me", headers=head)
    operator.call("DELETE", "/v1/viewer-tokens/" + made["id"], status=204)
    Browser(server.port).get("/v1/me", 401, headers=head)
    check(operator.get("/v1/viewer-tokens")["viewer_tokens"] == [], "it is still listed")
    waiting = operator.call("POST", "/v1/viewer-tokens", wanted(), 201)
    operator.call("DELETE", "/v1/viewer-tokens/" + waiting["id"], status=204)
    exchange(server, waiting["token"], 404)
    own = bearer(exchange(server, operator.call("POST", "/v1/viewer-tokens", wanted(), 201)["token"])["bearer"])
    check(Browser(server.port).send("DELETE", "/v1/sessions/current", headers=own).status == 204, "own end")
    Browser(server.port).get("/v1/me", 401, headers=own)
    found = server.client().get("/v1/events", q="product:Daybook log:auth actor:p.portal")["events"]
    check([e["activity"] for e in found] == ["Embedded Viewer Closed"] + 2 * ["Embedded Viewer Opened"], found)
    server.stop()


@test
def nobody_hands_on_more_than_they_have():
    server, operator = start()
    key = operator.call("POST", "/v1/keys", {"name": "portal", "role": "reader", "tenant": "acme/eu"}, 201)["secret"]
    writer = operator.call("POST", "/v1/keys", {"name": "sender", "role": "writer", "tenant": "acme"}, 201)["secret"]
    narrow = operator.call("POST", "/v1/keys", {"name": "narrow", "role": "reader", "tenant": "acme/eu",
                                                "logs": ["admin"]}, 201)["secret"]
    backend = Browser(server.port)
    made = backend.call("POST", "/v1/viewer-tokens", wanted(role="auditor"), 201, headers=bearer(key))
    for body, status in ((wanted(tenant="acme"), 404), (wanted(tenant="globex"), 404), (wanted(tenant="acme-2"), 404),
                         (wanted(tenant="acme/../globex"), 400), (wanted(origin="https://evil.example"), 403),
                         (wanted(origin=ORIGIN + "/"), 403), (wanted(role="admin"), 400), (wanted(role="operator"), 400),
                         (wanted(minutes=0), 400), (wanted(minutes=1e9), 400), (wanted(logs=[]), 400),
                         (wanted(user={"name": ""}), 400), (wanted(user={"name": "x" * 200}), 400),
                         (wanted(surprise=1), 400)):
        backend.call("POST", "/v1/viewer-tokens", body, status, headers=bearer(key))
    backend.call("POST", "/v1/viewer-tokens", wanted(), 403, headers=bearer(writer))
    backend.call("POST", "/v1/viewer-tokens", wanted(), 403, headers=bearer(narrow))
    backend.call("POST", "/v1/viewer-tokens", wanted(logs=["admin", "auth"]), 403, headers=bearer(narrow))
    backend.call("POST", "/v1/viewer-tokens", wanted(logs=["admin"]), 201, headers=bearer(narrow))
    token = exchange(server, made["token"])["bearer"]
    backend.call("POST", "/v1/viewer-tokens", wanted(), 403, headers=bearer(token))
    backend.call("DELETE", "/v1/viewer-tokens/" + made["id"], status=204, headers=bearer(key))
    server.stop()


@test
def a_token_ends_with_its_origin_and_with_who_asked():
    server, operator = start()
    first = operator.call("POST", "/v1/viewer-tokens", wanted(), 201)
    operator.call("PUT", "/v1/tenants/acme/settings", {"embed_origins": ["https://other.example"]})
    exchange(server, first["token"], 403)
    operator.call("PUT", "/v1/tenants/acme/settings", {"embed_origins": [ORIGIN]})
    shown = bearer(exchange(server, first["token"])["bearer"])
    below = operator.call("POST", "/v1/viewer-tokens", wanted(), 201)
    below = bearer(exchange(server, below["token"])["bearer"])
    reader = Browser(server.port)
    operator.call("PUT", "/v1/tenants/acme/settings", {"embed_origins": [ORIGIN], "default_range": "7d"})
    operator.call("PUT", "/v1/tenants/acme-2/settings", {"embed_origins": []})
    reader.get("/v1/me", headers=shown)
    operator.call("PUT", "/v1/tenants/acme%2Feu/settings", {"embed_origins": [ORIGIN]})
    operator.call("PUT", "/v1/tenants/acme/settings", {})  # the nearer setting holds
    reader.get("/v1/me", headers=shown)
    operator.call("PUT", "/v1/tenants/acme%2Feu/settings", {})
    for head in (shown, below):
        reader.get("/v1/me", 401, headers=head)
    operator.call("PUT", "/v1/tenants/acme/settings", {"embed_origins": [ORIGIN]})
    for forged in ("", "dbt_", "dbt_" + "A" * 43, first["token"][:-1] + "A", "x" * 900):
        exchange(server, forged, 404)
    key = operator.call("POST", "/v1/keys", {"name": "portal", "role": "reader", "tenant": "acme"}, 201)
    backend = Browser(server.port)
    made = backend.call("POST", "/v1/viewer-tokens", wanted(), 201, headers=bearer(key["secret"]))
    head = bearer(exchange(server, made["token"])["bearer"])
    backend.get("/v1/me", headers=head)
    operator.call("DELETE", "/v1/keys/" + key["key"]["id"], status=204)
    backend.get("/v1/me", 401, headers=head)
    server.stop()


if __name__ == "__main__":
    daybook.main()
