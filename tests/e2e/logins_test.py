#!/usr/bin/env python3
"""GET /v1/logins: a real sshd log, and random events against a join in Python that knows nothing of the server's."""
import os
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import check, test  # noqa: E402

DATA = pathlib.Path(os.environ.get("DAYBOOK_SHARED_DATA", daybook.ROOT.parent / "shared" / "data"))


def all_logins(client, **parameters):
    rows, cursor = [], None
    while True:
        page = client.get("/v1/logins", **parameters, **({"cursor": cursor} if cursor else {}))
        rows += page["logins"]
        cursor = page["next"]
        if not cursor:
            return rows


# ---- The join in Python: quadratic and plain ----

def position(event):
    return (micros(event["occurred_at"]), event["seq"])


def micros(text):
    import datetime
    return int((datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
                - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) / datetime.timedelta(microseconds=1))


def failed(event):
    return event["outcome"] in ("failure", "denied")


def user(event):
    actor = event["actor"]
    for name in ("name", "id", "email"):
        if actor.get(name):
            return (event["tenant"], name, actor[name])
    return None


def session(event):
    return event.get("auth", {}).get("session", "")


def join(events):
    """id -> (state, duration_s, logout_id, last_failed_at, failures_since_success) of every log-in."""
    events = sorted((e for e in events if e["log"] == "auth" and e["action"] in ("login", "logout")), key=position)
    joined = {}
    for at, login in enumerate(events):
        if login["action"] != "login":
            continue
        same_user = [e for e in events if user(e) is not None and user(e) == user(login) and e["tenant"] == login["tenant"]]
        later = [e for e in events if e["tenant"] == login["tenant"] and position(e) > position(login) and not failed(e)]
        logout = None
        if not failed(login) and session(login):
            logout = next((e for e in later if e["action"] == "logout" and session(e) == session(login)), None)
        elif not failed(login) and user(login):
            following = next((e for e in later if user(e) == user(login) and not session(e)), None)
            logout = following if following and following["action"] == "logout" else None
        earlier = [e for e in same_user if e["action"] == "login" and position(e) < position(login)]
        failures = [e for e in earlier if failed(e)]
        successes = [position(e) for e in earlier if not failed(e)]
        since = [e for e in failures if not successes or position(e) > max(successes)]
        duration = None
        if logout:
            duration = logout.get("auth", {}).get("duration_s")
            if duration is None:
                duration = (micros(logout["occurred_at"]) - micros(login["occurred_at"])) // 1_000_000
        joined[login["id"]] = ("failed" if failed(login) else "ended" if logout else "open", duration,
                               logout["id"] if logout else None, failures[-1]["occurred_at"] if failures else None,
                               len(since) + failed(login))
    return joined


def answer(row):
    return (row["state"], row["duration_s"], row["logout_id"], row["last_failed_at"], row["failures_since_success"])


def random_event(chance, number):
    actor = {"type": "user"}
    kind = chance.random()
    if kind < 0.9:
        actor["name"] = chance.choice(["ann", "Ann", "bob", "eve", "root", "josé"])
    if kind > 0.8:
        actor["id"] = chance.choice(["u1", "u2"])
    if 0.95 < kind < 0.97:
        actor = {"type": "anonymous"}
    event = {"tenant": chance.choice(["acme", "acme/eu", "acme-2", "globex"]), "log": chance.choice(["auth"] * 9 + ["admin"]),
             "occurred_at": f"2026-11-{chance.randint(1, 20):02}T{chance.randint(8, 9):02}:00:{chance.randint(0, 9):02}Z",
             "action": chance.choice(["login", "login", "login", "logout", "update"]), "actor": actor,
             "outcome": chance.choice(["success"] * 4 + ["failure"] * 4 + ["denied", "unknown"]),
             "source": {"ip": f"203.0.113.{chance.randint(1, 9)}"}, "key": f"k{number}"}
    auth = {}
    if chance.random() < 0.6:
        auth["session"] = f"s{chance.randint(1, 30)}"
    if chance.random() < 0.2:
        auth["duration_s"] = chance.randint(0, 9000)
    if auth:
        event["auth"] = auth
    return event


