#!/usr/bin/env python3
"""Managing users, grants, keys, tenants and settings over HTTP, and every way to get more than one was given."""
import concurrent.futures
import json
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import KEY, check, test  # noqa: E402
from people import Caller, event, grant, make_key, make_user, operator  # noqa: E402

SQL = ["' OR '1'='1", "'; DROP TABLE users; --", "\" OR 1=1 --", "x' UNION SELECT password FROM users --", "%", "_", "\\",
       "a\nb", "*", "acme' OR tenant LIKE '%"]
PATH_TRICKS = ["acme/../other", "../other", "acme/..", ".", "acme//x", "/acme", "acme/", "acme\\x", "acme/%2e%2e/other",
               "ACME ", "acme/\u0000x", "a" * 600]

server = daybook.Server(daybook.temporary_folder())


def fault(answer):
    """The pointer of a problem's first fault."""
    return answer["errors"][0]["pointer"]


def send(caller, *events):
    return caller.ask("POST", "/v1/events", list(events))[0]


@test
def a_user_is_made_read_changed_and_removed():
    o = operator(server)
    made = o.want(201, "POST", "/v1/users", {"login": "jane.doe", "tenant": "acme", "email": "jane@acme.example",
                                             "display_name": "Jane Doe", "grants": [grant("admin", "acme"),
                                                                                    grant("viewer", "other", ["auth"])]})
    user = made["user"]
    check(made["link"].startswith("/setup#token=dbl_"), made)
    check(user["state"] == "invited" and len(user["grants"]) == 2 and user["login"] == "jane.doe", user)
    check(user == o.want(200, "GET", f"/v1/users/{user['id']}"), "the user reads back")
    changed = o.want(200, "PUT", f"/v1/users/{user['id']}", {"display_name": "Jane D.", "state": "disabled"})
    check(changed["display_name"] == "Jane D." and changed["state"] == "disabled", changed)
    check(changed["email"] == "jane@acme.example", "what is absent stays")
    o.want(409, "POST", f"/v1/users/{user['id']}/reset")
    check(o.want(200, "PUT", f"/v1/users/{user['id']}", {"state": "active"})["state"] == "invited", "no password yet")
    link = o.want(201, "POST", f"/v1/users/{user['id']}/reset")["link"]
    check(link != made["link"], "a new link")
    o.want(204, "DELETE", f"/v1/users/{user['id']}/sessions")
    o.want(204, "DELETE", f"/v1/users/{user['id']}/totp")
    o.want(204, "DELETE", f"/v1/users/{user['id']}")
    o.want(404, "GET", f"/v1/users/{user['id']}")


@test
def users_are_listed_page_by_page_and_by_prefix():
    o = operator(server)
    for n in range(7):
        make_user(o, f"list{n}", f"list/t{n % 3}", email=f"mail{n}@list.example", display_name=f"Person {n}")
    seen, after = [], None
    while True:
        page = o.want(200, "GET", "/v1/users", tenant="list", limit=2, **({"after": after} if after else {}))
        seen += [u["login"] for u in page["users"]]
        after = page["next"]
        if after is None:
            break
    check(seen == ["list0", "list3", "list6", "list1", "list4", "list2", "list5"], seen)
    check([u["login"] for u in o.want(200, "GET", "/v1/users", prefix="PERSON 4")["users"]] == ["list4"], "by name")
    check([u["login"] for u in o.want(200, "GET", "/v1/users", prefix="mail5")["users"]] == ["list5"], "by e-mail")
    check(o.want(200, "GET", "/v1/users", tenant="list-2")["users"] == [], "no sibling")


@test
def a_key_works_until_it_is_revoked_and_not_a_moment_longer():
    o = operator(server)
    made = make_key(o, "gateway", "writer", "keys/eu")
    key = made["key"]
    check(made["secret"].startswith(key["prefix"]) and len(made["secret"]) == 47, made)
    check(key["state"] == "active" and key["created_by"] == "operator", key)
    writer = Caller(server.client(), key=made["secret"])
    check(send(writer, event("keys/eu"), event("keys/eu/sales")) == 201, "within its subtree")
    for tenant in ("keys", "keys/eu-2", "other"):
        check(send(writer, event(tenant)) == 403, tenant)
    check(writer.ask("GET", "/v1/events")[0] == 403, "a writer reads nothing")
    check(o.want(200, "GET", "/v1/keys", prefix=made["secret"])["keys"][0]["id"] == key["id"], "found by its text")
    check(o.want(200, "GET", "/v1/keys", prefix="GATE")["keys"][0]["id"] == key["id"], "found by its name")
    check(made["secret"] not in json.dumps(o.want(200, "GET", "/v1/keys")), "shown once")
    o.want(204, "DELETE", f"/v1/keys/{key['id']}")
    check(send(writer, event("keys/eu")) == 401, "revoked at once")
    o.want(409, "DELETE", f"/v1/keys/{key['id']}")
    check(o.want(200, "GET", "/v1/keys", prefix="gateway")["keys"][0]["state"] == "revoked", "it stays on the list")


