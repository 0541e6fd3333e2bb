#!/usr/bin/env python3
"""Export jobs: whole or failed, never a short file that looks whole; resumable downloads; cancelled, expired, begun anew
after kill -9; recorded before they begin; bounded; and a disk without room ends them, not the server."""
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import check, quote  # noqa: E402

PATIENCE_S = 60
EVENTS = 3000
BIG = 400_000


def event(number, **more):
    return dict({"tenant": f"acme/{number % 3}", "log": "admin", "occurred_at": "2026-11-20T08:15:30Z", "action": "update",
                 "actor": {"type": "user", "name": f"user-{number % 7}"},
                 "target": {"type": "user", "name": f"number-{number}"}, "params": {f"p{number % 5}": "x" * 20}}, **more)


def fill(client, first, count):
    for begin in range(first, first + count, 10_000):
        lines = "\n".join(json.dumps(event(n)) for n in range(begin, min(begin + 10_000, first + count)))
        status, _, body = client.request("POST", "/v1/events", lines.encode(), media="application/x-ndjson")
        check(status == 201, body[:300])


def ask(client, status=201, **question):
    got, _, body = client.request("POST", "/v1/exports", json.dumps(question).encode())
    check(got == status, f"POST /v1/exports answered {got}: {body[:300]!r}")
    return json.loads(body)


def wait(client, job, *states):
    end = time.monotonic() + PATIENCE_S
    while True:
        now = client.get(f"/v1/exports/{job['id']}")
        if now["state"] in (states or ("done",)):
            return now
        check(now["state"] in ("queued", "running"), "the job", now)
        check(time.monotonic() < end, "the job does not end:", now)


def fetch(client, job, **headers):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.request("GET", f"/v1/exports/{job['id']}/file", headers=sent)


def clear(client):
    for job in client.get("/v1/exports")["exports"]:
        while client.request("DELETE", f"/v1/exports/{job['id']}")[0] == 204:
            pass


# ---- Tests; each gets a running server with EVENTS events ----

def a_job_writes_what_the_streamed_export_gives(server):
    client = server.client()
    for form, order in (("csv", "newest"), ("ndjson", "oldest")):
        job = ask(client, q="tenant:acme -product:Daybook", format=form, order=order, tz="Europe/Berlin")
        check(job["state"] == "queued" and job["file"].startswith("audit-log-complete-2") and
              job["file"].endswith("." + form), "the answer is", job)
        done = wait(client, job)
        check(done["events"] == done["expected"] == EVENTS and done["reason"] is None, done)
        status, headers, body = fetch(client, job)
        check(status == 200 and len(body) == done["bytes"] == int(headers["Content-Length"]), status, done)
        check(headers["Content-Disposition"] == f'attachment; filename="{done["file"]}"', headers["Content-Disposition"])
        check(headers["X-Daybook-Count"] == str(EVENTS) and "no-store" in headers["Cache-Control"], headers)
        streamed = client.request("GET", f"/v1/export?q=tenant:acme%20-product:Daybook&format={form}&order={order}&tz=Europe/Berlin")[2]
        check(body == streamed, "the", form, "file differs from the streamed export")
    found = client.get("/v1/exports")["exports"]
    check([j["file"].split(".")[1] for j in found] == ["ndjson", "csv"], "the list is not newest first:", found)
    clear(client)


