#!/usr/bin/env python3
"""The HTTP API over real sockets: what it promises, and every bad input it must refuse.

Starts the program named by DAYBOOK (default build/daybook) on a free port with a data folder of its own, and runs the
examples of docs/api.md against it. Needs nothing but the standard library (and curl for the examples).
"""
import csv
import datetime
import gzip
import http.client
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("DAYBOOK", str(ROOT / "build" / "daybook"))
KEY = "e2e-operator-key-0123456789"
TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Server:
    def __init__(self, data, *args, **env):
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--data", data, "--listen", "127.0.0.1:0", *args], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env={**os.environ, "DAYBOOK_OPERATOR_KEY": KEY, **env})
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line)
            found = re.search(r"listening on http://([\d.]+):(\d+)", line)
            if found:
                self.host, self.port = found[1], int(found[2])
                break
        else:
            raise RuntimeError("the server did not start: " + self.process.stderr.read())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        rest, errors = self.process.communicate(timeout=60)
        return self.process.returncode, "".join(self.lines) + rest, errors


class Answer:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body

    @property
    def json(self):
        return json.loads(self.body)


def call(method, path, body=None, headers=None, key=KEY, chunked=False, timeout=60):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=timeout)
    sent = {"Authorization": "Bearer " + key} if key else {}
    sent.update(headers or {})
    if isinstance(body, str):
        body = body.encode()
    connection.request(method, path, body, sent, encode_chunked=chunked)
    response = connection.getresponse()
    answer = Answer(response, response.read())
    connection.close()
    return answer


def get(path, **params):
    return call("GET", path + ("?" + urllib.parse.urlencode(params) if params else ""))