@test
def no_request_that_begins_after_a_revocation_was_answered_passes():
    o = operator(server)
    made = make_key(o, "racer", "reader", "race")
    revoked, late = threading.Event(), []

    def read():
        caller = Caller(server.client(), key=made["secret"])
        while not late:
            was_revoked = revoked.is_set()
            status = caller.ask("GET", "/v1/stats")[0]
            if was_revoked:
                late.append(status)
        return late

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        running = [pool.submit(read) for _ in range(4)]
        o.want(204, "DELETE", f"/v1/keys/{made['key']['id']}")
        revoked.set()
        for r in running:
            r.result(60)
    check(set(late) == {401}, late)


@test
def a_rotated_key_overlaps_and_its_successor_has_its_limits():
    o = operator(server)
    old = make_key(o, "turner", "writer", "turn", logs=["auth"], addresses=["127.0.0.0/8", "::1"])
    new = o.want(201, "POST", f"/v1/keys/{old['key']['id']}/rotate", {"overlap_h": 1})
    check(new["key"]["name"] == "turner" and new["key"]["logs"] == ["auth"], new)
    check(new["key"]["addresses"] == ["127.0.0.0/8", "::1"], new)
    for secret in (old["secret"], new["secret"]):
        check(send(Caller(server.client(), key=secret), event("turn", "auth")) == 201, "both work")
    states = {k["id"]: k["state"] for k in o.want(200, "GET", "/v1/keys", prefix="turner")["keys"]}
    check(states == {old["key"]["id"]: "overlap", new["key"]["id"]: "active"}, states)
    o.want(409, "POST", f"/v1/keys/{old['key']['id']}/rotate", {})
    third = o.want(201, "POST", f"/v1/keys/{new['key']['id']}/rotate", {"overlap_h": 0})
    check(send(Caller(server.client(), key=new["secret"]), event("turn", "auth")) == 401, "no overlap, no second life")
    check(send(Caller(server.client(), key=third["secret"]), event("turn", "auth")) == 201, "the third works")
    answer = o.want(409, "POST", "/v1/keys", {"name": "turner", "role": "writer", "tenant": "turn"})
    check(fault(answer) == "/name", "two working keys do not share a name")


@test
def a_keys_limits_hold():
    o = operator(server)
    writer = Caller(server.client(), key=make_key(o, "limited", "writer", "limits", logs=["auth"],
                                                  products=["Voice"])["secret"])
    check(send(writer, event("limits", "auth", product="Voice")) == 201, "what it may")
    check(send(writer, event("limits", "admin", product="Voice")) == 403, "another log")
    check(send(writer, event("limits", "auth", product="SMS")) == 403, "another product")
    check(send(writer, event("limits", "auth")) == 403, "no product")
    far = Caller(server.client(), key=make_key(o, "far", "reader", "limits", addresses=["192.0.2.0/24"])["secret"])
    check(far.ask("GET", "/v1/stats")[0] == 401, "from another address")
    make_key(o, "late", "reader", "limits", expires_at="2099-01-01T00:00:00Z")
    answer = o.want(400, "POST", "/v1/keys", {"name": "dead", "role": "reader", "tenant": "limits",
                                              "expires_at": "2001-01-01T00:00:00Z"})
    check(fault(answer) == "/expires_at", answer)


