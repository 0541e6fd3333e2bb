#!/usr/bin/env python3
"""Every route with every role, and with what belongs to a foreign tenant.

EXPECTED has a row for each route of /openapi.json; a route without one fails the test. For each role:
- with the route's right, its own call answers what the row says; without the right 403, without a credential 401;
- no answer to somebody whose scope is `acme` holds a foreign name;
- what names something foreign answers exactly as what names something that never was: same status, same body."""
import http.client
import json
import pathlib
import re
import time
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import KEY, check, quote, test  # noqa: E402
from people import Caller, event, grant, log_in, make_key, make_user, operator  # noqa: E402

ALL = {"read", "export", "write", "manage", "operate"}
ROLES = {
    "operator key": ALL, "operator": ALL, "admin": {"read", "export", "manage"}, "auditor": {"read", "export"},
    "viewer": {"read"}, "viewer bearer": {"read"}, "writer key": {"write"}, "reader key": {"read", "export"},
    "nobody": None,
}
EVERYWHERE = {"operator key", "operator"}
USERS = {"operator", "admin", "auditor", "viewer"}
FOREIGN = [b"globex", b"zzforeign"]
ORIGIN = "https://portal.example"


class Place:
    """What a foreign call names: something that belongs to another tenant, or that never was."""

    def __init__(self, **names):
        self.__dict__.update(names)


class World:
    def __init__(self):
        self.server = daybook.Server(daybook.temporary_folder())
        self.server.start()
        self.o = operator(self.server)
        self.count = 0
        self.fill()
        self.callers = {role: self.caller(role) for role in ROLES}

    def name(self, kind="own"):
        self.count += 1
        return f"{kind}-{self.count}"

    def fill(self):
        for tenant, mark in (("acme", "own"), ("acme/eu", "own"), ("globex", "zzforeign"), ("acme-2", "zzforeign"),
                             ("globex/zzforeign", "zzforeign")):
            client = self.server.client()
            client.post([event(tenant, log, product=f"{mark}-product", category=f"{mark}-category",
                               activity=f"{mark}-activity", params={f"{mark}_param": f"{mark}-value"},
                               description=f"{mark} words", target={"type": f"{mark}-type", "id": f"{mark}-id",
                                                                    "domain": f"{mark}-domain"},
                               changes=[{"field": f"{mark}-field", "old": 1, "new": f"{mark}-new"}],
                               **{"actor": {"type": "user", "name": f"{mark}-actor", "email": f"{mark}@x.example"},
                                  "action": action, "outcome": outcome, "source": {"ip": "203.0.113.9"},
                                  "auth": {"method": "password", "session": f"{mark}-session"}})
                         for log, action, outcome in (("admin", "update", "success"), ("auth", "login", "failure"),
                                                      ("auth", "login", "success"), ("auth", "logout", "success"))])
            self.o.want(200, "PUT", f"/v1/tenants/{quote(tenant)}", {"display_name": f"{mark} name {tenant}"})
            self.o.want(200, "PUT", f"/v1/tenants/{quote(tenant)}/settings", {"embed_origins": [ORIGIN]})
        self.foreign = Place(tenant="globex", event="globex:1", user=self.user("globex", "zzforeign"),
                             grant=self.user("globex", "zzforeign", "grants")[0]["id"],
                             key=self.key("globex", "zzforeign"), export=self.export(self.o), word="zzforeign-actor",
                             viewer=self.viewer("globex")[0], session=self.session("globex", "zzforeign"))
        self.missing = Place(tenant="nowhere", event="nowhere:1", user="usr_aaaaaaaaaaaaaaaa", word="nobody-at-all",
                             grant="gra_aaaaaaaaaaaaaaaa", key="key_aaaaaaaaaaaaaaaa", export="exp_aaaaaaaaaaaaaaaa",
                             viewer="vwr_aaaaaaaaaaaaaaaa", session="ses_aaaaaaaaaaaaaaaa")

    # ---- Things to act on, new each time ----

    def user(self, tenant="acme", kind="own", member="id"):
        return make_user(self.o, self.name(kind), tenant, grant("viewer", tenant), display_name=f"{kind} person")[member]

    def grant(self):
        return self.user(member="grants")[0]["id"]

    def key(self, tenant="acme", kind="own"):
        return make_key(self.o, self.name(kind), "reader", tenant)["key"]["id"]

    def export(self, caller):
        job = caller.want(201, "POST", "/v1/exports", {"format": "ndjson"})["id"]
        end = time.monotonic() + 60
        while caller.want(200, "GET", f"/v1/exports/{job}")["state"] in ("queued", "running"):  # only a few may wait or run
            check(time.monotonic() < end, "an export job does not end")
        return job

    def session(self, tenant, kind):
        login = self.name(kind)
        make_user(self.o, login, tenant, grant("viewer", tenant))
        return log_in(self.server, login).want(200, "GET", "/v1/sessions")["sessions"][0]["id"]

    def viewer(self, tenant="acme", name="own"):
        """The public id and the bearer of a viewer session."""
        before = {v["id"] for v in self.o.want(200, "GET", "/v1/viewer-tokens", limit=1000)["viewer_tokens"]}
        token = self.o.want(201, "POST", "/v1/viewer-tokens", {
            "tenant": tenant, "role": "viewer", "origin": ORIGIN, "minutes": 60,
            "user": {"name": "zzforeign-shown" if tenant != "acme" else "own-shown"}})["token"]
        bearer = Caller(self.server.client()).want(201, "POST", "/v1/viewer-tokens/exchange", {"token": token})["bearer"]
        after = {v["id"] for v in self.o.want(200, "GET", "/v1/viewer-tokens", limit=1000)["viewer_tokens"]}
        (made,) = after - before
        return made, bearer

    def caller(self, role):
        client = self.server.client()
        if role == "operator key":
            return Caller(client, key=KEY)
        if role == "nobody":
            return Caller(client)
        if role == "viewer bearer":
            return Caller(client, key=self.viewer()[1])
        if role.endswith(" key"):
            return Caller(client, key=make_key(self.o, self.name(), role[:6], "acme")["secret"])
        login = self.name()
        tenant = "" if role == "operator" else "acme"
        make_user(self.o, login, tenant, grant(role, tenant))
        return log_in(self.server, login)