def post(body, kind="application/json", **headers):
    if isinstance(body, (dict, list)):
        body = json.dumps(body, ensure_ascii=False)
    return call("POST", "/v1/events", body, {"Content-Type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}})


def raw(data, read=True, timeout=20):
    """Bytes as they are, and everything that comes back."""
    s = socket.create_connection((server.host, server.port), timeout=timeout)
    s.sendall(data)
    out = b""
    try:
        while read and (piece := s.recv(65536)):
            out += piece
    except (ConnectionResetError, socket.timeout):
        pass
    s.close()
    return out


def now(minutes=0):
    t = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    return t.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event(**more):
    e = {"tenant": "t/" + more.pop("case", "misc"), "log": "admin", "occurred_at": more.pop("at", None) or now(),
         "action": "update", "actor": {"type": "user", "name": "jane.doe"}}
    e.update(more)
    return e


def count(q=""):
    return get("/v1/stats", q=q).json["events"]


def equal(have, want, what=""):
    assert have == want, f"{what}: {have!r} is not {want!r}"


def refused(answer, status, pointer=None, contains=None):
    equal(answer.status, status, answer.body[:300])
    equal(answer.headers["Content-Type"], "application/problem+json")
    problem = answer.json
    equal(problem["status"], status)
    for name in ("type", "title", "detail", "request_id"):
        assert problem[name], name
    if pointer is not None:
        equal(problem["errors"][0]["pointer"], pointer, problem)
    if contains is not None:
        assert contains in problem["detail"], problem
    return problem


def refused_and_unstored(body, status, pointer=None, kind="application/json", contains=None, **headers):
    before = count()
    problem = refused(post(body, kind, **headers), status, pointer, contains)
    equal(count(), before, "events stored by a refused request")
    return problem


# Without a zstd library: frames of raw or run-length blocks (RFC 8878 3.1.1).
def zstd_frame(blocks, size):
    out = b"\x28\xb5\x2f\xfd\xa0" + size.to_bytes(4, "little")
    for i, (kind, length, content) in enumerate(blocks):
        header = (i == len(blocks) - 1) | kind << 1 | length << 3
        out += header.to_bytes(3, "little") + content
    return out


def zstd(data):
    pieces = [data[i:i + 65536] for i in range(0, len(data), 65536)]
    return zstd_frame([(0, len(p), p) for p in pieces], len(data))


# ---- What it promises ----

@test
def a_posted_event_is_found_at_once():
    e = event(case="single", activity="Call Queue Updated", target={"type": "call_queue", "name": "Support EU"},
              changes=[{"field": "ring_timeout", "old": 20, "new": 45}])
    answer = post(e)
    equal(answer.status, 201)
    equal(answer.json, {"events": [{"id": "t/single:1", "seq": 1}]})
    found = get("/v1/events", q="tenant:t/single").json
    equal(len(found["events"]), 1)
    equal(found["next"], None)
    stored = found["events"][0]
    assert "ring_timeout 20 -> 45" in stored["summary"], stored
    equal(stored["id"], "t/single:1")
    equal(stored["source"], {"peer_ip": "127.0.0.1"})
    for name, value in e.items():
        equal(stored[name], value)
    one = get("/v1/events/t%2Fsingle:1")
    equal(one.status, 200)
    equal(one.json, stored)


@test
def an_address_that_the_client_names_is_kept_beside_the_peer():
    post(event(case="peer", source={"ip": "203.0.113.4"}))
    post(event(case="peer", source={"ip": "127.0.0.1"}))
    sources = [e["source"] for e in get("/v1/events", q="tenant:t/peer", order="oldest").json["events"]]
    equal(sources, [{"ip": "203.0.113.4", "peer_ip": "127.0.0.1"}, {"ip": "127.0.0.1"}])


@test
def an_array_and_ndjson_are_numbered_in_order():
    answer = post([event(case="array", description=str(i)) for i in range(100)])
    equal([x["seq"] for x in answer.json["events"]], list(range(1, 101)))
    lines = "\r\n\n".join(json.dumps(event(case="array")) for _ in range(50))
    answer = post(lines, "application/x-ndjson")
    equal(answer.status, 201)
    equal([x["seq"] for x in answer.json["events"]], list(range(101, 151)))


@test
def bodies_may_be_compressed_and_chunked():
    text = "\n".join(json.dumps(event(case="coded", description="x" * 500)) for _ in range(1000)).encode()
    for coding, body in (("gzip", gzip.compress(text)), ("zstd", zstd(text)), ("identity", text),
                         ("gzip", gzip.compress(text[:2000]) + gzip.compress(text[2000:]))):
        answer = post(body, "application/x-ndjson", Content_Encoding=coding)
        equal(answer.status, 201, (coding, answer.body[:200]))
        equal(len(answer.json["events"]), 1000)
    pieces = iter([text[i:i + 777] for i in range(0, len(text), 777)])
    answer = call("POST", "/v1/events", pieces, {"Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked"},
                  chunked=True)
    equal(answer.status, 201)
    equal(count("tenant:t/coded"), 5000)


@test
def expect_100_continue_is_honoured():
    body = json.dumps(event(case="expect")).encode()
    s = socket.create_connection((server.host, server.port), timeout=20)
    s.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
              b"Content-Length: %d\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n" % (KEY.encode(), len(body)))
    assert s.recv(1000).startswith(b"HTTP/1.1 100 Continue")
    s.sendall(body)
    assert s.recv(1000).startswith(b"HTTP/1.1 201 ")
    s.close()
    out = raw(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
              b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n" % KEY.encode())
    assert out.startswith(b"HTTP/1.1 413 "), out[:200]


@test
def a_long_ndjson_stream_commits_in_groups_and_counts():
    line = json.dumps(event(case="stream", at="2026-01-01T00:00:00Z"))
    answer = post("\n".join([line] * 25000), "application/x-ndjson")
    equal(answer.status, 201, answer.body[:300])
    equal(answer.json, {"accepted": 25000, "duplicates": 0, "groups": 3})
    equal(count("tenant:t/stream"), 25000)
    problem = refused(post("\n".join([line] * 10500 + ["{}"]), "application/x-ndjson"), 400, "/10500/tenant")
    equal((problem["accepted"], problem["line"]), (10000, 10501))
    equal(count("tenant:t/stream"), 35000)


@test
def the_same_key_is_stored_once_and_a_changed_event_conflicts():
    e = event(case="key", key="k1")
    equal(post(e).json["events"], [{"id": "t/key:1", "seq": 1}])
    equal(post(e).json["events"], [{"id": "t/key:1", "seq": 1, "duplicate": True}])
    before = count()
    refused(post([event(case="key"), {**e, "description": "other"}]), 409, "/1/key")
    refused(post({**e, "description": "other"}), 409, "/key")
    equal(count(), before)


@test
def pages_follow_each_other_in_both_orders():
    for i in range(107):
        e = event(case="pages", at=f"2026-02-01T00:00:{i // 2:02d}Z")
        post(e) if i < 3 else batch.append(e)
    post(batch)
    for order in ("newest", "oldest"):
        seen, cursor = [], None
        while True:
            params = {"q": "tenant:t/pages", "limit": 10, "order": order, **({"cursor": cursor} if cursor else {})}
            page = get("/v1/events", **params).json
            seen += [(e["occurred_at"], e["seq"]) for e in page["events"]]
            cursor = page["next"]
            if not cursor:
                break
        equal(len(seen), 107)
        equal(len(set(seen)), 107)
        equal(seen, sorted(seen, reverse=order == "newest"))
    refused(get("/v1/events", cursor="AAAA"), 400, contains="cursor")


batch = []


@test
def times_narrow_half_open():
    post([event(case="times", at=f"2026-03-0{d}T00:00:00Z") for d in (1, 2, 3)])
    def days(**params):
        return [e["occurred_at"][9] for e in get("/v1/events", q="tenant:t/times", order="oldest", **params).json["events"]]
    equal(days(**{"from": "2026-03-01", "to": "2026-03-03"}), ["1", "2"])
    equal(days(**{"from": "2026-03-02T00:00:00Z"}), ["2", "3"])
    equal(days(**{"from": "2026-03-02T00:00:01Z"}), ["3"])
    equal(days(**{"from": "2026-03-02", "tz": "America/New_York"}), ["3"])
    refused(get("/v1/events", **{"from": "2026-03-03", "to": "2026-03-01"}), 400)
    refused(get("/v1/events", **{"from": "yesterday"}), 400, contains="from")
    refused(get("/v1/events", tz="Mars/Base"), 400)


@test
def counts_are_exact():
    people = ["ann", "bob", "bob", "cid", "cid", "cid"]
    post([event(case="counts", at=f"2026-03-29T0{i}:30:00Z", actor={"type": "user", "name": p},
                target={"type": "user", "domain": "d%d.example" % (i % 2)}) for i, p in enumerate(people)])
    q = "tenant:t/counts"
    equal(get("/v1/stats", q=q).json, {"events": 6, "actors": 3, "domains": 2})
    equal(get("/v1/top", q=q, field="actor.name").json,
          {"field": "actor.name", "values": [{"value": "cid", "count": 3}, {"value": "bob", "count": 2},
                                             {"value": "ann", "count": 1}], "distinct": 3})
    equal(get("/v1/values", q=q, field="actor", prefix="B").json["values"], [{"value": "bob", "count": 2}])
    h = get("/v1/histogram", q=q, interval="1h", by="by.user").json
    equal(h["interval"], "1h")
    equal(h["bounds"][0], "2026-03-29T00:00:00Z")
    equal(len(h["bounds"]), 7)
    equal(h["series"][0], {"value": "cid", "counts": [0, 0, 0, 1, 1, 1]})
    # The day summer time begins in Berlin has 23 hours.
    h = get("/v1/histogram", q=q, interval="1d", tz="Europe/Berlin").json
    equal(h["bounds"], ["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"])
    equal(h["series"], [{"counts": [6]}])
    equal(get("/v1/histogram", q="tenant:t/nothing").json["series"], [])
    refused(get("/v1/histogram", interval="1x"), 400, contains="interval")
    refused(get("/v1/top"), 400, contains="field")
    refused(get("/v1/top", field="actr.name"), 400, contains="actor")
    refused(get("/v1/top", field="occurred_at"), 400)


@test
def csv_has_every_column_and_no_formulas():
    hostile = ["=1+1", "+SUM(A1)", "-5", "-cmd", "@x", "\tx", 'say "hi", you', "line\nbreak", "plain", "-1.5e3"]
    post([event(case="csv", at=f"2026-04-01T00:00:{i:02d}Z", description=d, params={"region": "eu", f"p{i}": d})
          for i, d in enumerate(hostile)])
    answer = get("/v1/export", q="tenant:t/csv", order="oldest", tz="Europe/Berlin")
    equal(answer.status, 200)
    equal(answer.headers["X-Daybook-Count"], "10")
    assert re.search(r'filename="audit-log-complete-\d{4}-\d\d-\d\d-\d{4}\.csv"', answer.headers["Content-Disposition"])
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    equal(list(rows[0])[:6], ["Date", "Product", "IP", "Username/API key name", "Activity", "Description"])
    want = ["'" + d if d in ("=1+1", "+SUM(A1)", "-cmd", "@x", "\tx") else d for d in hostile]
    equal([r["Description"] for r in rows], want)
    equal(rows[0]["Date"], "2026-04-01T02:00:00+02:00")
    equal([rows[i][f"params.p{i}"] for i in range(10)], want)
    equal({r["params.region"] for r in rows}, {"eu"})
    labels = [f["label"] for f in get("/v1/catalog").json["fields"] if not f["family"]]
    equal(set(labels) - set(rows[0]), set())
    assert get("/v1/export", q="tenant:t/csv", bom="1").body.startswith(b"\xef\xbb\xbfDate,")


@test
def changes_read_well_in_csv():
    post(event(case="csvchanges", changes=[{"field": "ring", "old": 20, "new": 45}, {"field": "name", "old": "a", "new": None}]))
    row = next(csv.DictReader(io.StringIO(get("/v1/export", q="tenant:t/csvchanges").body.decode(), newline="")))
    equal(row["Changes"], "ring: 20 -> 45; name: a -> null")
    equal((row["Changed Field"], row["Old Value"], row["New Value"]), ("ring; name", "20; a", "45; null"))


@test
def ndjson_exports_end_with_a_trailer_and_can_be_sent_again():
    sent = [event(case="export", at=f"2026-05-01T00:00:{i:02d}Z", description=f"Ünï {i}", params={"n": i}) for i in range(20)]
    post(sent)
    lines = get("/v1/export", q="tenant:t/export", format="ndjson", order="oldest", form="sent").body.decode().splitlines()
    equal(json.loads(lines[-1]), {"daybook_export": {"count": 20, "complete": True}})
    canonical = [json.dumps({**e, "outcome": "success"}, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for e in sent]
    equal(lines[:-1], canonical)
    equal(post("\n".join(lines[:-1]), "application/x-ndjson").status, 201)
    stored = get("/v1/export", q="tenant:t/export -product:Daybook", format="ndjson").body.decode().splitlines()
    equal(len(stored), 41)
    assert "received_at" in json.loads(stored[0])


@test
def a_head_announces_the_count_and_large_exports_stream():
    head = call("HEAD", "/v1/export?q=tenant:t/stream&format=ndjson")
    equal((head.status, head.headers["X-Daybook-Count"], head.body), (200, "35000", b""))
    for coding in ("identity", "gzip"):
        answer = call("GET", "/v1/export?q=tenant:t/stream%20-product:Daybook&format=ndjson", headers={"Accept-Encoding": coding})
        body = gzip.decompress(answer.body) if coding == "gzip" else answer.body
        equal(body.count(b"\n"), 35001)
        equal(json.loads(body.splitlines()[-1])["daybook_export"]["count"], 35000)


@test
def a_reader_that_leaves_ends_its_export():
    for _ in range(20):
        s = socket.create_connection((server.host, server.port), timeout=20)
        s.sendall(b"GET /v1/export?q=tenant:t/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n" % KEY.encode())
        assert s.recv(20).startswith(b"HTTP/1.1 ")
        s.close()
    deadline = time.monotonic() + 30
    while metric("daybook_http_exports_active") > 0:
        assert time.monotonic() < deadline, "exports go on without a reader"
    equal(get("/v1/export", q="tenant:t/csv").status, 200)


def metric(name):
    return int(re.search(rf"^{name} (\d+)$", get("/metrics").body.decode(), re.M)[1])


@test
def exports_past_the_limit_are_told_to_come_back():
    readers = []
    for _ in range(8):
        s = socket.create_connection((server.host, server.port), timeout=20)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(b"GET /v1/export?q=tenant:t/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n" % KEY.encode())
        assert s.recv(20).startswith(b"HTTP/1.1 200")
        readers.append(s)
    answer = get("/v1/export", q="tenant:t/stream")
    refused(answer, 503)
    assert answer.headers["Retry-After"]
    equal(get("/v1/stats").status, 200)
    for s in readers:
        s.close()


@test
def large_answers_are_compressed_where_asked():
    answer = call("GET", "/v1/events?q=tenant:t/coded&limit=500", headers={"Accept-Encoding": "br;q=1, gzip;q=0.5"})
    equal(answer.headers["Content-Encoding"], "gzip")
    equal(len(json.loads(gzip.decompress(answer.body))["events"]), 500)
    answer = call("GET", "/v1/events?q=tenant:t/coded&limit=500", headers={"Accept-Encoding": "gzip;q=0"})
    equal(answer.headers["Content-Encoding"], None)
    answer = call("GET", "/v1/events?q=tenant:t/coded&limit=500", headers={"Accept-Encoding": "gzip, zstd"})
    equal(answer.headers["Content-Encoding"], "zstd")
    assert answer.body.startswith(b"\x28\xb5\x2f\xfd")


@test
def the_catalog_names_what_there_is():
    c = get("/v1/catalog").json
    colours = {a["value"]: a["color"] for a in c["actions"]}
    equal((colours["login"], colours["create"], colours["update"], colours["delete"], colours["logout"]),
          ("blue", "green", "orange", "red", "purple"))
    queue = next(o for o in c["objects"] if o["value"] == "call_queue")
    equal((queue["label"], queue["category"], queue["color"]), ("Call Queue", "Communication", "orange"))
    assert {"admin", "panel", "api", "message", "auth"} <= {x["value"] for x in c["logs"]}
    assert "region" in c["params"]
    assert any(f["path"] == "actor.name" and f["personal"] and f["filterable"] for f in c["fields"])
    assert any(n["name"] == "actor" and len(n["fields"]) > 1 for n in c["names"])


@test
def retention_is_set_and_inherited():
    post([event(tenant="keep/a"), event(tenant="keep/b")])
    equal(get("/v1/tenants/keep%2Fa/retention").json, {"tenant": "keep/a", "days": 90, "own": False})
    equal(call("PUT", "/v1/tenants/keep/retention", '{"days": 30}').json, {"tenant": "keep", "days": 30, "own": True})
    equal(get("/v1/tenants/keep%2Fa/retention").json, {"tenant": "keep/a", "days": 30, "own": False})
    equal(call("PUT", "/v1/tenants/keep%2Fa/retention", ' { "days" : 0 } ').json["days"], 0)
    equal(call("PUT", "/v1/tenants/keep%2Fa/retention", '{"days":null}').json, {"tenant": "keep/a", "days": 30, "own": False})
    page = get("/v1/tenants", prefix="keep/", limit=1).json
    equal(([t["tenant"] for t in page["tenants"]], page["next"]), (["keep/a"], "keep/a"))
    page = get("/v1/tenants", prefix="keep/", after="keep/a").json
    equal(([t["tenant"] for t in page["tenants"]], page["next"]), (["keep/b"], None))
    for bad in ("", "{}", "[]", '{"days":-1}', '{"days":1.5}', '{"days":"9"}', '{"days":99999}', '{"days":1,"x":2}', '{"days":1}x',
                '{"days":01}', "\0", "{" * 900):
        refused(call("PUT", "/v1/tenants/keep/retention", bad), 400)
    refused(call("PUT", "/v1/tenants/keep/retention", '{"days":1' + " " * 2000 + "}"), 413)
    refused(call("PUT", "/v1/tenants/keep%2F..%2Fx/retention", '{"days":1}'), 400)
    refused(call("PUT", "/v1/tenants/keep%00/retention", '{"days":1}'), 400)


@test
def health_needs_no_key_and_everything_else_does():
    document = get("/openapi.json").json
    for path, item in document["paths"].items():
        for method, operation in item.items():
            answer = call(method.upper(), path.replace("{id}", "t:1").replace("{tenant}", "t"), key=None)
            if operation.get("security") == []: # health, and the doors through which one signs in
                assert answer.status in (200, 302, 404, 415), (path, answer.status, answer.body)
                continue
            refused(answer, 401)
            equal(answer.headers["WWW-Authenticate"], 'Bearer realm="daybook"')
            for wrong in (KEY[:-1], KEY + "x", KEY.upper(), "x", " ", "dbk_" + "A" * 43, "x" * 5000):
                refused(call(method.upper(), path.replace("{id}", "t:1").replace("{tenant}", "t"), key=wrong), 401)
    for header in ("Basic " + KEY, KEY, "Bearer", "Bearer  ", "bearer\t" + KEY):
        refused(call("GET", "/v1/stats", key=None, headers={"Authorization": header}), 401)
    equal(call("GET", "/v1/stats", key=None, headers={"Authorization": "bearer " + KEY}).status, 200)
    before = count()
    refused(call("POST", "/v1/events", json.dumps(event()), {"Content-Type": "application/json"}, key="wrong"), 401)
    equal(count(), before)


@test
def the_openapi_document_matches_the_answers():
    document = get("/openapi.json").json
    schemas = document["components"]["schemas"]
    page = get("/v1/events", limit=1000).json
    properties = schemas["Event"]["properties"]
    for e in page["events"]:
        assert set(e) <= set(properties), set(e) - set(properties)
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    equal(references - set(schemas), set())
    for name in ("id", "seq", "received_at", "summary"):
        assert name not in schemas["EventInput"]["properties"], name
    for path, name in (("/v1/stats", "Stats"), ("/v1/catalog", "Catalog"), ("/v1/tenants", "Tenants"), ("/v1/events", "Page")):
        assert set(get(path).json) <= set(schemas[name]["properties"]), path


@test
def answers_carry_safe_headers_and_no_server_name():
    for path in ("/v1/stats", "/healthz", "/nothing"):
        headers = get(path).headers
        equal(headers["X-Content-Type-Options"], "nosniff")
        equal(headers["Cache-Control"], "no-store")
        assert len(headers["X-Request-Id"]) == 16
        equal(headers["Server"], None)


@test
def metrics_count_requests():
    text = get("/metrics").body.decode()
    for line in text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) \S+ .*|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [\d.]+', line), line
    assert 'daybook_http_requests_total{method="POST",route="/v1/events",status="201"}' in text
    assert KEY not in text


# ---- What it refuses ----

@test
def wrong_json_is_refused_with_its_place():
    for body, pointer in (("{", ""), ("nonsense", ""), ("[]", None), ("", None), ("null", ""), ("42", ""), ('"x"', ""),
                          (json.dumps(event()) + "x", ""), (json.dumps([event()])[:-1], None), ('[{"tenant":1}]', "/0/tenant"),
                          ("[" * 5000, None), (json.dumps([event(), 5]), "/1"), ("\ufeff" + json.dumps(event()), None)):
        refused_and_unstored(body, 400, pointer)


@test
def wrong_types_and_unknown_members_are_refused_with_their_place():
    for change, pointer in (({"tenant": 5}, "/tenant"), ({"tenant": "a//b"}, "/tenant"), ({"tenant": "../x"}, "/tenant"),
                            ({"log": "Admin!"}, "/log"), ({"occurred_at": "yesterday"}, "/occurred_at"),
                            ({"occurred_at": "2026-01-01T00:00:00"}, "/occurred_at"), ({"actor": "jane"}, "/actor"),
                            ({"actor": {"type": "alien", "name": "x"}}, "/actor/type"), ({"actr": {}}, "/actr"),
                            ({"source": {"ip": "999.1.1.1"}}, "/source/ip"), ({"outcome": "maybe"}, "/outcome"),
                            ({"changes": {}}, "/changes"), ({"changes": [{"field": "a", "was": 1}]}, "/changes/0/was"),
                            ({"params": {"a b": 1}}, "/params/a b"), ({"http": {"status": -1}}, "/http/status"),
                            ({"seq": 5}, "/seq"), ({"id": "t:1"}, "/id"), ({"received_at": now()}, "/received_at"),
                            ({"activity": "x" * 129}, "/activity"), ({"action": "a" * 65}, "/action"),
                            ({"params": {"n": 2**60 + 1}}, "/params/n")):
        refused_and_unstored(event(**change), 400, pointer)
        refused_and_unstored([event(), event(**change)], 400, "/1" + pointer)
        lines = json.dumps(event()) + "\n\n" + json.dumps(event(**change))
        problem = refused_and_unstored(lines, 400, "/1" + pointer, "application/x-ndjson", "line 3")
        equal((problem["line"], problem["accepted"]), (3, 0))
    for missing in ("tenant", "log", "occurred_at", "action", "actor"):
        e = event()
        del e[missing]
        refused_and_unstored(e, 400, "/" + missing)
    twice = json.dumps(event())[:-1] + ',"log":"api"}'
    refused_and_unstored(twice, 400, "/log")


@test
def bad_utf8_and_nul_are_refused():
    good = json.dumps(event(description="MARK")).encode()
    for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x00", b"\\u0000", b"\\ud800", b"\x01"):
        refused_and_unstored(good.replace(b"MARK", bad), 400)


@test
def times_ahead_of_the_clock_are_refused():
    refused_and_unstored(event(at=now(minutes=24 * 60 + 5)), 400, "/occurred_at")
    refused_and_unstored(event(at="9999-12-31T23:59:59Z"), 400, "/occurred_at")
    equal(post(event(case="ahead", at=now(minutes=23 * 60))).status, 201)


@test
def a_body_of_33_mebibytes_is_refused():
    refused_and_unstored(b"[" + b" " * (33 * 1024 * 1024) + b"]", 413)
    pieces = iter([b" " * 1048576] * 33)
    before = count()
    refused(call("POST", "/v1/events", pieces, {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}, chunked=True), 413)
    equal(count(), before)


@test
def an_event_of_65_kibibytes_is_refused():
    big = event(description="x" * 65 * 1024)
    refused_and_unstored(big, 413, "")
    refused_and_unstored([event(), big], 413, "/1")
    refused_and_unstored(json.dumps(event()) + "\n" + json.dumps(big), 413, None, "application/x-ndjson", "line 2")
    refused_and_unstored("\n" + "x" * 200000, 413, None, "application/x-ndjson", "line 2")
    equal(post(event(case="big", description="x" * 60 * 1024)).status, 201)


@test
def an_array_of_10001_events_is_refused():
    one = json.dumps(event(case="many", at="2026-01-01T00:00:00Z"))
    refused_and_unstored("[" + ",".join([one] * 10001) + "]", 413)
    equal(post("[" + ",".join([one] * 10000) + "]").status, 201)


@test
def damaged_compression_is_refused():
    body = gzip.compress(json.dumps([event(description="y" * 1000) for _ in range(50)]).encode())
    flipped = bytearray(body)
    flipped[len(body) // 2] ^= 255
    framed = zstd(json.dumps(event()).encode())
    for coding, bad in (("gzip", body[:-1]), ("gzip", body[:-9]), ("gzip", body[:10]), ("gzip", b""), ("gzip", b"plain"),
                        ("gzip", bytes(flipped)), ("gzip", body + b"trailing"), ("zstd", framed[:-1]), ("zstd", framed[:5]),
                        ("zstd", b"plain"), ("zstd", framed + b"x"), ("zstd", b"")):
        refused_and_unstored(bad, 400, None, Content_Encoding=coding)
        refused_and_unstored(bad, 400, None, "application/x-ndjson", Content_Encoding=coding)
    for coding in ("br", "deflate", "gzip, gzip", "compress"):
        refused_and_unstored(body, 415, None, Content_Encoding=coding)


@test
def bombs_are_refused():
    bombs = [("gzip", gzip.compress(b" " * 200_000_000)), ("gzip", gzip.compress(gzip.compress(b"\n" * 100_000_000))),
             ("zstd", zstd_frame([(1, 131072, b"\n")] * 3000, 3000 * 131072)),
             ("zstd", b"".join(zstd_frame([(1, 131072, b" ")] * 1000, 131072000) for _ in range(4)))]
    for kind in ("application/json", "application/x-ndjson"):
        for coding, bomb in bombs:
            before = count()
            answer = post(bomb, kind, Content_Encoding=coding)
            assert answer.status in (400, 413), (kind, coding, answer.status)
            refused(answer, answer.status)
            equal(count(), before)
    refused(post(bombs[0][1], Content_Encoding="gzip"), 413)
    refused(post(bombs[2][1], "application/x-ndjson", Content_Encoding="zstd"), 413)


@test
def hostile_queries_are_refused():
    for q in ("actor:" + "a" * 100_000, "(" * 100_000, "a " * 50_000, "-" * 100_000, '"' * 99_999, "%" * 30_000, "*" * 100_000,
              "actor:" + ",".join("a" * 50_000)):
        answer = get("/v1/events", q=q)
        assert 400 <= answer.status < 500, answer.status
    problem = refused(get("/v1/events", q="log:admin actr:x"), 400, contains="actor")
    equal(problem["position"], 10)
    for q in ("ip:10.0.0.0/99", "status:>=x", "seq:>1e999", "occurred_at:>=nonsense", "actor:", 'actor:"open', "a:b:c"):
        refused(get("/v1/events", q=q), 400)
    refused(get("/v1/events", q="x" * 17_000), 400)
    equal(get("/v1/events", q='"' + "\u00e4" * 8190 + '"').status, 200)  # as long as it may be, three bytes sent for each


@test
def parameters_are_checked():
    for path in ("/v1/events?limit=0", "/v1/events?limit=1001", "/v1/events?limit=x", "/v1/events?limit=1&limit=2", "/v1/events?order=up",
                 "/v1/events?unknown=1", "/v1/events?q=%", "/v1/events?q=%zz", "/v1/events?q=%ff", "/v1/events?q=%00",
                 "/v1/events?cursor=%21", "/v1/export?format=xml", "/v1/export?bom=2", "/v1/events?=x", "/v1/events/x", "/v1/events/t:0",
                 "/v1/events/t:99999999999999999999999", "/v1/events/%ff:1", "/v1/stats?limit=5", "/v1/events?" + "a=1&" * 100):
        refused(call("GET", path), 400)
    refused(get("/v1/events/t:1"), 404)
    refused(get("/v1/events/t%2Fsingle:99"), 404)


@test
def wrong_methods_and_addresses_are_refused():
    for method in ("DELETE", "PATCH", "OPTIONS", "PUT", "BREW", "TRACE"):
        answer = call(method, "/v1/events")
        refused(answer, 405)
        equal(answer.headers["Allow"], "POST, GET, HEAD")
    equal(call("POST", "/healthz", key=None).headers["Allow"], "GET, HEAD")
    for path in ("/v1", "/v1/", "/v1/events/", "/V1/events", "//v1/events", "/v1/events/a/b", "/v1/../healthz", "/.env",
                 "/v1/events%2F", "/" + "a" * 5000):
        refused(call("GET", path), 404)
    equal(call("HEAD", "/v1/stats").body, b"")
    refused(call("GET", "/v1/stats", "body"), 400)


@test
def content_types_are_checked():
    body = json.dumps(event())
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", "", "application/jsonx"):
        refused_and_unstored(body, 415, None, kind)
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/ndjson"):
        equal(post(event(case="kinds"), kind).status, 201)


@test
def malformed_requests_are_refused_and_the_server_lives():
    auth = b"Authorization: Bearer " + KEY.encode() + b"\r\n"
    games = [b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), b"GET / HTTP/9.9\r\n\r\n",
             b"GET /v1/stats HTTP/1.1\r\n\r\n", b"GET /v1/stats HTTP/1.1\r\nHost: x\r\n" + auth + b"X: " + b"a" * 300_000 + b"\r\n\r\n",
             b"GET /v1/stats HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\n\r\n",
             b"GET /v1/stats HTTP/1.1\r\nHost x\r\nno colon\r\n\r\n",
             b"POST /v1/events HTTP/1.1\r\nHost: x\r\n" + auth + b"Content-Length: -5\r\n\r\n",
             b"POST /v1/events HTTP/1.1\r\nHost: x\r\n" + auth + b"Content-Length: 99999999999999999999999\r\n\r\n",
             b"POST /v1/events HTTP/1.1\r\nHost: x\r\n" + auth + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
             b"POST /v1/events HTTP/1.1\r\nHost: x\r\n" + auth + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
             b"Content-Length: 5\r\nConnection: close\r\n\r\n0\r\n\r\n"]
    before = count()
    for game in games:
        s = socket.create_connection((server.host, server.port), timeout=20)
        out = b""
        try:
            s.sendall(game)
            s.shutdown(socket.SHUT_WR)
            while piece := s.recv(65536):
                out += piece
        except OSError:
            pass  # the server may close as soon as it knows
        s.close()
        assert out == b"" or re.match(rb"HTTP/1\.[01] (4|505)", out), (game[:60], out[:100])
    equal(count(), before)
    equal(call("GET", "/healthz", key=None).status, 200)


@test
def a_request_whose_end_is_unclear_is_refused_and_smuggles_nothing():
    """What a proxy in front may cut elsewhere (RFC 9112 6.3, 11.2): one answer, then the connection ends."""
    body = json.dumps(event(case="smuggled")).encode()
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    head = (b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer " + KEY.encode() + b"\r\n")
    length = b"Content-Length: %d\r\n" % len(body)
    for framing, sent in ((length + b"Content-Length: 5\r\n", body), (b"Content-Length: 5\r\n" + length, body), (2 * length, body),
                          (length + b"Transfer-Encoding: chunked\r\n", chunked), (b"Transfer-Encoding: chunked\r\n" + length, chunked),
                          (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunked),
                          (b"Transfer-Encoding: gzip\r\n" + length, body), (b"Transfer-Encoding: xchunked\r\n", chunked),
                          (b"Transfer-Encoding: identity, chunked\r\n", chunked), (b"Transfer-Encoding:\r\n" + length, body),
                          (b"Transfer-Encoding : chunked\r\n" + length, body), (b"Content-Length : 5\r\n" + length, body)):
        before = count()
        out = raw(head + framing + b"\r\n" + sent + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", timeout=10)
        assert out.startswith(b"HTTP/1.1 400"), (framing, out[:100])
        equal(out.count(b"HTTP/1.1 "), 1, framing)
        equal(count(), before, framing)


@test
def a_query_behind_a_bare_host_is_no_path():
    out = raw(b"GET http://x?a=/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert out.startswith(b"HTTP/1.1 404"), out[:100]


@test
def no_answer_cuts_a_character_in_two():
    for shift in range(4):
        name = "a" * shift + "\u00e9" * 400
        assert "no parameter" in get("/v1/stats", **{name: 1}).json["detail"]
        twice = urllib.parse.quote(name) + "=1&"
        assert "twice" in call("GET", "/v1/stats?" + twice + twice).json["detail"]
        for kind in ("application/json", "application/x-ndjson"):
            assert post(json.dumps({name: 1}, ensure_ascii=False), kind).json["errors"][0]["pointer"]


@test
def an_automatic_interval_is_never_refused():
    answer = get("/v1/histogram", **{"from": "0001-01-01", "to": "9999-12-31"})
    equal((answer.status, answer.json["interval"]), (200, "120M"))
    equal(sum(answer.json["series"][0]["counts"]), count())


@test
def a_body_that_breaks_off_stores_nothing():
    before = count()
    body = json.dumps(event()).encode()
    for length in (len(body) + 10, len(body) * 2):
        s = socket.create_connection((server.host, server.port), timeout=20)
        s.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
                  b"Content-Length: %d\r\n\r\n" % (KEY.encode(), length) + body)
        s.close()
    equal(count(), before)


@test
def a_refusal_keeps_the_connection_and_pipelines_in_order():
    connection = http.client.HTTPConnection(server.host, server.port, timeout=20)
    for i in range(20):
        bad = i % 2
        connection.request("POST", "/v1/events", json.dumps({} if bad else event(case="alive")),
                           {"Authorization": "Bearer " + KEY, "Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        equal(response.status, 400 if bad else 201)
    connection.close()
    one = b"GET /v1/stats?q=tenant:t/alive HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n" % KEY.encode()
    out = raw((one + b"\r\n") * 5 + one + b"Connection: close\r\n\r\n")
    equal(out.count(b"HTTP/1.1 200 OK"), 6)
    equal(out.count(b'"events":10,'), 6)


@test
def many_writers_and_readers_at_once():
    faults = []
    def write(n):
        try:
            for i in range(40):
                equal(post(event(case="load", key=f"{n}-{i}")).status, 201)
        except BaseException as e:
            faults.append(e)
    def read():
        try:
            for _ in range(40):
                page = get("/v1/events", q="tenant:t/load", order="oldest", limit=1000).json["events"]
                equal(sorted(e["seq"] for e in page), list(range(1, len(page) + 1)))
        except BaseException as e:
            faults.append(e)
    threads = [threading.Thread(target=write, args=(n,)) for n in range(16)] + [threading.Thread(target=read) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not faults, faults[0]
    equal(count("tenant:t/load"), 640)


# ---- Documentation, start and stop ----

@test
def the_examples_of_the_documentation_work():
    text = (ROOT / "docs" / "api.md").read_text()
    examples = re.findall(r"```sh\n(.*?)```", text, re.S)
    assert len(examples) >= 10, len(examples)
    env = {**os.environ, "DAYBOOK_URL": f"http://{server.host}:{server.port}", "DAYBOOK_KEY": KEY}
    with tempfile.TemporaryDirectory() as folder:
        for example in examples:
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", example], cwd=folder, env=env, capture_output=True, text=True)
            equal(done.returncode, 0, (example, done.stderr, done.stdout[:500]))
            assert '"urn:daybook:problem' not in done.stdout, (example, done.stdout)
    patterns = set(get("/openapi.json").json["paths"])
    missing = {p for p in patterns if p not in text}
    equal(missing, set(), "addresses that docs/api.md does not mention")


@test
def a_restart_keeps_everything():
    global server
    before = get("/v1/stats").json
    code, out, errors = server.stop()
    equal(code, 0, errors)
    server = Server(data)
    equal(get("/v1/stats").json, before)
    equal(os.stat(data).st_mode & 0o777, 0o700)
    for path in pathlib.Path(data).rglob("*"):
        equal(path.stat().st_mode & 0o077, 0, path)
        assert path.is_dir() or KEY.encode() not in path.read_bytes(), f"{path} holds the key"


@test
def a_stop_under_load_answers_or_closes_and_keeps_what_it_acknowledged():
    global server
    acknowledged, running = [], threading.Event()
    def write(n):
        connection = http.client.HTTPConnection(server.host, server.port, timeout=20)
        try:
            for i in range(100000):
                connection.request("POST", "/v1/events", json.dumps(event(case="stop", key=f"{n}-{i}")),
                                   {"Authorization": "Bearer " + KEY, "Content-Type": "application/json"})
                response = connection.getresponse()
                if response.status != 201:
                    return
                acknowledged.append(json.loads(response.read())["events"][0]["seq"])
                if len(acknowledged) > 200:
                    running.set()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    running.wait(30)
    code, _, errors = server.stop()
    equal(code, 0, errors)
    for t in threads:
        t.join()
    server = Server(data)
    seqs = set()
    cursor = None
    while True:
        page = get("/v1/events", q="tenant:t/stop", limit=1000, **({"cursor": cursor} if cursor else {})).json
        seqs |= {e["seq"] for e in page["events"]}
        cursor = page["next"]
        if not cursor:
            break
    equal(set(acknowledged) - seqs, set())


@test
def the_first_start_shows_a_key_once():
    folder = tempfile.mkdtemp(prefix="daybook-e2e-")
    env = {k: v for k, v in os.environ.items() if not k.startswith("DAYBOOK_")}
    def start():
        p = subprocess.Popen([PROGRAM, "serve", "--data", folder, "--listen", "[::1]:0"], stdout=subprocess.PIPE, text=True, env=env)
        text = p.stdout.readline()
        address = re.search(r"http://(\[::1\]):(\d+)", text)
        assert address, text
        p.send_signal(signal.SIGINT)
        text += p.stdout.read()  # communicate() would miss what readline has buffered
        p.wait(30)
        equal(p.returncode, 0, text)
        return re.findall(r"dbk_[A-Za-z0-9_-]{43}(?![\w-])", text)
    try:
        first = start()
        equal(len(first), 1, first)
        equal(start(), [])
        for short in ("short", "", "has blanks in between"):
            p = subprocess.run([PROGRAM, "serve", "--data", folder, "--listen", "127.0.0.1:0"], capture_output=True, text=True,
                               env={**env, "DAYBOOK_OPERATOR_KEY": short}, timeout=30)
            equal(p.returncode, 2)
            assert "DAYBOOK_OPERATOR_KEY" in p.stderr
        for args in (["--nonsense"], ["--listen"], ["--listen", "nowhere"], ["--listen", "1.2.3.4.5:1"]):
            p = subprocess.run([PROGRAM, "serve", "--data", folder, *args], capture_output=True, text=True, env=env, timeout=30)
            equal(p.returncode, 2, (args, p.stderr))
        taken = subprocess.run([PROGRAM, "serve", "--data", folder, "--listen", f"{server.host}:{server.port}"], capture_output=True,
                               text=True, env=env, timeout=30)
        assert taken.returncode != 0 and "cannot listen" in taken.stderr, taken
    finally:
        shutil.rmtree(folder)


@test
def the_demonstration_works_as_printed():
    folder = tempfile.mkdtemp(prefix="daybook-e2e-")
    env = {k: v for k, v in os.environ.items() if not k.startswith("DAYBOOK_")}
    try:
        totals = []
        for _ in range(2):
            p = subprocess.Popen([PROGRAM, "serve", "--demo", "--data", folder, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                                 text=True, env=env)
            text = ""
            while "Stop with" not in text:
                line = p.stdout.readline()
                assert line, text
                text += line
            script = re.search(r"^  export .*$", text, re.M)[0]
            for number in (1, 2):
                command = re.search(rf"^{number}\. .*?\n(.*?)(?=^\d\. |^Stop)", text, re.M | re.S)[1]
                done = subprocess.run(["bash", "-euc", script + "\n" + command], capture_output=True, text=True)
                assert '"id":"acme' in done.stdout, (command, done)
            done = subprocess.run(["bash", "-euc", script + '\ncurl -sS $DAYBOOK_URL/v1/stats -H "Authorization: Bearer $DAYBOOK_KEY"'],
                                  capture_output=True, text=True)
            totals.append(json.loads(done.stdout)["events"])
            p.send_signal(signal.SIGTERM)
            p.communicate(timeout=30)
        assert totals[1] > totals[0] > 4000, totals  # the one that was posted, and what comes in by itself
    finally:
        shutil.rmtree(folder)


def main():
    global server, data
    passed, failed = 0, 0
    wanted = sys.argv[1:]
    data = tempfile.mkdtemp(prefix="daybook-e2e-")
    server = Server(data)
    try:
        for t in TESTS:
            if wanted and t.__name__ not in wanted:
                continue
            began = time.monotonic()
            try:
                t()
                passed += 1
                took = time.monotonic() - began
                if took > 5:
                    print(f"slow {t.__name__}: {took:.1f} s")
            except BaseException:
                failed += 1
                print(f"FAILED {t.__name__}")
                traceback.print_exc(file=sys.stdout)
                if server.process.poll() is not None:
                    print("the server ended with", server.process.returncode, server.process.stderr.read()[-3000:])
                    server = Server(data)
        code, _, errors = server.stop()
        if code != 0 or errors:
            failed += 1
            print("FAILED the server's end:", code, errors[-3000:])
    finally:
        if server.process.poll() is None:
            server.process.kill()
        shutil.rmtree(data, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