@test
def the_last_operator_stays():
    o = operator(server)
    first = make_user(o, "op1", "", grant("operator", ""))
    second = make_user(o, "op2", "", grant("operator", ""))
    o.want(204, "DELETE", f"/v1/users/{second['id']}")
    o.want(409, "DELETE", f"/v1/users/{first['id']}")
    o.want(409, "PUT", f"/v1/users/{first['id']}", {"state": "disabled"})
    o.want(409, "DELETE", f"/v1/grants/{first['grants'][0]['id']}")
    check(o.want(200, "GET", f"/v1/users/{first['id']}")["state"] == "active", "nothing was half done")
    check(len(o.want(200, "GET", f"/v1/users/{first['id']}")["grants"]) == 1, "nothing was half done")


@test
def grants_are_added_listed_and_taken():
    o = operator(server)
    user = make_user(o, "granted", "grants/a")
    made = o.want(201, "POST", "/v1/grants", {"user": user["id"], **grant("auditor", "grants/b", ["auth"], ["Voice"])})
    check(made["user"] == user["id"] and made["logs"] == ["auth"] and made["products"] == ["Voice"], made)
    check(o.want(200, "GET", "/v1/grants", user=user["id"])["grants"] == [made], "of the user")
    check(o.want(200, "GET", "/v1/grants", tenant="grants/b")["grants"] == [made], "on the tenant")
    check(o.want(200, "GET", "/v1/grants", tenant="grants/a")["grants"] == [], "on another")
    o.want(204, "DELETE", f"/v1/grants/{made['id']}")
    o.want(404, "DELETE", f"/v1/grants/{made['id']}")
    check(fault(o.want(404, "POST", "/v1/grants", {"user": "usr_none", **grant("viewer", "a")})) == "/user", "no user")
    for n in range(64):
        o.want(201, "POST", "/v1/grants", {"user": user["id"], **grant("viewer", f"grants/{n}")})
    o.want(409, "POST", "/v1/grants", {"user": user["id"], **grant("viewer", "grants/65")})


@test
def tenants_are_named_closed_and_found():
    o = operator(server)
    o.want(404, "GET", "/v1/tenants/north%2Fone")
    o.want(200, "PUT", "/v1/tenants/north%2Fone", {"display_name": "Polar Telefonie"})
    o.want(201, "POST", "/v1/events", event("north/two"))
    found = o.want(200, "GET", "/v1/tenants", prefix="telef")["tenants"]
    check([t["tenant"] for t in found] == ["north/one"] and found[0]["last_seq"] == 1, found)
    found = o.want(200, "GET", "/v1/tenants", prefix="north")["tenants"]
    check([(t["tenant"], t["last_seq"]) for t in found] == [("north/one", 1), ("north/two", 1)], found)
    page = o.want(200, "GET", "/v1/tenants", prefix="north", limit=1)
    check(page["next"] == "north/one", page)
    page = o.want(200, "GET", "/v1/tenants", prefix="north", limit=1, after=page["next"])
    check([t["tenant"] for t in page["tenants"]] == ["north/two"] and page["next"] is None, page)
    o.want(200, "PUT", "/v1/tenants/north", {"closed": True})
    answer = o.want(409, "POST", "/v1/events", event("north/two"))
    check(fault(answer) == "/tenant", answer)
    check(o.want(201, "POST", "/v1/events", event("north-2")) is not None, "a sibling is open")
    check(o.want(200, "GET", "/v1/events", q="tenant:north/two")["events"], "still readable")
    o.want(200, "PUT", "/v1/tenants/north", {"closed": False})
    o.want(201, "POST", "/v1/events", event("north/two"))


@test
def settings_are_inherited_by_name():
    o = operator(server)
    path = "/v1/tenants/{}/settings"
    check(o.want(200, "GET", path.format("set"))["own"] == {}, "none")
    o.want(200, "PUT", path.format("set"), {"default_range": "7d", "embed_origins": ["https://portal.example"]})
    o.want(200, "PUT", path.format("set%2Fa"), {"record_searches": True,
                                                "saved_searches": [{"name": "Logins", "url": "/search?q=action:login"}]})
    answer = o.want(200, "GET", path.format("set%2Fa%2Fb"))
    check(answer["own"] == {}, answer)
    check(answer["settings"] == {"default_range": "7d", "embed_origins": ["https://portal.example"], "insights": {},
                                 "record_searches": True,
                                 "saved_searches": [{"name": "Logins", "url": "/search?q=action:login"}]}, answer)
    check(o.want(200, "GET", path.format("set-2"))["settings"]["default_range"] == "30d", "no sibling")
    check(o.want(200, "PUT", path.format("set"), {})["settings"]["default_range"] == "30d", "taken away")
    for body, pointer in (({"default_range": "5d"}, "/default_range"), ({"record_searches": 1}, "/record_searches"),
                          ({"embed_origins": ["https://a.example/path"]}, "/embed_origins/0"),
                          ({"embed_origins": ["javascript:x"]}, "/embed_origins/0"),
                          ({"saved_searches": [{"name": "x", "url": "//evil.example"}]}, "/saved_searches/0"),
                          ({"saved_searches": [{"name": "x", "url": "javascript:1"}]}, "/saved_searches/0"),
                          ({"theme": "dark"}, "/theme")):
        check(fault(o.want(400, "PUT", path.format("set"), body)) == pointer, (body, pointer))


