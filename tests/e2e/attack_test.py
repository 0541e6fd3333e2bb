#!/usr/bin/env python3
"""What an attacker sends: headers made to appear in answers, requests hidden in others, paths that climb, methods nobody
speaks, everything too large. Raw bytes over sockets, for no client library would send them. After each of them the
server answers as before."""
import http.client
import json
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import KEY, check, quote  # noqa: E402

AUTH = f"Authorization: Bearer {KEY}\r\n".encode()
SECRET = "hidden-request"
EXPECTED = {"date", "x-content-type-options", "referrer-policy", "vary", "x-request-id", "content-type", "cache-control",
            "content-security-policy", "cross-origin-resource-policy", "cross-origin-opener-policy", "permissions-policy",
            "content-length", "transfer-encoding", "content-encoding", "etag", "connection", "allow", "www-authenticate",
            "retry-after", "x-daybook-count", "content-disposition", "x-accel-buffering"}


def exchange(port, data, timeout=10):
    """Everything the server says until it closes the connection, or the time is over after the first answer."""
    with socket.create_connection(("127.0.0.1", port), timeout) as s:
        answer = b""
        try:
            s.sendall(data)
            s.settimeout(1.0)
            while piece := s.recv(1 << 16):
                answer += piece
        except (TimeoutError, ConnectionError):
            pass
        return answer


def answers(data):
    """(status, {name: value}) of each answer in a stream whose bodies have lengths."""
    found = []
    while data.startswith(b"HTTP/1.1 "):
        head, _, data = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            check(colon, "a header without a colon:", line)
            headers[name.lower()] = value.strip()
        found.append((int(lines[0].split()[1]), headers))
        if found[-1][0] >= 200:
            data = data[int(headers.get("content-length", "0")):]
    return found


def get(target, extra=b""):
    return b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n" + AUTH + extra + b"\r\n"


def still_serves(server):
    client = server.client()
    check(client.request("GET", "/v1/stats")[0] == 200, "the server does not go on")
    client.close()


# ---- Tests; each gets a running server ----

def nothing_sent_becomes_a_header_of_an_answer(server):
    evil = "x\r\nInjected: yes\r\n\r\n<script>alert(1)</script>"
    coded = quote(evil)
    targets = [f"/{coded}", f"/search?q={coded}", f"/assets/{coded}", f"/v1/events?q={coded}", f"/v1/events?cursor={coded}",
               f"/v1/export?tz={coded}", f"/v1/export?format={coded}", f"/v1/tail?q=nonsense:1&last_event_id={coded}",
               f"/v1/exports/{coded}/file", f"/embed?origin={coded}", f"/v1/events/{coded}", f"/v1/tenants/{coded}/retention",
               f"/v1/oidc/{coded}/start?return={coded}", "/%0d%0aInjected:%20yes", "/v1/top?field=%0aInjected:x"]
    extras = [b"", b"X-Request-Id: a\r\n", b"X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n",
              b"Origin: https://evil.example\r\n", b"Range: bytes=0-\r\n", b"Accept: text/html\r\nIf-None-Match: \"a\"\r\n",
              b"Cookie: daybook=" + coded.encode() + b"\r\n", b"Last-Event-ID: " + coded.encode() + b"\r\n",
              b"Accept-Encoding: " + b"gzip;q=0.1," * 500 + b"br\r\n"]
    for target in targets:
        for extra in extras:
            data = exchange(server.port, get(target.encode(), extra + b"Connection: close\r\n"))
            found = answers(data)
            check(len(found) == 1, target, extra, "has", len(found), "answers:", data[:200])
            check(not set(found[0][1]) - EXPECTED, target, "has headers", set(found[0][1]) - EXPECTED)
            body = data.partition(b"\r\n\r\n")[2]
            check(b"<script>alert" not in body, target, "comes back as markup")
    still_serves(server)