def a_download_that_broke_off_goes_on(server):
    client = server.client()
    job = wait(client, ask(client, q="tenant:acme -product:Daybook", format="csv"))
    whole, size = fetch(client, job)[2], job["bytes"]
    etag = fetch(client, job)[1]["ETag"]
    for asked, first, last in (("bytes=0-99", 0, 99), ("bytes=100-", 100, size - 1), ("bytes=-50", size - 50, size - 1),
                               (f"bytes=5-{size * 2}", 5, size - 1)):
        status, headers, body = fetch(client, job, Range=asked, If_Range=etag)
        check(status == 206 and body == whole[first:last + 1], asked, "gives", status, len(body))
        check(headers["Content-Range"] == f"bytes {first}-{last}/{size}", headers["Content-Range"])
    for asked in ("bytes=0-1,5-6", "bytes=9-3", "lines=1-2", "bytes=", "bytes=a-b"):
        check(fetch(client, job, Range=asked)[0] == 200, asked, "is not ignored")
    check(fetch(client, job, Range="bytes=0-9", If_Range='"other"')[0] == 200, "If-Range does not count")
    for asked in (f"bytes={size}-", "bytes=-0"):
        status, headers, _ = fetch(client, job, Range=asked)
        check(status == 416 and headers["Content-Range"] == f"bytes */{size}", asked, "gives", status)
    status, headers, body = client.request("HEAD", f"/v1/exports/{job['id']}/file")
    check(status == 200 and int(headers["Content-Length"]) == size and headers["Accept-Ranges"] == "bytes", status)
    clear(client)


def it_is_recorded_before_it_begins(server):
    client = server.client()
    job = ask(client, q="actor:user-1", format="ndjson")
    found = client.get("/v1/events", q=f"product:Daybook action:export target:{job['id']}")["events"]
    by_tenant = {one["tenant"]: one for one in found}
    check(len(found) == 2 and set(by_tenant) == {"acme", "daybook"}, "the record is", found)
    check(by_tenant["daybook"]["params"]["q"] == "actor:user-1" and "params" not in by_tenant["acme"], found)
    check(all(one["target"]["type"] == "export" and one["log"] == "admin" for one in found), found)
    check(wait(client, job)["state"] == "done", "it does not run")
    clear(client)


def what_is_wrong_is_pointed_at(server):
    client = server.client()
    for question, pointer in (({"q": "nonsense:1"}, "/q"), ({"format": "xml"}, "/format"), ({"from": "yesterday"}, "/from"),
                              ({"tz": "Mars/Olympus"}, "/tz"), ({"order": 1}, "/order"), ({"what": 1}, "/what"),
                              ({"from": "2026-02-01", "to": "2026-01-01"}, "/from"), ({"bom": "yes"}, "/bom")):
        problem = ask(client, status=400, **question)
        check(problem["errors"][0]["pointer"] == pointer, question, "gives", problem)
    check(not client.get("/v1/exports")["exports"], "a refused job is on the list")
    for path in ("/v1/exports/exp_aaaaaaaaaaaaaaaa", "/v1/exports/..%2Fcatalog", "/v1/exports/exp_aaaaaaaaaaaaaaaa/file"):
        check(client.request("GET", path)[0] == 404, path)
        check(client.request("DELETE", path)[0] in (404, 405), path)


def one_owner_has_its_share(server):
    client = server.client()
    jobs, refused = [], 0
    while len(jobs) < 20:
        status, headers, body = client.request("POST", "/v1/exports", b"{}")
        if status == 503:
            refused += 1
            check(headers["Retry-After"], "no Retry-After")
            wait(client, jobs[-1])
            continue
        check(status == 201, status, body)
        jobs.append(json.loads(body))
    check(ask(client, status=409)["detail"].startswith("you keep 20"), "no limit of what is kept")
    clear(client)
    check(ask(client)["state"] == "queued", "what was removed still counts")
    clear(client)