@test
def the_largest_settings_are_on_the_record_as_a_whole():
    o = operator(server)
    first, second = ({"saved_searches": [{"name": f"n{n}", "url": f"/search?q={x * 290}"} for n in range(70)],
                      "embed_origins": [f"https://{x * 60}{n}.{x * 60}.{x * 60}.example" for n in range(100)]}
                     for x in "ab")
    for body in (first, second):
        o.want(200, "PUT", "/v1/tenants/large/settings", body)
    events = o.want(200, "GET", "/v1/events", q='tenant:large activity:"Settings Changed"', order="newest")["events"]
    changes = {c["field"]: c for e in events[:2] for c in e["changes"]}
    check(len(events) == 4 and len(changes) == 2, len(events), list(changes))
    for name, change in changes.items():
        check((change["old"], change["new"]) == (first[name], second[name]), name)
    longer = {"saved_searches": second["saved_searches"] + [{"name": "z", "url": "/" + "z" * 4000}]}
    check(fault(o.want(400, "PUT", "/v1/tenants/large/settings", longer)).startswith("/saved_searches"), "too long")


@test
def settings_of_one_account_are_bounded():
    o = operator(server)
    searches = [{"name": f"n{n}", "url": "/search?q=" + "x" * 290} for n in range(70)]
    refused = 0
    for n in range(200):
        status, answer = o.ask("PUT", f"/v1/tenants/hoard%2Ft{n}/settings", {"saved_searches": searches})
        check(status in (200, 409), status, answer)
        refused += status == 409
    check(refused > 0, "never full")
    o.want(200, "PUT", "/v1/tenants/hoard-2/settings", {"saved_searches": searches})


@test
def faults_are_named_and_nothing_is_stored():
    o = operator(server)
    good = {"login": "faulty", "tenant": "acme", "grants": []}
    cases = [({"login": "faulty"}, "/tenant"), ({**good, "extra": 1}, "/extra"), ({**good, "login": 5}, "/login"),
             ({**good, "login": ""}, "/login"), ({**good, "login": "x y"}, "/login"), ({**good, "login": "x" * 65}, "/login"),
             ({**good, "login": "other/x"}, "/login"), ({**good, "email": "no"}, "/email"),
             ({**good, "email": "a@b\r\nBcc: c@d"}, "/email"), ({**good, "display_name": "a\nb"}, "/display_name"),
             ({**good, "display_name": "x" * 129}, "/display_name"), ({**good, "grants": [5]}, "/grants/0"),
             ({**good, "grants": [grant("writer", "acme")]}, "/grants/0/role"),
             ({**good, "grants": [grant("boss", "acme")]}, "/grants/0/role"),
             ({**good, "grants": [{"role": "admin"}]}, "/grants/0/tenant"),
             ({**good, "grants": [{**grant("admin", "acme"), "x": 1}]}, "/grants/0/x"),
             ({**good, "grants": [grant("operator", "acme")]}, "/grants/0/role"),
             ({**good, "grants": [grant("viewer", "acme", [])]}, "/grants/0/logs"),
             ({**good, "grants": [grant("viewer", "acme", ["No"])]}, "/grants/0/logs/0"),
             ({**good, "grants": [grant("viewer", "acme", ["x"] * 65)]}, "/grants/0/logs"),
             ({**good, "password": "short"}, "/password"), ({**good, "password": "x" * 1025}, "/password")]
    for body, pointer in cases:
        status, answer = o.ask("POST", "/v1/users", body)
        check(status in (400, 403) and fault(answer) == pointer, body, status, answer)
    for raw in (b"", b"[]", b"{", b'{"login":"a","login":"b"}', b'{"login":"\xff"}', b'"x"', b"{}{}"):
        check(o.ask("POST", "/v1/users", raw)[0] == 400, raw)
    check(o.want(200, "GET", "/v1/users", prefix="faulty")["users"] == [], "nothing is stored")
    for name in ("operator", "System", "DAYBOOK"):
        check(fault(o.want(409, "POST", "/v1/users", {**good, "login": name})) == "/login", name)
    make_user(o, "taken", "acme")
    reserved = o.want(409, "POST", "/v1/users", {**good, "login": "system"})
    taken = o.want(409, "POST", "/v1/users", {**good, "login": "TAKEN"})
    check(reserved["errors"] == taken["errors"], "a taken and a reserved login answer alike")
    for body, pointer in (({"name": "k", "role": "admin", "tenant": "a"}, "/role"),
                          ({"name": "k", "role": "reader", "tenant": "a", "addresses": ["10.0.0.1/8"]}, "/addresses/0"),
                          ({"name": "k", "role": "reader", "tenant": "a", "addresses": ["x"]}, "/addresses/0"),
                          ({"name": "", "role": "reader", "tenant": "a"}, "/name"),
                          ({"name": "k", "role": "reader", "tenant": "a", "expires_at": "soon"}, "/expires_at")):
        check(fault(o.want(400, "POST", "/v1/keys", body)) == pointer, body)


