#!/usr/bin/env python3
"""TLS that ends here: versions, bad files, a certificate that is replaced while connections are open, plain HTTP on the
port, live tails and large answers over it; and proxies in front: whose word about the client counts."""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import KEY, check  # noqa: E402

daybook.URL = re.compile(r"https?://127\.0\.0\.1:(\d+)")
AUTH = {"Authorization": f"Bearer {KEY}"}
PATIENCE_S = 20


def make_certificate(folder, name, days=30, curve="P-256"):
    cert, key = os.path.join(folder, f"{name}.crt"), os.path.join(folder, f"{name}.key")
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-nodes",
                           "-keyout", key, "-out", cert, "-days", str(days), "-subj", f"/CN={name}", "-addext",
                           "subjectAltName=IP:127.0.0.1"], capture_output=True, text=True)
    check(made.returncode == 0, made.stderr)
    return cert, key


def context(cert, low=None, high=None):
    made = ssl.create_default_context(cafile=cert)
    if low:
        made.minimum_version = low
    if high:
        made.maximum_version = high
    return made


class TlsServer(daybook.Server):
    """Its readiness is asked over TLS."""

    def __init__(self, data, cert, key, *options):
        super().__init__(data, "--tls-cert", cert, "--tls-key", key, *options)
        self.cert = cert

    def client(self, **options):
        made = daybook.Client(self.port, **options)
        made.connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=context(self.cert))
        return made


def subject(port, cert):
    with socket.create_connection(("127.0.0.1", port), 10) as plain:
        with context(cert).wrap_socket(plain, server_hostname="127.0.0.1") as s:
            return dict(pair[0] for pair in s.getpeercert()["subject"])["commonName"]


def event(number, **more):
    return dict({"tenant": "acme", "log": "admin", "occurred_at": "2026-11-20T08:15:30Z", "action": "update",
                 "actor": {"type": "user", "name": f"user-{number}"}}, **more)


def with_server(test):
    def run():
        folder = daybook.temporary_folder()
        cert, key = make_certificate(folder, "first")
        server = TlsServer(os.path.join(folder, "data"), cert, key)
        server.start()
        test(server, folder, cert, key)
        server.stop()
    run.__name__ = test.__name__
    return run


@with_server
def everything_works_over_tls(server, folder, cert, key):
    client = server.client()
    client.post([event(n) for n in range(2000)])
    page = client.get("/v1/events", limit=1000)
    check(len(page["events"]) == 1000, "a large answer is cut")
    events, _ = client.export(q="tenant:acme")
    check(len(events) == 2000, "the export over TLS has", len(events))
    status, headers, body = client.request("GET", "/")
    check(status == 200 and b"<!doctype html>" in body.lower(), "the viewer does not come")
    for path in ("/", "/v1/stats", "/nothing"):
        check(client.request("GET", path)[1]["Strict-Transport-Security"] == "max-age=31536000", path, "lacks HSTS")
    check(client.metric("daybook_tls_certificate_expires_seconds") > time.time() + 20 * 86400, "the end is not told")
    # A live tail: a connection that is suspended and resumed.
    tail = client.connection
    tail.request("GET", "/v1/tail", headers=AUTH)
    answer = tail.getresponse()
    seen = b""
    while b"\n\n" not in seen:
        seen += answer.read1()
    other = server.client()
    for number in range(20):
        other.post([event(number, activity=f"number-{number}")])
        while f"number-{number}".encode() not in seen:
            piece = answer.read1()
            check(piece, "the tail ends")
            seen += piece
    tail.close()


@with_server
def old_versions_and_plain_http_are_refused(server, folder, cert, key):
    for version, good in ((ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
        connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context(cert, version, version))
        connection.request("GET", "/readyz")
        check(connection.getresponse().status == 200, version)
        connection.close()
    for flag in ("-tls1", "-tls1_1"):
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", flag, "-cipher",
                               "ALL:@SECLEVEL=0"], input=b"", capture_output=True, timeout=20)
        check(done.returncode != 0, flag, "is taken")
    for nonsense in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 1000, b"\0" * 10):
        with socket.create_connection(("127.0.0.1", server.port), 10) as plain:
            plain.settimeout(10)
            data = b""
            try:
                plain.sendall(nonsense)
                plain.shutdown(socket.SHUT_WR)
                while piece := plain.recv(4096):
                    data += piece
            except OSError:  # it is closed at once
                pass
            check(b"200 OK" not in data and b"HTTP/1.1 2" not in data, "plain HTTP is answered:", data[:100])
    check(server.client().request("GET", "/readyz")[0] == 200, "the server does not go on")