def nobody_else_sees_it_and_rights_count_when_it_runs(server):
    client = server.client()
    keys = []
    for tenant in ("acme/1", "acme/1", "acme/2"):
        status, _, body = client.request("POST", "/v1/keys", json.dumps({"name": f"reader {len(keys)}", "role": "reader",
                                                                         "tenant": tenant}))
        check(status == 201, body)
        keys.append(json.loads(body))
    heads = [{"Authorization": "Bearer " + key["secret"]} for key in keys]
    status, _, body = client.request("POST", "/v1/exports", b'{"format":"ndjson"}', headers=heads[0])
    check(status == 201, body)
    path = f"/v1/exports/{json.loads(body)['id']}"
    end = time.monotonic() + PATIENCE_S
    while (job := json.loads(client.request("GET", path, headers=heads[0])[2]))["state"] != "done":
        check(time.monotonic() < end and job["state"] in ("queued", "running"), job)
    lines = client.request("GET", path + "/file", headers=heads[0])[2].splitlines()
    check({json.loads(line)["tenant"] for line in lines[:-1]} == {"acme/1"}, "it holds other tenants' events")
    for head in (heads[1], heads[2], {}):  # of the same tenant, of another, the operator
        for method, address in (("GET", path), ("GET", path + "/file"), ("DELETE", path)):
            check(client.request(method, address, headers=head)[0] == 404, method, address, "shows another's export")
        check(json.loads(client.request("GET", "/v1/exports", headers=head)[2]) == {"exports": []}, "it is listed")
    # A key that is revoked while its export waits or runs exports nothing.
    fill(client, EVENTS + 10, 60_000)
    jobs = [json.loads(client.request("POST", "/v1/exports", b"{}", headers=heads[2])[2])["id"] for _ in range(3)]
    check(client.request("DELETE", f"/v1/keys/{keys[2]['key']['id']}")[0] == 204, "the key cannot be revoked")
    descriptions = [pathlib.Path(server.data, "exports", f"{job}.json") for job in jobs]
    end = time.monotonic() + PATIENCE_S
    while (states := [json.loads(d.read_text())["state"] for d in descriptions]) != ["failed"] * 3:
        if "done" in states:
            check(states.count("done") < 3, "all were done before the key was revoked; nothing is shown")
            break
        check(time.monotonic() < end, states)
    check(client.request("GET", f"/v1/exports/{jobs[0]}/file", headers=heads[2])[0] == 401, "a revoked key fetches")


def an_account_has_its_share_however_many_keys_it_has(server):
    client = server.client()

    def make_key(name, tenant):
        body = json.dumps({"name": name, "role": "reader", "tenant": tenant})
        status, _, body = client.request("POST", "/v1/keys", body)
        check(status == 201, body)
        return {"Authorization": "Bearer " + json.loads(body)["secret"]}

    def post(head):
        status, headers, body = client.request("POST", "/v1/exports", b"{}", headers=head)
        check(status == 201 or status == 503 and headers["Retry-After"], status, body)
        return json.loads(body)

    keys = [make_key(f"share {number}", f"acme/{number % 3}") for number in range(10)]
    made, said = [], ""
    for number in range(10 * 15):  # 15 of each: fewer than one owner may keep
        answer = post(keys[number % 10])
        if "id" in answer:
            made.append((answer["id"], keys[number % 10]))
        elif "of your account" in answer["detail"]:
            said = answer["detail"]
            break
    check(said.startswith("16 exports"), f"an account has {len(made)} exports written at a time")
    check("id" in post(make_key("another account's", "globex")), "the share of one account bounds another")
    for job, head in made:
        client.request("DELETE", f"/v1/exports/{job}", headers=head)


def files(server):
    return sorted(name for name in os.listdir(os.path.join(server.data, "exports")))


def cancelled_and_removed_jobs_leave_nothing(server):
    client = server.client()
    jobs = [ask(client, format="ndjson") for _ in range(3)]
    for job in jobs:
        check(client.request("DELETE", f"/v1/exports/{job['id']}")[0] == 204, "it cannot be cancelled")
    for job in jobs:
        state = client.request("GET", f"/v1/exports/{job['id']}")
        check(state[0] == 404 or json.loads(state[2])["state"] == "cancelled", state)
        check(fetch(client, job)[0] in (404, 409), "a cancelled export can be fetched")
    clear(client)
    end = time.monotonic() + PATIENCE_S
    while [name for name in files(server) if any(job["id"] in name for job in jobs)]:
        check(time.monotonic() < end, "files are left:", files(server))