@test
def sql_and_path_tricks_are_text():
    o = operator(server)
    before = o.want(200, "GET", "/v1/users", limit=1000)
    for text in SQL:
        o.ask("POST", "/v1/users", {"login": text, "tenant": "acme", "grants": []})
        o.ask("POST", "/v1/users", {"login": "x", "tenant": text, "grants": [grant("viewer", text, [text], [text])]})
        o.ask("POST", "/v1/keys", {"name": text, "role": "reader", "tenant": "sql"})
        for path in ("/v1/users", "/v1/keys", "/v1/grants", "/v1/tenants"):
            for parameter in ("prefix", "after"):
                status, answer = o.ask("GET", path, **{parameter: text})
                check(status in (200, 400), path, parameter, text, status, answer)
        for path in ("/v1/users/", "/v1/grants/", "/v1/keys/"):
            check(o.ask("DELETE", path + daybook.quote(text))[0] in (400, 404), path, text)
        o.ask("PUT", "/v1/tenants/sql", {"display_name": text})
        if "\n" not in text:
            check(o.want(200, "GET", "/v1/tenants/sql")["display_name"] == text, text)
    names = {k["name"] for k in o.want(200, "GET", "/v1/keys", tenant="sql", limit=1000)["keys"]}
    check(names == {t for t in SQL if "\n" not in t}, names)
    after = o.want(200, "GET", "/v1/users", limit=1000)["users"]
    after = [u for u in after if "_" not in (u["login"], u["tenant"])]  # a login and a tenant like others
    check(before["users"] == after, [u for u in after if u not in before["users"]])
    for path in PATH_TRICKS:
        for body in ({"login": "trick", "tenant": path, "grants": []},
                     {"login": "trick", "tenant": "acme", "grants": [grant("viewer", path)]}):
            check(o.ask("POST", "/v1/users", body)[0] in (400, 404), path)
        check(o.ask("POST", "/v1/keys", {"name": "trick", "role": "reader", "tenant": path})[0] in (400, 404), path)
        check(o.ask("GET", f"/v1/tenants/{daybook.quote(path)}/settings")[0] in (400, 404), path)


@test
def oversize_is_refused():
    o = operator(server)
    big = "x" * 2_000_000
    for path, body in (("/v1/users", {"login": big, "tenant": "a", "grants": []}), ("/v1/keys", {"name": big}),
                       ("/v1/grants", {"user": big}), ("/v1/keys/key_x/rotate", {"overlap_h": big})):
        check(o.ask("POST", path, body)[0] in (400, 413), path)
    check(o.ask("PUT", "/v1/tenants/a/settings", {"saved_searches": [{"name": big, "url": "/"}]})[0] in (400, 413), "put")
    check(o.ask("GET", "/v1/users", prefix="x" * 5000)[0] in (400, 414), "a prefix")
    deep = b'{"grants":' + b"[" * 5000 + b"]" * 5000 + b"}"
    check(o.ask("POST", "/v1/users", deep)[0] == 400, "depth")