class Row:
    """right: what the route needs; "open": no credential; "any": any credential. own(w, caller): (path, body).
    ok: the statuses of a call that may be made. foreign(x): (path, body) naming x, or why there is nothing to name.
    by: statuses for single roles. fresh: the call uses up its credential."""

    def __init__(self, right, own, foreign, ok=(200,), by=None, fresh=False):
        self.right, self.own, self.foreign, self.ok, self.by, self.fresh = right, own, foreign, ok, by or {}, fresh


def path(text, body=None):
    return lambda *_: (text, body)


def names(build, body=None):
    """A path (and body) made of what x names."""
    return lambda x: (build(x), body(x) if body else None)


def searches(route, more=""):
    """A question about the foreign tenant and about a word of it, by one address."""
    return names(lambda x: f"{route}?q={quote('tenant:' + x.tenant + ' ' + x.word)}{more}")


NOTHING = "it names nothing"
USER_ONLY = {role: (404, 409, 403) for role in ROLES if role not in USERS}
KEYS = ("operator key", "writer key", "reader key")
WRONG = {"password": "not the password"}

EXPECTED = {
    "POST /v1/events": Row("write", lambda w, c: ("/v1/events", event("acme")),
                           names(lambda x: "/v1/events", lambda x: event(x.tenant)), ok=(201,)),
    "GET /v1/events": Row("read", path("/v1/events?limit=1000"), searches("/v1/events")),
    "GET /v1/events/{id}": Row("read", path("/v1/events/acme%3A1"), names(lambda x: f"/v1/events/{quote(x.event)}")),
    "GET /v1/stats": Row("read", path("/v1/stats"), searches("/v1/stats")),
    "GET /v1/histogram": Row("read", path("/v1/histogram?by=actor.name"), searches("/v1/histogram", "&by=actor.name")),
    "GET /v1/top": Row("read", path("/v1/top?field=actor.name&limit=1000"), searches("/v1/top", "&field=tenant")),
    "GET /v1/values": Row("read", path("/v1/values?field=tenant&limit=1000"),
                          names(lambda x: f"/v1/values?field=tenant&prefix={x.tenant[:4]}")),
    "GET /v1/logins": Row("read", path("/v1/logins?limit=200"), searches("/v1/logins")),
    "GET /v1/insights": Row("read", path("/v1/insights?from=2026-11-19&to=2026-11-22"),
                            searches("/v1/insights", "&from=2026-11-19&to=2026-11-22")),
    "GET /v1/export": Row("export", path("/v1/export?format=csv"), searches("/v1/export", "&format=ndjson")),
    "POST /v1/exports": Row("export", path("/v1/exports", {"format": "csv"}), NOTHING, ok=(201,)),
    "GET /v1/exports": Row("export", path("/v1/exports"), NOTHING),
    "GET /v1/exports/{id}": Row("export", lambda w, c: (f"/v1/exports/{w.export(c)}", None),
                                names(lambda x: f"/v1/exports/{x.export}")),
    "DELETE /v1/exports/{id}": Row("export", lambda w, c: (f"/v1/exports/{w.export(c)}", None),
                                   names(lambda x: f"/v1/exports/{x.export}"), ok=(204,)),
    "GET /v1/exports/{id}/file": Row("export", lambda w, c: (f"/v1/exports/{w.export(c)}/file", None),
                                     names(lambda x: f"/v1/exports/{x.export}/file"), ok=(200, 409)),
    "GET /v1/tail": Row("read", path("/v1/tail"), NOTHING),
    "GET /v1/catalog": Row("read", path("/v1/catalog"), NOTHING),
    "GET /v1/tenants": Row("read", path("/v1/tenants?limit=1000"),
                           names(lambda x: f"/v1/tenants?prefix={x.tenant}&after={x.tenant[:2]}")),
    "GET /v1/tenants/{tenant}": Row("read", path("/v1/tenants/acme%2Feu"), names(lambda x: f"/v1/tenants/{x.tenant}")),
    "PUT /v1/tenants/{tenant}": Row("manage", path("/v1/tenants/acme%2Feu", {"display_name": "own europe"}),
                                    names(lambda x: f"/v1/tenants/{x.tenant}", lambda x: {"closed": True})),
    "GET /v1/tenants/{tenant}/retention": Row("read", path("/v1/tenants/acme/retention"),
                                              names(lambda x: f"/v1/tenants/{x.tenant}/retention")),
    "PUT /v1/tenants/{tenant}/retention": Row("manage", path("/v1/tenants/acme/retention", {"days": 36500}),
                                              names(lambda x: f"/v1/tenants/{x.tenant}/retention",
                                                    lambda x: {"days": 1})),
    "GET /v1/tenants/{tenant}/settings": Row("manage", path("/v1/tenants/acme/settings"),
                                             names(lambda x: f"/v1/tenants/{x.tenant}/settings")),
    "PUT /v1/tenants/{tenant}/settings": Row("manage", path("/v1/tenants/acme/settings", {"embed_origins": [ORIGIN]}),
                                             names(lambda x: f"/v1/tenants/{x.tenant}/settings", lambda x: {})),
    "POST /v1/admin/backup": Row("operate", path("/v1/admin/backup", {"dir": "x"}), NOTHING, ok=(403,)),
    "GET /healthz": Row("open", path("/healthz"), NOTHING),
    "GET /readyz": Row("open", path("/readyz"), NOTHING),
    "GET /metrics": Row("operate", path("/metrics"), NOTHING),
    "GET /openapi.json": Row("read", path("/openapi.json"), NOTHING),
    "GET /v1/users": Row("manage", path("/v1/users?limit=1000"), names(lambda x: f"/v1/users?tenant={x.tenant}")),
    "POST /v1/users": Row("manage", lambda w, c: ("/v1/users", {"login": "acme/" + w.name(), "tenant": "acme",
                                                                "grants": [grant("viewer", "acme/eu")]}),
                          names(lambda x: "/v1/users", lambda x: {"login": "acme/thief", "tenant": "acme",
                                                                  "grants": [grant("viewer", x.tenant)]}), ok=(201,)),
    "GET /v1/users/{id}": Row("manage", lambda w, c: (f"/v1/users/{w.user()}", None),
                              names(lambda x: f"/v1/users/{x.user}")),
    "PUT /v1/users/{id}": Row("manage", lambda w, c: (f"/v1/users/{w.user()}", {"state": "disabled"}),
                              names(lambda x: f"/v1/users/{x.user}", lambda x: {"state": "disabled"})),
    "DELETE /v1/users/{id}": Row("manage", lambda w, c: (f"/v1/users/{w.user()}", None),
                                 names(lambda x: f"/v1/users/{x.user}"), ok=(204,)),
    "POST /v1/users/{id}/reset": Row("manage", lambda w, c: (f"/v1/users/{w.user()}/reset", None),
                                     names(lambda x: f"/v1/users/{x.user}/reset"), ok=(201,)),
    "DELETE /v1/users/{id}/sessions": Row("manage", lambda w, c: (f"/v1/users/{w.user()}/sessions", None),
                                          names(lambda x: f"/v1/users/{x.user}/sessions"), ok=(204,)),
    "DELETE /v1/users/{id}/totp": Row("manage", lambda w, c: (f"/v1/users/{w.user()}/totp", None),
                                      names(lambda x: f"/v1/users/{x.user}/totp"), ok=(204,)),
    "GET /v1/grants": Row("manage", path("/v1/grants?limit=1000"), names(lambda x: f"/v1/grants?user={x.user}")),
    "POST /v1/grants": Row("manage", lambda w, c: ("/v1/grants", {"user": w.user(), **grant("auditor", "acme/eu")}),
                           names(lambda x: "/v1/grants", lambda x: {"user": x.user, **grant("viewer", "acme")}),
                           ok=(201,)),
    "DELETE /v1/grants/{id}": Row("manage", lambda w, c: (f"/v1/grants/{w.grant()}", None),
                                  names(lambda x: f"/v1/grants/{x.grant}"), ok=(204,)),
    "GET /v1/keys": Row("manage", path("/v1/keys?limit=1000"), names(lambda x: f"/v1/keys?tenant={x.tenant}")),
    "POST /v1/keys": Row("manage", lambda w, c: ("/v1/keys", {"name": w.name(), "role": "writer", "tenant": "acme"}),
                         names(lambda x: "/v1/keys", lambda x: {"name": "thief", "role": "reader", "tenant": x.tenant}),
                         ok=(201,)),
    "POST /v1/keys/{id}/rotate": Row("manage", lambda w, c: (f"/v1/keys/{w.key()}/rotate", {}),
                                     names(lambda x: f"/v1/keys/{x.key}/rotate", lambda x: {}), ok=(201,)),
    "DELETE /v1/keys/{id}": Row("manage", lambda w, c: (f"/v1/keys/{w.key()}", None),
                                names(lambda x: f"/v1/keys/{x.key}"), ok=(204,)),
    "GET /v1/oidc/{id}/start": Row("open", path("/v1/oidc/none/start"), NOTHING, ok=(404,)),
    "GET /v1/oidc/callback": Row("open", path("/v1/oidc/callback?code=x&state=y"), NOTHING, ok=(302, 400, 404, 429)),
    "GET /v1/sessions/options": Row("open", path("/v1/sessions/options"), NOTHING),
    "POST /v1/sessions": Row("open", path("/v1/sessions", {"login": "nobody-of-all", "password": "wrong password"}),
                             "people_test and signin_test compare names that are and are not", ok=(401, 429)),
    "GET /v1/sessions": Row("any", path("/v1/sessions"), NOTHING, by={r: (409,) for r in ROLES if r not in USERS}),
    "DELETE /v1/sessions": Row("any", path("/v1/sessions"), NOTHING, ok=(204,),
                               by={role: (409, 404, 403) for role in ROLES if role not in USERS}),
    "DELETE /v1/sessions/current": Row("any", path("/v1/sessions/current"), NOTHING, ok=(204,), fresh=True,
                                       by={role: (409,) for role in KEYS}),
    "DELETE /v1/sessions/{id}": Row("any", path("/v1/sessions/ses_bbbbbbbbbbbbbbbb"),
                                    names(lambda x: f"/v1/sessions/{x.session}"), ok=(404,)),
    "POST /v1/setup/check": Row("open", path("/v1/setup/check", {"token": "x"}), NOTHING, ok=(404,)),
    "POST /v1/setup": Row("open", path("/v1/setup", {"token": "x", "password": "a long password"}), NOTHING, ok=(404,)),
    "GET /v1/me": Row("any", path("/v1/me"), NOTHING),
    "PUT /v1/me/password": Row("any", path("/v1/me/password", {"current": "wrong one", "new": "a long new password"}),
                               NOTHING, ok=(400, 403, 401, 429), by=USER_ONLY),
    "PUT /v1/me/preferences": Row("any", path("/v1/me/preferences", {}), NOTHING, ok=(200, 204), by=USER_ONLY),
    "POST /v1/me/totp": Row("any", path("/v1/me/totp", WRONG), NOTHING, ok=(400, 401, 403, 429), by=USER_ONLY),
    "PUT /v1/me/totp": Row("any", path("/v1/me/totp", {"code": "000000"}), NOTHING, ok=(400, 404, 409), by=USER_ONLY),
    "DELETE /v1/me/totp": Row("any", path("/v1/me/totp", {**WRONG, "code": "000000"}), NOTHING,
                              ok=(400, 401, 403, 409, 429), by=USER_ONLY),
    "POST /v1/me/recovery-codes": Row("any", path("/v1/me/recovery-codes", WRONG), NOTHING,
                                      ok=(400, 401, 403, 409, 429), by=USER_ONLY),
    "POST /v1/me/email-code": Row("any", path("/v1/me/email-code", WRONG), NOTHING, ok=(400, 401, 403, 409, 429),
                                  by=USER_ONLY),
    "PUT /v1/me/email-code": Row("any", path("/v1/me/email-code", {"challenge": "x", "code": "000000"}), NOTHING,
                                 ok=(400, 401, 403, 404, 409), by=USER_ONLY),
    "DELETE /v1/me/email-code": Row("any", path("/v1/me/email-code", WRONG), NOTHING, ok=(400, 401, 403, 409, 429),
                                    by=USER_ONLY),
    # Managers, and keys that read the tenant: a portal's backend has one.
    "POST /v1/viewer-tokens": Row(
        "read", path("/v1/viewer-tokens", {"tenant": "acme", "role": "viewer", "origin": ORIGIN, "user": {"name": "x"}}),
        names(lambda x: "/v1/viewer-tokens",
              lambda x: {"tenant": x.tenant, "role": "viewer", "origin": ORIGIN, "user": {"name": "x"}}),
        ok=(201,), by={"auditor": (403,), "viewer": (403,), "viewer bearer": (403,)}),
    "GET /v1/viewer-tokens": Row("manage", path("/v1/viewer-tokens"),
                                 names(lambda x: f"/v1/viewer-tokens?tenant={x.tenant}")),
    "POST /v1/viewer-tokens/exchange": Row("open", path("/v1/viewer-tokens/exchange", {"token": "dbt_x"}), NOTHING,
                                           ok=(404, 429)),
    "DELETE /v1/viewer-tokens/{id}": Row("read", lambda w, c: (f"/v1/viewer-tokens/{w.viewer()[0]}", None),
                                         names(lambda x: f"/v1/viewer-tokens/{x.viewer}"), ok=(204,),
                                         by={role: (404, 403) for role in ("auditor", "viewer", "viewer bearer",
                                                                           "reader key")}),
}