@with_server
def a_new_certificate_comes_in_without_dropping_connections(server, folder, cert, key):
    client = server.client()
    client.get("/v1/stats")
    check(subject(server.port, cert) == "first", "another certificate")
    second_cert, second_key = make_certificate(folder, "second", curve="P-384")
    stop, writing, failures = threading.Event(), threading.Event(), []

    def write():
        mine = server.client()
        try:
            while not stop.is_set():
                mine.post([event(1)])
                writing.set()
        except Exception as error:
            failures.append(repr(error))

    writer = threading.Thread(target=write)
    writer.start()
    check(writing.wait(PATIENCE_S), "nothing is written:", failures)
    both = os.path.join(folder, "both.crt")
    pathlib.Path(both).write_text(pathlib.Path(cert).read_text() + pathlib.Path(second_cert).read_text())
    original = pathlib.Path(cert).read_text(), pathlib.Path(key).read_text()
    os.replace(second_cert, cert)
    os.replace(second_key, key)
    server.child.send_signal(signal.SIGHUP)
    end = time.monotonic() + PATIENCE_S
    while subject(server.port, both) != "second":
        check(time.monotonic() < end, "the new certificate does not come")
    client.get("/v1/stats")  # the connection of before
    stop.set()
    writer.join()
    check(not failures, "a writer was dropped:", failures)
    # Bad files change nothing.
    pathlib.Path(cert).write_text("nonsense")
    server.child.send_signal(signal.SIGHUP)
    with server.printed:
        check(server.printed.wait_for(lambda: "the certificate stays as it was" in server.output(), PATIENCE_S),
              "the failure is not told:", server.output())
    check(subject(server.port, both) == "second", "a bad file ended TLS")
    pathlib.Path(cert).write_text(original[0])
    pathlib.Path(key).write_text(original[1])
    server.child.send_signal(signal.SIGHUP)
    end = time.monotonic() + PATIENCE_S
    while subject(server.port, both) != "first":
        check(time.monotonic() < end, "it does not come back")


def bad_files_are_named_at_the_start():
    folder = daybook.temporary_folder()
    cert, key = make_certificate(folder, "one")
    _, other_key = make_certificate(folder, "two")
    nonsense, empty = os.path.join(folder, "nonsense"), os.path.join(folder, "empty")
    pathlib.Path(nonsense).write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    pathlib.Path(empty).write_text("")
    encrypted = os.path.join(folder, "encrypted.key")
    subprocess.run(["openssl", "pkcs8", "-topk8", "-in", key, "-out", encrypted, "-passout", "pass:x"], check=True)
    data = os.path.join(folder, "data")
    for arguments, words in ((("--tls-cert", cert), "belong together"), (("--tls-key", key), "belong together"),
                             (("--tls-cert", "/none", "--tls-key", key), "/none: there is no such file"),
                             (("--tls-cert", nonsense, "--tls-key", key), "no certificate in PEM form"),
                             (("--tls-cert", empty, "--tls-key", key), "is empty"),
                             (("--tls-cert", cert, "--tls-key", cert), "no private key in PEM form"),
                             (("--tls-cert", cert, "--tls-key", encrypted), "encrypted"),
                             (("--tls-cert", cert, "--tls-key", other_key), "is not the key of the certificate"),
                             (("--trusted-proxy", "10.0.0.0/99"), "is no address or network")):
        status, output = daybook.Server(data, *arguments).start_refused()
        check(status != 0 and words in output, arguments, "gives", status, output)


def forwarded(client, q, **headers):
    """source.peer_ip of an event that is sent with these headers."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    status, _, body = client.request("POST", "/v1/events", json.dumps(event(1, activity=q)).encode(), headers=sent)
    check(status == 201, body)
    return client.get("/v1/events", q=f'activity:"{q}"')["events"][0]["source"]["peer_ip"]


def proxies_are_believed_where_they_are_trusted_alone():
    server = daybook.Server(daybook.temporary_folder(), "--trusted-proxy", "127.0.0.1", "--trusted-proxy=10.0.0.0/8")
    server.start()
    client = server.client()
    check(forwarded(client, "a", X_Forwarded_For="203.0.113.9") == "203.0.113.9", "a trusted proxy is not believed")
    check(forwarded(client, "b", X_Forwarded_For="6.6.6.6, 203.0.113.9, 10.1.1.1") == "203.0.113.9", "a spoofed entry counts")
    check(forwarded(client, "c", X_Forwarded_For="nonsense") == "127.0.0.1", "nonsense counts")
    check(forwarded(client, "d", X_Real_IP="6.6.6.6", Forwarded="for=6.6.6.6") == "127.0.0.1", "another header counts")
    lines = ["POST /v1/events HTTP/1.1", "Host: a", f"Authorization: Bearer {KEY}", "Content-Type: application/json",
             "X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 203.0.113.77"]
    body = json.dumps(event(1, activity="two lines"))
    with socket.create_connection(("127.0.0.1", server.port), 10) as plain:
        plain.sendall(("\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n" + body).encode())
        check(b" 201 " in plain.recv(4096), "it is refused")
    found = client.get("/v1/events", q='activity:"two lines"')["events"][0]
    check(found["source"]["peer_ip"] == "203.0.113.77", "of two lines the first counts")
    client.close()
    server.stop()
    server = daybook.Server(daybook.temporary_folder(), "--trusted-proxy", "192.0.2.0/24")
    server.start()
    client = server.client()
    check(forwarded(client, "e", X_Forwarded_For="203.0.113.9") == "127.0.0.1", "a stranger is believed")
    client.close()
    server.stop()


TESTS = [
    everything_works_over_tls,
    old_versions_and_plain_http_are_refused,
    a_new_certificate_comes_in_without_dropping_connections,
    bad_files_are_named_at_the_start,
    proxies_are_believed_where_they_are_trusted_alone,
]


def main():
    failed = 0
    for test in TESTS:
        if sys.argv[1:] and test.__name__ not in sys.argv[1:]:
            continue
        try:
            test()
            print("ok  ", test.__name__, flush=True)
        except daybook.Failure as failure:
            failed += 1
            print("FAIL", test.__name__, "-", failure, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