def no_request_hides_in_another(server):
    hidden = b"POST /v1/events HTTP/1.1\r\nHost: a\r\n" + AUTH + b"Content-Type: application/json\r\n"
    event = json.dumps({"tenant": "acme", "log": "admin", "occurred_at": "2026-11-20T08:15:30Z", "action": "update",
                        "actor": {"type": "user", "name": SECRET}}).encode()
    hidden += b"Content-Length: %d\r\n\r\n" % len(event) + event
    start = b"POST /v1/events HTTP/1.1\r\nHost: a\r\n" + AUTH + b"Content-Type: application/json\r\n"
    chunked = b"0\r\n\r\n" + hidden
    framings = {
        "two lengths": b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden,
        "two lengths in one": b"Content-Length: 0, %d\r\n\r\n" % len(hidden) + hidden,
        "length and chunked": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked,
        "chunked and length": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + chunked,
        "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + chunked,
        "not quite chunked": b"Transfer-Encoding: xchunked\r\n\r\n" + chunked,
        "chunked in a list": b"Transfer-Encoding: gzip, chunked\r\n\r\n" + chunked,
        "a blank before the colon": b"Transfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\n" + chunked,
        "a tab before the colon": b"Content-Length\t: 4\r\n\r\n" + chunked,
        "a folded line": b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 4\r\n\r\n" + chunked,
        "a folded length": b"Content-Length:\r\n 4\r\n\r\n" + chunked,
        "a header folded into another": b"X: a\r\n Content-Length: 4\r\n\r\n" + chunked,
        "a negative length": b"Content-Length: -1\r\n\r\n" + hidden,
        "a length with a sign": b"Content-Length: +0\r\n\r\n" + hidden,
        "a hexadecimal length": b"Content-Length: 0x0\r\n\r\n" + hidden,
        "an endless length": b"Content-Length: 99999999999999999999999\r\n\r\n" + hidden,
        "no length": b"Content-Length: \r\n\r\n" + hidden,
        "a chunk too long for 64 bits": b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n" + hidden,
        "a chunk with a negative size": b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + hidden,
        "a chunk without its end": b"Transfer-Encoding: chunked\r\n\r\n1\r\nxx0\r\n\r\n" + hidden,
        "a bare carriage return": b"X: a\rContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked,
        "NUL in a name": b"Content\0-Length: 0\r\nContent-Length: 3\r\n\r\nabc",
    }
    for name, rest in framings.items():
        data = exchange(server.port, start + rest)
        found = answers(data)
        check(all(status >= 400 for status, _ in found), name, "is taken:", data[:300])
    client = server.client()
    page = client.get("/v1/events", q=f"actor:{SECRET}")["events"]
    check(not page, "a hidden request was carried out", len(page), "times")
    # Two honest requests on one connection are two answers.
    found = answers(exchange(server.port, get(b"/v1/stats") + get(b"/v1/stats", b"Connection: close\r\n")))
    check([status for status, _ in found] == [200, 200], found)


def nothing_follows_the_head_of_an_export(server):
    for extra in (b"", b"Connection: close\r\n"):
        data = exchange(server.port, b"HEAD" + get(b"/v1/export?format=ndjson", extra)[3:])
        check(data.startswith(b"HTTP/1.1 200 ") and data.endswith(b"\r\n\r\n") and data.count(b"\r\n\r\n") == 1,
              "bytes follow the head:", data[-60:])


def paths_lead_nowhere_else(server):
    climbs = ["/../../etc/passwd", "/assets/../../../etc/passwd", "/assets/..%2f..%2f..%2fetc%2fpasswd", "/assets/%2e%2e/%2e%2e/etc/passwd",
              "/assets/..%5c..%5cetc%5cpasswd", "/assets/%252e%252e/etc/passwd", "//etc/passwd", "/./etc/passwd",
              "/assets//../index.html", "/%c0%ae%c0%ae/etc/passwd", "/assets/\xc0\xae/", "http://localhost/../etc/passwd",
              "http://localhost//etc/passwd", "file:///etc/passwd", "/v1/exports/..%2f..%2faccounts.db/file",
              "/v1/exports/../../accounts.db", "/v1/events/..%2F..%2F:1", "/v1/tenants/acme%2F..%2Fglobex/retention", "*", "",
              "/assets/" + "../" * 2000 + "etc/passwd", "?", "/?/../etc/passwd", "//", "/v1//events", "/v1/./stats"]
    for target in climbs:
        data = exchange(server.port, get(target.encode("latin-1"), b"Connection: close\r\n"))
        check(b"root:" not in data and b"SQLite format" not in data, target, "reaches a file")
        found = answers(data)
        check(len(found) <= 1 and all(status in (200, 400, 404, 405, 414) for status, _ in found), target, data[:200])
        check(not found or found[0][0] != 200 or b"<!doctype html>" in data.lower(), target, data[:300])
    client = server.client()
    for tenant in ("acme/../globex", "acme/..", "../acme", "acme//eu", "/acme", "acme/", ".", "acme\\eu", "acme%2Feu"):
        event = {"tenant": tenant, "log": "admin", "occurred_at": "2026-11-20T08:15:30Z", "action": "update",
                 "actor": {"type": "user", "name": "x"}}
        check(client.request("POST", "/v1/events", json.dumps(event))[0] == 400, "the tenant", tenant, "is taken")
    still_serves(server)