world = World()


def routes():
    document = world.o.want(200, "GET", "/openapi.json")
    return {f"{method.upper()} {at}": operation for at, item in document["paths"].items()
            for method, operation in item.items()}


def ask(caller, method, at, body):
    """(status, raw body); of a stream only its head."""
    if at.startswith("/v1/tail"):
        connection = http.client.HTTPConnection("127.0.0.1", caller.client.port, timeout=60)
        headers = {"Authorization": f"Bearer {caller.key}"} if caller.key else {}
        if caller.cookie:
            headers["Cookie"] = caller.cookie
        connection.request("GET", at, headers=headers)
        status = connection.getresponse().status
        connection.close()
        return status, b""
    headers = {"Authorization": f"Bearer {caller.key}" if caller.key else ""}
    headers.update({"Cookie": caller.cookie, "X-Daybook-CSRF": caller.csrf} if caller.cookie else {})
    status, _, raw = caller.client.request(method, at, None if body is None else json.dumps(body), headers=headers)
    return status, raw


def expected(row, role):
    if row.right == "open":
        return row.ok
    if ROLES[role] is None:
        return (401,)
    if row.right != "any" and row.right not in ROLES[role]:
        return (403,)
    return row.by.get(role, row.ok)


@test
def every_route_has_an_expectation_and_every_expectation_a_route():
    known = routes()
    check(set(known) - set(EXPECTED) == set(), "routes without an expectation here:", sorted(set(known) - set(EXPECTED)))
    check(set(EXPECTED) - set(known) == set(), "expectations without a route:", sorted(set(EXPECTED) - set(known)))
    for name, operation in known.items():
        right = operation.get("x-right", "open" if operation.get("security") == [] else "any")
        check(EXPECTED[name].right == right, name, "needs", right)


