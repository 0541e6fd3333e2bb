#!/usr/bin/env python3
"""The viewer's files come out of the program: each with strict headers, in the form the client can read, unchanged ones
without a body, and nothing but what was built in."""
import base64
import gzip
import hashlib
import json
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import check, quote  # noqa: E402

POLICY = ["default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "form-action 'none'",
          "frame-ancestors 'none'", "require-trusted-types-for 'script'"]
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Authorization": ""}


def get(client, path, method="GET", **headers):
    sent = dict(BROWSER, **{name.replace("_", "-"): value for name, value in headers.items()})
    return client.request(method, path, headers=sent)


def assets_of(page):
    found = re.findall(rb'(?:src|href)="(/assets/[^"]+)"', page)
    check(found, "the page names no files:", page[:500])
    return [path.decode() for path in found]


def check_policy(headers):
    policy = headers["Content-Security-Policy"] or ""
    for rule in POLICY:
        check(rule in policy, f"the policy lacks {rule}: {policy}")
    check("unsafe" not in policy and "*" not in policy, "the policy is loose:", policy)
    for name, value in (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
                        ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin")):
        check(headers[name] == value, name, "is", headers[name])
    check("camera=()" in headers["Permissions-Policy"], "no Permissions-Policy")


def every_page_of_the_viewer_is_its_index_with_strict_headers(server):
    client = server.client()
    _, first, index = get(client, "/")
    for path in ("/", "/search", "/search?q=action:login&from=now-24h", "/login", "/setup", "/account", "/insights",
                 "/logins", "/admin/users", "/admin/keys/key_abc"):
        status, headers, body = get(client, path)
        check(status == 200 and body == index, path, "answers", status)
        check(headers["Content-Type"] == "text/html; charset=utf-8", path, headers["Content-Type"])
        check(headers["Cache-Control"] == "no-cache" and headers["ETag"] == first["ETag"], path, "may be kept")
        check_policy(headers)
    check(b"<script>" not in index and not re.search(rb"<[a-z]+[^>]* (style|on[a-z]+)=", index), "inline code")


def files_with_hashed_names_may_be_kept_for_ever(server):
    client = server.client()
    for path in assets_of(get(client, "/")[2]):
        status, headers, body = get(client, path)
        check(status == 200 and body, path, "answers", status)
        check(headers["Cache-Control"] == "public, max-age=31536000, immutable", path, headers["Cache-Control"])
        etag = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode()[:22]
        check(headers["ETag"] == f'"{etag}"', path, "has the ETag", headers["ETag"])


def each_encoding_has_its_own_etag_and_varies(server):
    client = server.client()
    path = next(path for path in assets_of(get(client, "/")[2]) if path.endswith(".js"))
    plain = get(client, path)[2]
    seen = set()
    for accept, coding in (("identity", None), ("gzip", "gzip"), ("gzip, deflate, br, zstd", "br"), ("br;q=0, gzip", "gzip"),
                           ("*", "br"), ("gzip;q=0", None)):
        status, headers, body = get(client, path, Accept_Encoding=accept)
        check(status == 200 and headers["Content-Encoding"] == coding, accept, "gives", headers["Content-Encoding"])
        check(headers["Vary"] == "Accept-Encoding", "Vary is", headers["Vary"])
        check(coding != "gzip" or gzip.decompress(body) == plain, "the gzip form is another file")
        seen.add((coding, headers["ETag"]))
        status, again, body = get(client, path, Accept_Encoding=accept, If_None_Match=f'"x", W/{headers["ETag"]}')
        check(status == 304 and not body, "an unchanged file answers", status)
        check(again["Vary"] == "Accept-Encoding" and again["ETag"] == headers["ETag"], "304 lacks Vary or ETag")
        check(again["Content-Encoding"] is None, "304 names an encoding")
    check(len(seen) == 3 and len({etag for _, etag in seen}) == 3, "forms share an ETag:", seen)
    status, headers, body = get(client, path, method="HEAD")
    check(status == 200 and not body and int(headers["Content-Length"]) == len(plain), "HEAD differs from GET")


def a_wrong_address_helps_a_browser_and_a_program(server):
    client = server.client()
    for path in ("/nothing", "/assets/none.js", "/admin", "/index.html"):
        status, headers, body = get(client, path)
        if path == "/admin" and status == 200:
            continue
        check(status == 404 and b'<a href="/">' in body, path, "answers", status, body[:200])
        check(headers["Content-Type"] == "text/html; charset=utf-8" and headers["Cache-Control"] == "no-store", path)
        check_policy(headers)
    for path, accept in (("/nothing", "*/*"), ("/v1/nothing", BROWSER["Accept"])):
        status, headers, body = get(client, path, Accept=accept)
        check(status == 404 and headers["Content-Type"] == "application/problem+json", path, status, body[:200])


def the_embedded_page_may_be_framed_by_configured_origins_alone(server):
    client = server.client()
    status, headers, _ = get(client, "/embed")
    if status == 404:
        return  # this viewer has none
    check("frame-ancestors 'none'" in headers["Content-Security-Policy"], headers["Content-Security-Policy"])
    one, two = "https://portal.example", "https://other.example:8443"
    for tenant, origins in (("acme", [one, two]), ("globex", [two])):
        status, _, body = client.request("PUT", f"/v1/tenants/{tenant}/settings", json.dumps({"embed_origins": origins}))
        check(status == 200, body)
    end = time.monotonic() + 10
    while one not in (policy := get(client, "/embed?origin=" + quote(one))[1]["Content-Security-Policy"]):
        check(time.monotonic() < end, "the setting does not come:", policy)
    policy = get(client, "/embed")[1]["Content-Security-Policy"]
    check(policy.endswith("frame-ancestors 'none'"), "whose portals there are is told to everybody:", policy)
    for asked, allowed in ((one, one), ("https://evil.example", "'none'"), ("https://portal", "'none'"), ("*", "'none'"),
                           (one + ";script-src *", "'none'"), (one + "\r\nX: y", "'none'")):
        policy = get(client, "/embed?origin=" + quote(asked))[1]["Content-Security-Policy"]
        check(policy.endswith(f"frame-ancestors {allowed}"), asked, "gives", policy)
    check("frame-ancestors 'none'" in get(client, "/")[1]["Content-Security-Policy"], "the whole viewer may be framed")
    status, headers, _ = get(client, "/embed.js")
    check(status == 200 and headers["Cross-Origin-Resource-Policy"] == "cross-origin", "other sites cannot load embed.js")


def only_reading_is_allowed_and_nothing_outside_is_reached(server):
    client = server.client()
    for method in ("POST", "PUT", "DELETE"):
        status, headers, _ = get(client, "/login", method=method)
        check(status == 405 and headers["Allow"] == "GET, HEAD", method, "answers", status)
    for path in ("/assets/../index.html", "/assets/%2e%2e/index.html", "/assets/..%2f..%2fetc/passwd", "//etc/passwd",
                 "/..", "/assets/", "/assets", "/search/", "/search%00", "/%", "/assets/%ff"):
        status, headers, body = get(client, path)
        check(status in (400, 404) and b"root:" not in body, path, "answers", status)


TESTS = [
    every_page_of_the_viewer_is_its_index_with_strict_headers,
    files_with_hashed_names_may_be_kept_for_ever,
    each_encoding_has_its_own_etag_and_varies,
    a_wrong_address_helps_a_browser_and_a_program,
    the_embedded_page_may_be_framed_by_configured_origins_alone,
    only_reading_is_allowed_and_nothing_outside_is_reached,
]


def main():
    server = daybook.Server(daybook.temporary_folder())
    server.start()
    failed = daybook.run_on(server, TESTS)
    server.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
