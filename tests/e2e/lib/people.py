"""People and keys for the end-to-end tests: asks as anybody, makes users, logs them in."""
import http.client
import itertools
import json

from daybook import KEY, check, quote

PASSWORD = "correct horse battery staple"


class Caller:
    """Somebody with a credential: a key, a session's cookie, or none."""

    def __init__(self, client, key=None, cookie=None, csrf=None):
        self.client, self.key, self.cookie, self.csrf = client, key, cookie, csrf

    def ask(self, method, path, body=None, **parameters):
        """Gives (status, parsed answer, or text where it is no JSON)."""
        headers = {"Authorization": f"Bearer {self.key}" if self.key else ""}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if self.csrf:
            headers["X-Daybook-CSRF"] = self.csrf
        if parameters:
            path += "?" + "&".join(f"{name.rstrip('_')}={quote(value)}" for name, value in parameters.items())
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        status, got, text = self.client.request(method, path, raw, headers=headers)
        try:
            return status, json.loads(text) if text else None
        except ValueError:
            return status, text

    def want(self, status, method, path, body=None, **parameters):
        got, answer = self.ask(method, path, body, **parameters)
        check(got == status, f"{method} {path} {parameters or ''} answered {got} instead of {status}: {answer!r}")
        return answer


def operator(server):
    return Caller(server.client(), key=KEY)


def grant(role, tenant, logs=None, products=None):
    return {"role": role, "tenant": tenant, "logs": logs, "products": products}


def make_user(caller, login, tenant, *grants, **more):
    body = {"login": login, "tenant": tenant, "grants": list(grants), "password": PASSWORD, **more}
    return caller.want(201, "POST", "/v1/users", body)["user"]


addresses = (f"127.1.{n // 250}.{n % 250 + 1}" for n in itertools.count())


def log_in(server, login, password=PASSWORD):
    """A caller with a session, opened from an address of its own: failed attempts of other tests are not held against it."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60, source_address=(next(addresses), 0))
    connection.request("POST", "/v1/sessions", json.dumps({"login": login, "password": password}),
                       {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    check(answer.status == 201, f"the log-in of {login} answered {answer.status}: {text!r}")
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    return Caller(server.client(), cookie=cookie, csrf=json.loads(text)["csrf"])


def make_key(caller, name, role, tenant, **more):
    return caller.want(201, "POST", "/v1/keys", {"name": name, "role": role, "tenant": tenant, **more})


def event(tenant, log="admin", **more):
    return {"tenant": tenant, "log": log, "occurred_at": "2026-11-20T08:00:00Z", "action": "update",
            "actor": {"type": "user", "name": "jane"}, **more}