def methods_nobody_speaks_are_refused(server):
    for method in (b"BREW", b"get", b"TRACE", b"CONNECT", b"PRI", b"", b"G" * 5000, b"OPTIONS", b"PATCH", b"PROPFIND"):
        for target in (b"/", b"/v1/events", b"/v1/exports", b"/v1/tail", b"*", b"/healthz"):
            data = exchange(server.port, method + b" " + target + b" HTTP/1.1\r\nHost: a\r\nX-Marker: echo-me\r\n" + AUTH +
                            b"Connection: close\r\n\r\n")
            check(b"echo-me" not in data, method[:10], "echoes the request")
            check(all(status >= 400 for status, _ in answers(data)), method[:10], target, "is answered", data[:100])
            check(b"Access-Control-Allow" not in data, method[:10], "allows other origins")
    for line in (b"GET / HTTP/9.9\r\n", b"GET / HTTP/0.9\r\n", b"GET /\r\n", b"GET / / HTTP/1.1\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n",
                 b"GET / HTTP/1.1\nHost: a\n", b"\r\n\r\nGET", b"\x16\x03\x01\x00\xa5\x01\x00"):
        data = exchange(server.port, line + b"Host: a\r\nConnection: close\r\n\r\n")
        check(data == b"" or data.startswith(b"HTTP/1."), line, "gives", data[:80])
    still_serves(server)


def what_is_too_large_is_refused(server):
    big = b"a" * 300_000
    for name, data in {
        "a target": get(b"/" + big), "a query": get(b"/v1/events?q=" + big), "a header": get(b"/", b"X: " + big + b"\r\n"),
        "many headers": get(b"/", b"".join(b"X-%d: y\r\n" % n for n in range(20_000))),
        "a cookie": get(b"/v1/me", b"Cookie: daybook=" + big + b"\r\n"),
        "an id": get(b"/v1/tail?q=nonsense:1", b"Last-Event-ID: " + big + b"\r\n"),
        "forwarded": get(b"/v1/stats", b"X-Forwarded-For: " + b"1.2.3.4," * 30_000 + b"\r\n"),
        "a body where none is taken": get(b"/", b"Content-Length: 300000\r\n") + big,
        "a body": b"POST /v1/exports HTTP/1.1\r\nHost: a\r\n" + AUTH + b"Content-Length: 300000\r\n\r\n" + big,
        "a chunked body": b"POST /v1/exports HTTP/1.1\r\nHost: a\r\n" + AUTH + b"Transfer-Encoding: chunked\r\n\r\n493e0\r\n" + big,
    }.items():
        found = answers(exchange(server.port, data))
        check(all(status >= 400 for status, _ in found), name, "is taken:", found)
    client = server.client()
    for body in (b'{"q":' + b"[" * 10_000, b'{"q":"' + b"a" * 50_000 + b'"}', b'{"q":"\xff"}', b'{"q":"\\u0000"}', b"[]", b"null", b"",
                 b'{"q":"a","q":"b"}', b'{"tz":"UTC\\u0000/etc"}', b'{"tz":"../../etc/passwd"}'):
        status, _, answer = client.request("POST", "/v1/exports", body)
        check(status in (400, 413), body[:30], "answers", status, answer[:200])
    ranges = b"Range: bytes=" + b",".join(b"%d-%d" % (n, n) for n in range(2000)) + b"\r\n"
    check(answers(exchange(server.port, get(b"/", ranges + b"Connection: close\r\n")))[0][0] == 200, "many ranges of a file")
    still_serves(server)


def every_html_answer_has_a_policy(server):
    seen = 0
    for path in ("/", "/search", "/login", "/setup", "/account", "/admin", "/admin/users", "/insights", "/logins", "/exports", "/embed",
                 "/nothing", "/a/b/c", "/assets/none", "/index.html", "/favicon.ico", "/v2/x", "/%00", "/search/x", "/openapi",
                 "/" + "a" * 9000):
        for extra in (b"", b"Accept-Encoding: br\r\n", b"If-None-Match: *\r\n"):
            data = exchange(server.port, b"GET " + path.encode() + b" HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n" + extra +
                            b"Connection: close\r\n\r\n")
            for status, headers in answers(data):
                policy = headers["content-security-policy"]
                check("default-src 'none'" in policy and "frame-ancestors" in policy, path, policy)
                check(headers["x-content-type-options"] == "nosniff", path)
                if status == 304 or not headers["content-type"].startswith("text/html"):
                    continue
                seen += 1
                check("script-src 'self'" in policy and "require-trusted-types-for 'script'" in policy, path, policy)
                check("unsafe" not in policy and "*" not in policy and "data:" not in policy.split("img-src")[0], policy)
    check(seen > 20, "only", seen, "pages were seen")
    still_serves(server)


TESTS = [
    nothing_sent_becomes_a_header_of_an_answer,
    no_request_hides_in_another,
    nothing_follows_the_head_of_an_export,
    paths_lead_nowhere_else,
    methods_nobody_speaks_are_refused,
    what_is_too_large_is_refused,
    every_html_answer_has_a_policy,
]


def main():
    server = daybook.Server(daybook.temporary_folder())
    server.start()
    failed = daybook.run_on(server, TESTS)
    server.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
