#!/usr/bin/env python3
"""Log-in through a real OpenID provider (npm oidc-provider, tests/oidc): what must work, and every forged or aged token,
foreign answer and open redirect that must not."""
import html
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
import daybook  # noqa: E402
from browser import Answer, Browser, first_operator  # noqa: E402
from daybook import ROOT, check, test  # noqa: E402

PACKAGES = ROOT / "build/oidc"
FAILED = "/login?error=sso"
RULES = [{"claim": "groups", "value": "audit-admins", "role": "admin", "tenant": "acme"},
         {"claim": "groups", "value": "staff", "role": "viewer", "tenant": "acme/{department}"}]


class Pages(Browser):
    """The browser, on any address, keeping cookies by host and port as far as the test needs it."""

    def __init__(self):
        super().__init__(0)
        self.jars = {}

    def visit(self, method, url, body=None):
        parts = urllib.parse.urlsplit(url)
        jar = self.jars.setdefault(parts.port, {})
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        headers = {"User-Agent": self.agent, "Cookie": "; ".join(f"{n}={v}" for n, v in jar.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body, headers)
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
        for line in response.headers.get_all("Set-Cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            gone = "Max-Age=0" in line or "expires=Thu, 01 Jan 1970" in line
            jar.pop(name, None) if gone else jar.__setitem__(name, value)
        return answer

    def next(self, url, answer):
        check(answer.status in (302, 303), "no redirect from", url, answer)
        return urllib.parse.urljoin(url, answer.headers["Location"])


class World:
    """A Daybook and a provider that know each other."""

    def __init__(self, **more):
        self.folder = daybook.temporary_folder()
        self.file = os.path.join(self.folder, "oidc.json")
        self.more = more
        self.write("http://127.0.0.1:1", "http://127.0.0.1:1")
        self.server = daybook.Server(os.path.join(self.folder, "data"), "--oidc", self.file)
        self.server.start()
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.operator = first_operator(self.server)
        self.child = subprocess.Popen(["node", str(ROOT / "tests/oidc/provider.mjs"), self.url + "/v1/oidc/callback",
                                       str(PACKAGES / "package.json")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, text=True)
        self.issuer = json.loads(self.child.stdout.readline())["issuer"]
        self.write(self.url, self.issuer, name="Corp")
        self.reload("Corp")

    def write(self, url, issuer, name="Before", **more):
        provider = {"id": "corp", "name": name, "issuer": issuer, "client_id": "daybook",
                    "client_secret": "a client secret", "scopes": ["profile", "email", "groups"], "create": True,
                    "tenant": "acme", "roles": RULES, **self.more, **more}
        with open(self.file, "w", encoding="utf-8") as file:
            json.dump({"public_url": url, "providers": [provider]}, file)

    def reload(self, name):
        """SIGHUP, then until the options show the new name."""
        self.server.child.send_signal(signal.SIGHUP)
        for _ in range(2000):
            if Browser(self.server.port).get("/v1/sessions/options")["oidc"] == [{"id": "corp", "name": name}]:
                return
        raise daybook.Failure("SIGHUP did not read the file anew: " + self.server.output())

    def control(self, **wanted):
        connection = http.client.HTTPConnection("127.0.0.1", urllib.parse.urlsplit(self.issuer).port, timeout=30)
        connection.request("POST", "/control", json.dumps(wanted))
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def at_provider(self, pages, user, back="/search?q=a%20b"):
        """Logs in at the provider; gives the address with which it sends the browser back."""
        url = self.url + "/v1/oidc/corp/start?return=" + urllib.parse.quote(back, safe="")
        url = pages.next(url, pages.visit("GET", url))
        check(url.startswith(self.issuer), "the browser is sent to", url)
        for _ in range(12):
            answer = pages.visit("GET", url)
            if answer.status == 200:
                prompt = re.search(r'name="prompt" value="(\w+)"', answer.body.decode())[1]
                action = html.unescape(re.search(r'action="([^"]+)"', answer.body.decode())[1])
                form = {"prompt": prompt, "login": user, "password": "any"}
                url = urllib.parse.urljoin(url, action)
                answer = pages.visit("POST", url, urllib.parse.urlencode(form))
            url = pages.next(url, answer)
            if url.startswith(self.url):
                return url
        raise daybook.Failure("the provider does not come to an end at " + url)

    def log_in(self, user="alice", **more):
        """Gives (where the browser ends, its pages)."""
        pages = Pages()
        back = self.at_provider(pages, user, **more)
        return pages.next(back, pages.visit("GET", back))[len(self.url):], pages

    def me(self, pages):
        answer = pages.visit("GET", self.url + "/v1/me")
        return answer.json if answer.status == 200 else None

    def failures(self):
        """Reasons on Daybook's record, newest first."""
        page = self.server.client().get("/v1/events", q="action:login outcome:failure", limit=100)
        return [event["reason"] for event in page["events"]]

    def stop(self):
        self.child.stdin.close()
        self.child.wait(20)
        self.server.stop()


@test
def the_first_log_in_makes_an_account_with_the_grants_that_the_claims_mean():
    world = World()
    ended, pages = world.log_in()
    check(ended == "/search?q=a%20b", "the browser ends at", ended)
    me = world.me(pages)
    check((me["kind"], me["name"], me["display_name"], me["email"], me["tenant"]) ==
          ("user", "alice", "Alice Admin", "alice@corp.example", "acme"), me)
    grants = sorted((g["role"], g["tenant"]) for g in me["grants"])
    check(grants == [("admin", "acme"), ("viewer", "acme/eu")], grants)
    check(not me["has_password"], me)
    page = world.server.client().get("/v1/events", q="action:login outcome:success actor:alice")
    (event,) = page["events"]
    check(event["auth"]["method"] == "sso:corp" and event["tenant"] == "acme", event)
    world.control(claims={"alice": {"groups": ["staff"], "department": "us"}})
    _, pages = world.log_in()
    again = world.me(pages)
    check(again["id"] == me["id"], "another account was made")
    check([(g["role"], g["tenant"]) for g in again["grants"]] == [("viewer", "acme/us")], again["grants"])
    changes = world.server.client().get("/v1/events", q="target.type:grant product:Daybook", limit=50)["events"]
    check(len(changes) == 5, "grants on record:", [e["summary"] for e in changes])
    world.stop()


@test
def a_claim_cannot_reach_into_another_tenant_and_nothing_unverified_is_believed():
    world = World()
    _, pages = world.log_in("bob")
    me = world.me(pages)
    check(me["grants"] == [], "an attribute made the grant", me["grants"])
    check(me["email"] == "", "an address that was not verified", me["email"])
    world.control(claims={"mallory": {"preferred_username": "olivia", "groups": ["audit-admins"]}})
    ended, pages = world.log_in("mallory")
    check(ended == FAILED and world.me(pages) is None, "a name took over an account")
    world.operator.call("PUT", "/v1/users/" + me["id"], {"email": "", "display_name": "", "state": "disabled"})
    ended, pages = world.log_in("bob")
    check(ended == FAILED and world.me(pages) is None, "a disabled user logs in")
    world.stop()


@test
def without_leave_to_make_accounts_only_known_identities_log_in():
    world = World(create=False)
    ended, pages = world.log_in()
    check(ended == FAILED and world.me(pages) is None, ended)
    check(world.failures()[0] == "nobody here has this identity", world.failures())
    world.stop()


@test
def an_answer_belongs_to_the_browser_that_began():
    world = World()
    pages, other = Pages(), Pages()
    back = world.at_provider(pages, "alice")
    check(other.next(back, other.visit("GET", back)).endswith(FAILED), "another browser used the answer")
    changed = re.sub(r"state=.", "state=~", back)
    check(pages.next(changed, pages.visit("GET", changed)).endswith(FAILED), "a wrong state")
    check(pages.next(back, pages.visit("GET", back)).endswith(FAILED), "an answer is good after a wrong state")
    pages = Pages()
    back = world.at_provider(pages, "alice")
    check(not pages.next(back, pages.visit("GET", back)).endswith(FAILED), "the honest answer")
    check(pages.next(back, pages.visit("GET", back)).endswith(FAILED), "the answer is good twice")
    pages, other = Pages(), Pages()
    back, foreign = world.at_provider(pages, "alice"), world.at_provider(other, "bob")
    code = re.search(r"code=([^&]+)", foreign)[1]
    mixed = re.sub(r"code=[^&]+", "code=" + code, back)
    check(pages.next(mixed, pages.visit("GET", mixed)).endswith(FAILED), "a foreign code (PKCE, nonce)")
    pages = Pages()
    back = re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fother.example", world.at_provider(pages, "alice"))
    check(pages.next(back, pages.visit("GET", back)).endswith(FAILED), "another issuer answered")
    for query in ("", "?code=x", "?state=x", "?error=access_denied", "?code=%0d%0aSet-Cookie:x&state=y"):
        answer = Pages().visit("GET", world.url + "/v1/oidc/callback" + query)
        check(answer.status == 302 and answer.headers["Location"] == FAILED, query, answer)
    world.stop()


@test
def forged_and_aged_tokens_are_refused():
    world = World()
    bad = ["none", "unsigned", "hmac:pem", "hmac:n", "hmac:jwk", "hmac:client", "impostor", "confused", "critical", "cut",
           "set:" + json.dumps({"nonce": "another"}), "set:" + json.dumps({"aud": "somebody"}),
           "set:" + json.dumps({"aud": ["daybook", "somebody"]}), "set:" + json.dumps({"azp": "somebody"}),
           "set:" + json.dumps({"iss": "https://other.example"}), "set:" + json.dumps({"sub": ""}),
           "times:" + json.dumps({"exp": -90}), "times:" + json.dumps({"iat": 90}), "times:" + json.dumps({"nbf": 90})]
    for mode in bad:
        world.control(mode=mode)
        ended, pages = world.log_in()
        check(ended == FAILED and world.me(pages) is None, mode, "was taken, and ended at", ended)
    world.control(mode="payload")
    ended, pages = world.log_in("bob")
    check(ended == FAILED and world.me(pages) is None, "a changed payload was taken")
    check(all("a client secret" not in reason for reason in world.failures()), "a secret is on the record")
    good = ["times:" + json.dumps({"exp": -30, "iat": -90}), "times:" + json.dumps({"iat": 30, "nbf": 30}),
            "set:" + json.dumps({"aud": ["daybook", "somebody"], "azp": "daybook"}),
            "alg:RS256", "alg:PS256", "alg:ES256", "alg:EdDSA", "honest"]
    for mode in good:
        world.control(mode=mode)
        ended, pages = world.log_in()
        check(ended != FAILED and world.me(pages), mode, "was refused:", world.failures()[:1])
    world.stop()


@test
def keys_may_change_and_forged_key_ids_do_not_flood_the_provider():
    world = World()
    world.log_in()
    world.control(mode="rotate:RS256")
    ended, _ = world.log_in()
    check(ended != FAILED, "a new key was refused:", world.failures()[:1])
    before = world.control(mode="stranger")["keySetRequests"]
    for _ in range(8):
        check(world.log_in()[0] == FAILED, "a key of nobody was taken")
    asked = world.control()["keySetRequests"] - before
    check(asked <= 3, "the key set was asked for", asked, "times")
    world.stop()


@test
def only_configured_algorithms_are_taken():
    world = World(algorithms=["ES256"])
    check(world.log_in()[0] == FAILED, "RS256 was taken")
    world.control(mode="alg:ES256")
    check(world.log_in()[0] != FAILED, "ES256 was refused:", world.failures()[:1])
    world.stop()


@test
def the_way_back_leads_to_this_server_only():
    world = World()
    for back in ("https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
                 "/\t/evil.example", "/a\r\nSet-Cookie: x=1", "evil.example", "", "/" + "a" * 2000):
        ended, pages = world.log_in(back=back)
        check(ended == "/" and world.me(pages), repr(back), "leads to", ended)
    world.stop()


@test
def a_bad_configuration_is_refused_and_the_old_one_stays():
    world = World()
    for more in ({"issuer": "http://idp.example"}, {"surprise": 1}, {"roles": [{"role": "owner", "tenant": "acme"}]},
                 {"roles": [{"role": "operator"}]}, {"roles": [{"claim": "groups", "role": "viewer", "tenant": "acme"}]},
                 {"algorithms": ["none"]}, {"algorithms": ["HS256"]}, {"tenant": "a//b"}, {"id": "a b"}):
        issuer = more.pop("issuer", world.issuer)
        world.write(world.url, issuer, name="Bad", **more)
        refused = daybook.Server(daybook.temporary_folder(), "--oidc", world.file)
        status, output = refused.start_refused()
        check(status == 2 and "oidc.json" in output, more, status, output)
        check("a client secret" not in output, "the secret is printed")
    world.server.child.send_signal(signal.SIGHUP)
    check(world.log_in()[0] != FAILED, "the old configuration is gone:", world.failures()[:1])
    world.stop()


if __name__ == "__main__":
    if not shutil.which("node"):
        daybook.skip("there is no node")
    if not (PACKAGES / "node_modules/oidc-provider").is_dir():
        daybook.skip("oidc-provider is not installed: make build/oidc/.installed")
    daybook.main()