@test
def every_role_may_what_its_rights_allow_and_no_answer_has_a_foreign_name():
    count = 0
    for name, row in EXPECTED.items():
        method = name.split(" ")[0]
        for role in ROLES:
            caller = world.caller(role) if row.fresh else world.callers[role]
            want = expected(row, role)
            at, body = row.own(world, caller if want != (403,) and want != (401,) else world.o)
            status, raw = ask(caller, method, at, body)
            check(status in want, f"{name} as {role} answered {status}, not {want}: {raw[:300]!r}")
            if role not in EVERYWHERE:
                for mark in FOREIGN:
                    check(mark not in raw, f"{name} as {role} tells of {mark}: {raw[:2000]!r}")
            count += 1
    print(f"{count} calls over {len(EXPECTED)} routes and {len(ROLES)} roles")


def plain(raw, x):
    """The body without what was sent, and without the request's number."""
    text = re.sub(rb'"request_id":"[^"]*"', b"", raw)
    text = re.sub(rb'"(now|from|to|created_at)":"[^"]*"', b"", text)
    for word in x.__dict__.values():
        text = text.replace(str(word).encode(), b"X")
    return text


@test
def what_is_foreign_answers_as_what_never_was():
    count = 0
    for name, row in EXPECTED.items():
        if isinstance(row.foreign, str):
            continue
        method = name.split(" ")[0]
        for role, caller in world.callers.items():
            if role in EVERYWHERE:
                continue
            answers = []
            for x in (world.foreign, world.missing):
                at, body = row.foreign(x)
                status, raw = ask(caller, method, at, body)
                answers.append((status, plain(raw, x)))
            check(answers[0] == answers[1], f"{name} as {role}: foreign {answers[0]}, missing {answers[1]}")
            allowed = ROLES[role] and (row.right == "any" or row.right in ROLES[role])
            check(answers[0][0] != 500 and (not allowed or method == "GET" or answers[0][0] in (403, 404, 409)),
                  f"{name} as {role} did something foreign: {answers[0]}")
            count += 1
    print(f"{count} pairs of calls")