def kills_lose_no_job_and_leave_no_short_file(server):
    client = server.client()
    done = wait(client, ask(client, q="tenant:acme", format="csv"))
    content = fetch(client, done)[2]
    fill(client, EVENTS, BIG)
    jobs = [ask(client, format="ndjson", order="oldest") for _ in range(2)]
    wait(client, jobs[0], "running", "done")
    client.close()
    server.kill()
    check(os.stat(os.path.join(server.data, "exports")).st_mode & 0o777 == 0o700, "the folder is open to others")
    for name in files(server):
        check(os.stat(os.path.join(server.data, "exports", name)).st_mode & 0o777 == 0o600, name, "is open to others")
    server.start()
    client = server.client()
    for job in jobs:
        state = wait(client, job)
        check(state["events"] == state["expected"] >= EVENTS + BIG, state)
        body = fetch(client, job)[2]
        check(len(body) == state["bytes"] and body.endswith(b',"complete":true}}\n'), "a short file looks whole")
        check(body.count(b"\n") == state["events"] + 1, "lines are missing")
    check(fetch(client, done)[2] == content, "a finished file has changed")
    check(not [name for name in files(server) if name.endswith((".part", ".new"))], files(server))
    # A file that was cut behind our back is no export any more.
    path = os.path.join(server.data, "exports", f"{done['id']}.data")
    server.stop()
    with open(path, "r+b") as file:
        file.truncate(len(content) - 1)
    server.start()
    client = server.client()
    check(client.get(f"/v1/exports/{done['id']}")["state"] == "failed", "a cut file is called done")
    check(fetch(client, done)[0] == 409, "a cut file can be fetched")
    clear(client)


def what_has_expired_is_removed(server):
    client = server.client()
    job = wait(client, ask(client))
    server.stop()
    path = os.path.join(server.data, "exports", f"{job['id']}.json")
    text = pathlib.Path(path).read_text()
    description = json.loads(text)
    description["expires_us"] = "1"
    pathlib.Path(path).write_text(json.dumps(description))
    pathlib.Path(server.data, "exports", "exp_broken.json").write_text("{")
    server.start()
    client = server.client()
    end = time.monotonic() + PATIENCE_S
    while client.request("GET", f"/v1/exports/{job['id']}")[0] != 404 or \
            [name for name in files(server) if job["id"] in name or "broken" in name]:
        check(time.monotonic() < end, "expired files stay:", files(server))


def a_full_disk_ends_the_export_and_nothing_else(_):
    folder = daybook.temporary_folder()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700m,mode=700", "daybook-test", folder], capture_output=True)
    if mounted.returncode:
        print("     (not root: no small disk can be mounted)")
        return
    try:
        server = daybook.Server(os.path.join(folder, "data"))
        server.start()
        client = server.client()
        fill(client, 0, 1000)
        check(wait(client, ask(client))["state"] == "done", "an export with room fails")
        stat = os.statvfs(folder)
        with open(os.path.join(folder, "filler"), "wb") as file:
            os.posix_fallocate(file.fileno(), 0, stat.f_bavail * stat.f_frsize - (400 << 20))
        job = wait(client, ask(client), "failed")
        check("disk is too full" in job["reason"] and fetch(client, job)[0] == 409, job)
        client.post([event(1)])
        os.remove(os.path.join(folder, "filler"))
        check(wait(client, ask(client))["state"] == "done", "it does not go on when there is room")
        check(client.metric("daybook_export_jobs_failed_total") == 1, "the failure is not counted")
        client.close()
        server.stop()
    finally:
        subprocess.run(["umount", "--lazy", folder], check=False)


TESTS = [
    a_job_writes_what_the_streamed_export_gives,
    a_download_that_broke_off_goes_on,
    it_is_recorded_before_it_begins,
    what_is_wrong_is_pointed_at,
    one_owner_has_its_share,
    nobody_else_sees_it_and_rights_count_when_it_runs,
    an_account_has_its_share_however_many_keys_it_has,
    cancelled_and_removed_jobs_leave_nothing,
    kills_lose_no_job_and_leave_no_short_file,
    what_has_expired_is_removed,
    a_full_disk_ends_the_export_and_nothing_else,
]


def main():
    server = daybook.Server(daybook.temporary_folder())
    server.start()
    client = server.client()
    fill(client, 0, EVENTS)
    client.close()
    failed = daybook.run_on(server, TESTS)
    server.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
