#!/usr/bin/env python3
"""People with some rights who try to have more, or to keep what was taken from them."""
import json
import pathlib
import socket
import sqlite3
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
import daybook  # noqa: E402
from browser import Browser, totp  # noqa: E402
from daybook import check, test  # noqa: E402
from people import PASSWORD, event, grant, log_in, make_key, make_user, operator  # noqa: E402

ORIGIN = "https://portal.example"


def start(*options):
    server = daybook.Server(daybook.temporary_folder(), *options)
    server.start()
    server.client().post([event("acme"), event("acme/eu"), event("globex")])
    return server, operator(server)


def viewer_of(server, caller, tenant="acme"):
    """The bearer of a viewer session that the caller asked for."""
    made = caller.want(201, "POST", "/v1/viewer-tokens",
                       {"tenant": tenant, "role": "viewer", "origin": ORIGIN, "user": {"name": "p.portal"}})
    return Browser(server.port).call("POST", "/v1/viewer-tokens/exchange", {"token": made["token"]}, 201)["bearer"]


def sees(server, bearer, status):
    Browser(server.port).get("/v1/stats", status, headers={"Authorization": "Bearer " + bearer})


@test
def a_viewer_session_ends_with_the_grant_that_allowed_it():
    server, o = start()
    o.want(200, "PUT", "/v1/tenants/acme/settings", {"embed_origins": [ORIGIN]})
    user = make_user(o, "ada", "acme", grant("admin", "acme"), grant("viewer", "globex"))
    ada = log_in(server, "ada")
    bearer = viewer_of(server, ada)
    sees(server, bearer, 200)
    admin = next(g for g in user["grants"] if g["role"] == "admin")
    o.want(204, "DELETE", "/v1/grants/" + admin["id"])
    sees(server, bearer, 401)
    key = make_key(o, "portal", "reader", "acme")
    backend = type(o)(server.client(), key=key["secret"])
    bearer = viewer_of(server, backend)
    sees(server, bearer, 200)
    o.want(204, "DELETE", "/v1/keys/" + key["key"]["id"])
    sees(server, bearer, 401)
    server.stop()


@test
def a_link_made_by_somebody_with_less_does_not_take_over_a_user_who_got_more():
    server, o = start()
    make_user(o, "root-eu", "acme", grant("admin", "acme/eu"))
    user = make_user(o, "acme/eu/bob", "acme/eu", grant("viewer", "acme/eu"))
    eu = log_in(server, "root-eu")
    token = eu.want(201, "POST", f"/v1/users/{user['id']}/reset")["link"].split("=", 1)[1]
    guest = Browser(server.port)
    guest.call("POST", "/v1/setup/check", {"token": token})
    o.want(201, "POST", "/v1/grants", {"user": user["id"], **grant("admin", "acme")})
    guest.call("POST", "/v1/setup/check", {"token": token}, 404)
    guest.call("POST", "/v1/setup", {"token": token, "password": "another long password"}, 404)
    eu.want(403, "POST", f"/v1/users/{user['id']}/reset")
    log_in(server, "acme/eu/bob")
    server.stop()


@test
def a_password_given_by_an_administrator_obeys_the_same_rules():
    server, o = start()
    for password in ("password123", "short", "acme/eu/carl"):
        answer = o.want(400, "POST", "/v1/users", {"login": "acme/eu/carl", "tenant": "acme/eu", "grants": [],
                                                   "password": password})
        check(answer["errors"][0]["pointer"] == "/password", answer)
    server.stop()


@test
def the_second_factor_of_a_user_is_not_guessed_from_many_addresses():
    server, o = start()
    make_user(o, "tom", "acme", grant("viewer", "acme"))
    own = Browser(server.port, "127.2.0.1")
    own.log_in("tom", PASSWORD)
    secret = own.call("POST", "/v1/me/totp", {"password": PASSWORD}, 201)["secret"]
    recovery = own.call("PUT", "/v1/me/totp", {"code": totp(secret, step=-1)})["recovery_codes"]
    statuses = []
    for i in range(1, 10):
        guesser = Browser(server.port, f"127.3.0.{i}")
        challenge = guesser.log_in("tom", PASSWORD, 202)["challenge"]
        for _ in range(3):
            statuses.append(guesser.send("POST", "/v1/sessions", {"challenge": challenge, "code": "000000"}).status)
    check(statuses[:20] == [401] * 20 and set(statuses[22:]) == {429}, statuses)
    again = Browser(server.port, "127.2.0.2")  # whom this is to protect still comes in
    challenge = again.log_in("tom", PASSWORD, 202)["challenge"]
    again.opened(again.send("POST", "/v1/sessions", {"challenge": challenge, "recovery_code": recovery[0]}))
    server.stop()