@test
def nothing_foreign_was_changed():
    o, x = world.o, world.foreign
    check(o.want(200, "GET", f"/v1/users/{x.user}")["state"] == "active", "the foreign user")
    check(o.want(200, "GET", "/v1/tenants/globex")["closed"] is False, "the foreign tenant")
    check(o.want(200, "GET", "/v1/tenants/globex/retention") == {"tenant": "globex", "days": 90, "own": False}, "days")
    check(o.want(200, "GET", "/v1/tenants/globex/settings")["own"] == {"embed_origins": [ORIGIN]}, "its settings")
    check([k["state"] for k in o.want(200, "GET", "/v1/keys", tenant="globex")["keys"]] == ["active"], "its key")
    check(len(o.want(200, "GET", "/v1/grants", user=x.user)["grants"]) == 1, "its grants")
    check(any(v["id"] == x.viewer for v in o.want(200, "GET", "/v1/viewer-tokens", limit=1000)["viewer_tokens"]), "viewer")


@test
def an_admin_of_one_tenant_and_viewer_of_another_gets_no_more_than_both():
    make_user(world.o, "both", "", grant("viewer", "acme"), grant("admin", "globex"))
    both = log_in(world.server, "both")
    check(both.ask("GET", "/v1/events/acme%3A1")[0] == 200, "reads one")
    _, exported = both.ask("GET", "/v1/export", format="ndjson")
    check(b"globex" in exported and b'"tenant":"acme' not in exported.replace(b'"tenant":"acme-2', b""), "exports the other")
    both.want(404, "PUT", "/v1/tenants/acme", {"display_name": "mine"})
    both.want(404, "POST", "/v1/keys", {"name": "x", "role": "reader", "tenant": "acme"})
    both.want(404, "POST", "/v1/users", {"login": "globex/y", "tenant": "globex", "grants": [grant("viewer", "acme")]})
    own = both.want(201, "POST", "/v1/users", {"login": "globex/y", "tenant": "globex", "grants": []})["user"]
    both.want(404, "POST", "/v1/grants", {"user": own["id"], **grant("viewer", "acme")})
    both.want(403, "POST", "/v1/grants", {"user": own["id"], **grant("operator", "")})
    both.want(404, "POST", "/v1/grants", {"user": own["id"], **grant("viewer", "")})
    both.want(400, "POST", "/v1/users", {"login": "bare", "tenant": "globex", "grants": []})


