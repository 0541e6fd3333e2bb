"""A browser as far as signing in needs one: it keeps cookies, sends the CSRF header, and computes codes of an
authenticator by itself (RFC 6238), independent of the program."""
import base64
import hashlib
import hmac
import http.client
import http.cookies
import json
import re
import struct
import time

from daybook import check


def totp(secret, when=None, step=0):
    """The six digits of a base32 secret, `step` time steps away from now."""
    counter = int((time.time() if when is None else when) // 30) + step
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1000000)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Browser:
    def __init__(self, port, source="127.0.0.1", agent="Test Browser"):
        self.port, self.source, self.agent = port, source, agent
        self.cookies, self.csrf, self.morsels = {}, None, {}

    def send(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=(self.source, 0))
        sent = {"User-Agent": self.agent}
        if body is not None:
            sent["Content-Type"] = "application/json"
            body = body if isinstance(body, (bytes, str)) else json.dumps(body)
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.csrf and method not in ("GET", "HEAD"):
            sent["X-Daybook-CSRF"] = self.csrf
        for name, value in (headers or {}).items():
            sent.pop(name, None) if value is None else sent.update({name: value})
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
        for line in response.headers.get_all("Set-Cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                self.morsels[name] = morsel
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return answer

    def get(self, path, status=200, **more):
        answer = self.send("GET", path, **more)
        check(answer.status == status, f"GET {path} answered {answer}, not {status}")
        return answer.json if answer.body else None

    def call(self, method, path, body=None, status=200, **more):
        answer = self.send(method, path, body, **more)
        check(answer.status == status, f"{method} {path} answered {answer}, not {status}")
        return answer.json if answer.body else None

    def opened(self, answer):
        """Takes the CSRF text of a 201."""
        check(answer.status == 201, "no session:", answer)
        self.csrf = answer.json["csrf"]
        return answer.json

    def log_in(self, login, password, status=201):
        answer = self.send("POST", "/v1/sessions", {"login": login, "password": password})
        check(answer.status == status, f"the log-in of {login} answered {answer}, not {status}")
        if status == 201:
            self.opened(answer)
        return answer.json


def setup_token(server):
    """Of the link that `daybook serve` printed."""
    found = re.search(r"/setup#token=(\S+)", server.output())
    check(found, "no set-up link was printed:\n" + server.output())
    return found[1]


def first_operator(server, login="olivia", password="correct horse battery"):
    """Makes the first operator by the printed link; gives her browser, logged in."""
    browser = Browser(server.port)
    browser.opened(browser.send("POST", "/v1/setup",
                                {"token": setup_token(server), "login": login, "password": password,
                                 "display_name": "Olivia Operator"}))
    return browser