@test
def random_logins_are_joined_as_in_python():
    chance = random.Random(daybook.seed())
    server = daybook.Server(daybook.temporary_folder())
    server.start()
    client = server.client()
    for batch in range(3):
        client.post([random_event(chance, 1000 * batch + n) for n in range(400)])
    stored, _ = client.export()
    wanted = join(stored)
    rows = all_logins(client, limit=chance.choice([7, 50, 200]))
    check(len(rows) == len(wanted), len(rows), "log-ins instead of", len(wanted))
    by_id = {e["id"]: e for e in stored}
    order = [(position(by_id[r["id"]])[0], r["tenant"].encode(), by_id[r["id"]]["seq"]) for r in rows]
    check(order == sorted(order, reverse=True), "not newest first")
    for row in rows:
        check(answer(row) == wanted[row["id"]], row, "should be", wanted[row["id"]])
        event = by_id[row["id"]]
        check(row["at"] == event["occurred_at"] and row["actor"]["name"] == event["actor"].get("name", "")
              and row["address"] == event["source"]["ip"] and row["session"] == session(event), row, event)
    for question in ("outcome:failure", "tenant:acme", "actor:bob", "session:s1"):
        found = all_logins(client, q=question, from_="2026-11-05", to="2026-11-12")
        count = client.get("/v1/stats", q=f"log:auth action:login {question}", from_="2026-11-05", to="2026-11-12")["events"]
        check(len(found) == count, question, "found", len(found), "not", count)
        check(all(answer(row) == wanted[row["id"]] for row in found), question, "is joined within its range only")
    client.get("/v1/logins", 400, cursor="nonsense")
    client.get("/v1/logins", 400, limit=201)
    client.get("/v1/logins", 400, q="nofield:x")
    client.close()
    server.stop()


@test
def a_user_with_thousands_of_failures_is_counted_exactly():
    """More than one walk looks at: the rows are looked up one by one."""
    server = daybook.Server(daybook.temporary_folder())
    server.start()
    client = server.client()

    def login(number, name, outcome, log_out=False, at=None):
        at = at if at is not None else number
        return {"tenant": "acme", "log": "auth", "action": "logout" if log_out else "login", "outcome": outcome,
                "occurred_at": f"2026-11-20T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}Z",
                "actor": {"type": "user", "name": name}}
    client.post([login(0, "root", "success"), login(0, "ann", "success"), login(1, "ann", "failure")])
    client.post([login(n, "root", "failure") for n in range(2, 6002)])
    client.post([login(6001, "root", "failure"), login(6001, "root", "success"), login(6001, "root", "failure"),
                 login(6002, "root", "success"), login(6003, "ann", "success"), login(6004, "ann", "success", True)])
    newest = client.get("/v1/logins", limit=5)["logins"]
    got = [(r["actor"]["name"], r["state"], r["failures_since_success"], r["last_failed_at"]) for r in newest]
    check(got == [("ann", "ended", 1, "2026-11-20T00:00:01Z"), ("root", "open", 1, "2026-11-20T01:40:01Z"),
                  ("root", "failed", 1, "2026-11-20T01:40:01Z"), ("root", "open", 6001, "2026-11-20T01:40:01Z"),
                  ("root", "failed", 6001, "2026-11-20T01:40:01Z")], got)
    (oldest,) = client.get("/v1/logins", q="actor:root outcome:success", to="2026-11-20T01:00:00Z")["logins"]
    check(oldest["state"] == "open" and oldest["failures_since_success"] == 0 and not oldest["last_failed_at"], oldest)
    client.close()
    server.stop()


@test
def the_sessions_of_a_real_sshd_log_have_their_durations():
    folder = daybook.temporary_folder()
    status, output = daybook.run("import", "--data", folder, "--format", "sshd", "--tenant", "lab", "--year", "2017",
                                 f"{DATA}/sshd/auth.log")
    check(status in (0, 9), output)
    status, output = daybook.run("retention", "--data", folder, "lab", "forever")
    check(status == 0, output)
    server = daybook.Server(folder)
    server.start()
    client = server.client()
    stored, _ = client.export(q="log:auth")
    client.close()  # on a busy machine the join outlasts an idle connection
    wanted = join(stored)
    rows = all_logins(client, limit=200)
    check(len(rows) == len(wanted), len(rows), len(wanted))
    check(all(answer(r) == wanted[r["id"]] for r in rows), "differs from the join in Python")
    ended = [r for r in rows if r["state"] == "ended"]
    check(len(ended) == 225 and all(r["duration_s"] >= 0 and r["logout_at"] >= r["at"] for r in ended), len(ended))
    attacks = all_logins(client, q="outcome:failure ip:24.151.103.17", limit=200)
    check(len(attacks) > 100 and all(r["state"] == "failed" for r in attacks), "24.151.103.17 is missing", len(attacks))
    client.close()
    server.stop()


if __name__ == "__main__":
    daybook.main()