@test
def a_closed_embedded_viewer_is_on_the_record():
    server, o = start()
    o.want(200, "PUT", "/v1/tenants/acme/settings", {"embed_origins": [ORIGIN]})
    bearer = viewer_of(server, o)
    Browser(server.port).call("DELETE", "/v1/sessions/current", None, 204, headers={"Authorization": "Bearer " + bearer})
    sees(server, bearer, 401)
    found = o.want(200, "GET", "/v1/events", q="tenant:acme product:Daybook action:logout")["events"]
    check(len(found) == 1 and found[0]["actor"]["name"] == "p.portal" and found[0]["params"]["origin"] == ORIGIN and
          found[0]["on_behalf_of"]["name"] == "operator", found)
    server.stop()


def slow_export(server, key):
    """An export whose client reads no more than its status: the connection, and the status."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    s.settimeout(60)
    s.connect(("127.0.0.1", server.port))
    s.sendall(f"GET /v1/export?format=ndjson&q=-product:Daybook HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
    return s, int(s.recv(4096).split()[1])


def filled():
    """A server with 60 MB of events of acme, more than what waits between it and a client that does not read."""
    server, o = start()
    for _ in range(20):
        server.client().post([event("acme", params={"text": "x" * 15000}) for _ in range(200)])
    return server, o


@test
def one_account_does_not_take_every_place_for_exports():
    server, o = filled()
    keys = [make_key(o, f"reader {i}", "reader", "acme")["secret"] for i in range(2)]
    other = make_key(o, "other", "reader", "globex")["secret"]
    running = [slow_export(server, keys[i % 2]) for i in range(6)]
    check([status for _, status in running] == [200] * 4 + [503] * 2, [status for _, status in running])
    running.append(slow_export(server, other))
    check(running[-1][1] == 200, "another account finds no room")
    for connection, _ in running:
        connection.close()
    server.stop()


@test
def an_export_breaks_off_when_its_key_is_revoked():
    server, o = filled()
    made = make_key(o, "reader", "reader", "acme")
    connection, status = slow_export(server, made["secret"])
    check(status == 200, status)
    o.want(204, "DELETE", "/v1/keys/" + made["key"]["id"])
    revoked, got, tail = time.monotonic(), 0, b""
    while time.monotonic() < revoked + 1.2:  # nothing is read until the next look at the rights is due
        o.want(200, "GET", "/v1/me")
    try:
        while piece := connection.recv(1 << 20):
            got, tail = got + len(piece), (tail + piece)[-200:]
    except ConnectionError:
        pass
    check(got < 50_000_000 and b"complete" not in tail and not tail.endswith(b"0\r\n\r\n"), got, tail)
    server.stop()


@test
def an_upload_breaks_off_when_its_key_is_revoked():
    server, o = start()
    made = make_key(o, "writer", "writer", "acme")
    line = json.dumps(event("acme", action="late")).encode() + b"\n"
    with socket.create_connection(("127.0.0.1", server.port), 60) as s:
        s.sendall(f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {made['secret']}\r\n"
                  f"Content-Type: application/x-ndjson\r\nContent-Length: {2 * len(line)}\r\n\r\n".encode() + line)
        begun = time.monotonic()
        while time.monotonic() < begun + 1.2:  # a second passes before the rights are looked at again
            o.want(200, "GET", "/v1/me")
        o.want(204, "DELETE", "/v1/keys/" + made["key"]["id"])
        s.sendall(line)
        check(s.recv(4096).split()[1] == b"401", "a revoked key's events are taken")
    check(o.want(200, "GET", "/v1/stats", q="action:late")["events"] == 0, "events of a revoked key")
    server.stop()


@test
def nobody_but_an_operator_writes_what_looks_like_the_own_record():
    server, o = start()
    writer = type(o)(server.client(), key=make_key(o, "writer", "writer", "acme")["secret"])
    forged = event("acme", "auth", product="Daybook", action="login", outcome="success")
    answer = writer.want(403, "POST", "/v1/events", forged)
    check("Daybook" in str(answer), answer)
    writer.want(201, "POST", "/v1/events", {**forged, "product": "Portal"})
    o.want(201, "POST", "/v1/events", forged)  # an export that is brought back
    server.stop()


@test
def a_folder_of_an_unfinished_build_is_refused_with_the_reason():
    server, _ = start()
    server.stop()
    db = sqlite3.connect(pathlib.Path(server.data) / "accounts.db")
    db.execute("ALTER TABLE links DROP COLUMN created_by")
    db.commit()
    db.close()
    code, text = server.start_refused()
    check(code != 0 and "its tables are not those of format version" in text, code, text)


if __name__ == "__main__":
    daybook.main()