@test
def every_change_is_on_the_record_with_before_and_after():
    o = operator(server)
    user = make_user(o, "recorded", "record", grant("auditor", "record"))
    o.want(200, "PUT", f"/v1/users/{user['id']}", {"display_name": "Rec"})
    o.want(200, "PUT", f"/v1/users/{user['id']}", {"state": "disabled"})
    key = make_key(o, "recorded-key", "reader", "record/sub", addresses=["::1"])["key"]
    o.want(201, "POST", f"/v1/keys/{key['id']}/rotate", {"overlap_h": 2})
    o.want(204, "DELETE", f"/v1/keys/{key['id']}")
    o.want(200, "PUT", "/v1/tenants/record", {"closed": True})
    o.want(200, "PUT", "/v1/tenants/record/settings", {"default_range": "24h"})
    o.want(200, "PUT", "/v1/tenants/record/settings", {"default_range": "7d"})
    o.want(204, "DELETE", f"/v1/users/{user['id']}")
    events = o.want(200, "GET", "/v1/events", q="tenant:record product:Daybook", order="oldest", limit=100)["events"]
    got = [(e["tenant"], e["activity"], e["target"]["name"] if "name" in e["target"] else "") for e in events]
    check(got == [("record", "User Created", "recorded"), ("record", "Grant Added", "recorded"),
                  ("record", "User Updated", "recorded"), ("record", "User Disabled", "recorded"),
                  ("record/sub", "API Key Created", "recorded-key"), ("record/sub", "API Key Rotated", "recorded-key"),
                  ("record/sub", "API Key Revoked", "recorded-key"), ("record", "Tenant Closed", ""),
                  ("record", "Settings Changed", "default_range"), ("record", "Settings Changed", "default_range"),
                  ("record", "Grant Removed", "recorded"), ("record", "User Deleted", "recorded")], got)
    check(events[3]["changes"] == [{"field": "state", "old": "active", "new": "disabled"}], events[3])
    check(events[9]["changes"] == [{"field": "default_range", "old": "24h", "new": "7d"}], events[9])
    check(all(e["actor"]["name"] == "operator" and e["source"]["ip"] == "127.0.0.1" for e in events), "who, from where")


@test
def accounts_survive_a_crash():
    o = operator(server)
    made = make_key(o, "lasting", "reader", "crash")
    user = make_user(o, "lasting", "crash", grant("viewer", "crash"))
    server.kill()
    server.start()
    o = operator(server)
    check(o.want(200, "GET", f"/v1/users/{user['id']}") == user, "the user is as it was")
    check(Caller(server.client(), key=made["secret"]).ask("GET", "/v1/stats")[0] == 200, "the key works")
    o.want(204, "DELETE", f"/v1/keys/{made['key']['id']}")
    server.kill()
    server.start()
    check(Caller(server.client(), key=made["secret"]).ask("GET", "/v1/stats")[0] == 401, "and stays revoked")


@test
def secrets_are_in_no_file_and_no_output():
    o = operator(server)
    key = make_key(o, "secretive", "reader", "secret")["secret"]
    made = o.want(201, "POST", "/v1/users", {"login": "secretive", "tenant": "a", "grants": [],
                                             "password": "a password to look for"})
    link = o.want(201, "POST", f"/v1/users/{made['user']['id']}/reset")["link"].split("=")[1]
    Caller(server.client(), key=key).want(200, "GET", "/v1/stats")
    Caller(server.client(), key=key[:-1] + "A").ask("GET", "/v1/stats")
    metrics = o.ask("GET", "/metrics")[1].decode()
    server.stop()
    data = pathlib.Path(server.data)
    for path in [p for p in data.rglob("*") if p.is_file()]:
        check(path.stat().st_mode & 0o777 == 0o600, path, oct(path.stat().st_mode))
        content = path.read_bytes()
        for secret in (key, link, "a password to look for", KEY):
            check(secret.encode() not in content, "found a secret in", path)
    check(data.stat().st_mode & 0o777 == 0o700, "the folder's mode")
    for secret in (key, link, KEY):
        check(secret not in metrics and secret not in server.output(), "found a secret in the output")
    server.start()


if __name__ == "__main__":
    server.start()
    daybook.main()