@test
def who_has_more_cannot_be_managed():
    admin = world.callers["admin"]
    strong = make_user(world.o, "strong", "acme", grant("viewer", "acme"), grant("viewer", "globex"))
    chief = make_user(world.o, "chief", "acme", grant("operator", ""))
    for user in (strong, chief):
        seen = admin.want(200, "GET", f"/v1/users/{user['id']}")
        check(all(g["tenant"].startswith("acme") for g in seen["grants"]), "grants elsewhere are shown:", seen)
        admin.want(403, "PUT", f"/v1/users/{user['id']}", {"state": "disabled"})
        admin.want(403, "POST", f"/v1/users/{user['id']}/reset")
        admin.want(403, "DELETE", f"/v1/users/{user['id']}")
        admin.want(403, "DELETE", f"/v1/users/{user['id']}/totp")
        admin.want(403, "DELETE", f"/v1/users/{user['id']}/sessions")
    for g in strong["grants"] + chief["grants"]:
        if g["tenant"] != "acme":
            admin.want(404, "DELETE", f"/v1/grants/{g['id']}")


@test
def a_revoked_grant_ends_what_an_open_session_may():
    user = make_user(world.o, "fading", "acme", grant("admin", "acme"))
    fading = log_in(world.server, "fading")
    fading.want(200, "GET", "/v1/users")
    world.o.want(204, "DELETE", f"/v1/grants/{user['grants'][0]['id']}")
    check(fading.ask("GET", "/v1/users")[0] == 403, "at once")
    check(fading.ask("GET", "/v1/events")[0] == 403, "at once")
    world.o.want(200, "PUT", f"/v1/users/{user['id']}", {"state": "disabled"})
    check(fading.ask("GET", "/v1/me")[0] == 401, "at once")


if __name__ == "__main__":
    daybook.main()
