#!/usr/bin/env python3
"""What a backup brings back, of a running server and of a folder: events, people with their passwords, second factors and
sessions, keys that work and keys that were revoked, settings and retention. In the restored folder fsck finds no fault."""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from browser import Browser, totp  # noqa: E402
from daybook import check, test  # noqa: E402
from people import PASSWORD, Caller, event, grant, log_in, make_key, make_user, operator  # noqa: E402

work = daybook.temporary_folder()
server = daybook.Server(os.path.join(work, "data"), "--backup-dir", os.path.join(work, "backups"))
made = {}


def fill():
    """One of everything that must come back."""
    o = operator(server)
    server.client().post([event("acme/eu", key=f"k{n}", params={"number": n}) for n in range(500)])
    made["user"] = make_user(o, "jane", "acme", grant("admin", "acme"), grant("auditor", "globex", ["auth"]),
                             display_name="Jane Doe", email="jane@acme.example")
    made["session"] = log_in(server, "jane")
    secret = made["session"].want(201, "POST", "/v1/me/totp", {"password": PASSWORD})["secret"]
    made["recovery"] = made["session"].want(200, "PUT", "/v1/me/totp", {"code": totp(secret, step=-1)})["recovery_codes"]
    made["totp"] = secret
    made["writer"], made["reader"], made["revoked"] = (
        make_key(o, name, role, "acme") for name, role in (("gateway", "writer"), ("siem", "reader"), ("old", "reader")))
    o.want(204, "DELETE", f"/v1/keys/{made['revoked']['key']['id']}")
    o.want(200, "PUT", "/v1/tenants/acme", {"display_name": "Acme", "closed": False})
    o.want(200, "PUT", "/v1/tenants/old", {"display_name": "Old", "closed": True})
    o.want(200, "PUT", "/v1/tenants/acme/settings", {"default_range": "7d"})
    status, text = daybook.run("retention", "--url", f"http://127.0.0.1:{server.port}", "acme", "30")
    check(status == 0, text)


def state(at):
    """What the lists say, without what asking itself changes."""
    o = operator(at)
    keys = o.want(200, "GET", "/v1/keys")["keys"]
    users = o.want(200, "GET", "/v1/users")["users"]
    return {"users": [{k: v for k, v in user.items() if k != "last_login_at"} for user in users],
            "keys": [{k: v for k, v in key.items() if k != "last_used_at"} for key in keys],
            "grants": o.want(200, "GET", "/v1/grants"), "tenants": o.want(200, "GET", "/v1/tenants"),
            "settings": o.want(200, "GET", "/v1/tenants/acme/settings"),
            "retention": o.want(200, "GET", "/v1/tenants/acme/retention")}


def restore(copy, name):
    folder = os.path.join(work, name)
    status, text = daybook.run("restore", copy, "--data", folder)
    check(status == 0 and "restored and verified" in text, f"restore ended with {status}: {text}")
    status, text = daybook.run("fsck", "--data", folder)
    check(status == 0 and "no faults" in text, f"fsck ended with {status}: {text}")
    for file in ("accounts.db", "secret.key"):
        check(os.stat(os.path.join(folder, file)).st_mode & 0o777 == 0o600, file, "can be read by others")
    back = daybook.Server(folder)
    back.start()
    return back


def check_works(back):
    """Not only listed: each credential does there what it did here, and what was ended stays so."""
    ask = {name: Caller(back.client(), key=made[name]["secret"]) for name in ("writer", "reader", "revoked")}
    session = Caller(back.client(), cookie=made["session"].cookie, csrf=made["session"].csrf)
    check(session.want(200, "GET", "/v1/me")["name"] == "jane", "the session")
    session.want(403, "POST", "/v1/me/totp", {"password": PASSWORD + "x"})
    ask["writer"].want(201, "POST", "/v1/events", [event("acme", key="after")])
    ask["writer"].want(409, "POST", "/v1/events", [event("acme/eu", key="k7", params={"number": 8})])
    check(ask["reader"].want(200, "GET", "/v1/events", q="params.number:7")["events"], "the reader reads nothing")
    ask["revoked"].want(401, "GET", "/v1/events")
    browser = Browser(back.port, source="127.9.0.1")
    asked = browser.log_in("jane", PASSWORD, 202)
    browser.opened(browser.send("POST", "/v1/sessions", {"challenge": asked["challenge"], "code": totp(made["totp"])}))
    again = Browser(back.port, source="127.9.0.2")
    asked = again.log_in("jane", PASSWORD, 202)
    again.opened(again.send("POST", "/v1/sessions",
                            {"challenge": asked["challenge"], "recovery_code": made["recovery"][0]}))
    check(again.get("/v1/me")["recovery_codes_left"] == 9, "a recovery code is not used up")


def check_same(back, events, before):
    got = [daybook.canonical(e) for e in back.client().every(order="oldest")]
    check(got == events, f"{len(got)} events instead of {len(events)}, or others")
    after = state(back)
    for name in before:
        check(after[name] == before[name], f"{name}: {after[name]}\ninstead of {before[name]}")


@test
def a_backup_of_a_running_server_brings_everything_back():
    server.start()
    fill()
    events = [daybook.canonical(e) for e in server.client().every(order="oldest")]
    before = state(server)
    operator(server).want(201, "POST", "/v1/admin/backup", {"dir": "nightly"})
    server.client().post([event("acme/eu", key="too late")])
    back = restore(os.path.join(work, "backups", "nightly"), "running")
    check_same(back, events, before)
    check_works(back)
    back.stop()


@test
def a_backup_of_a_folder_brings_everything_back():
    events = [daybook.canonical(e) for e in server.client().every(order="oldest")]
    before = state(server)
    server.stop()
    status, text = daybook.run("backup", "--data", server.data, os.path.join(work, "copy"))
    check(status == 0, text)
    back = restore(os.path.join(work, "copy"), "stopped")
    check_same(back, events, before)
    check_works(back)
    back.stop()


@test
def accounts_that_are_damaged_are_not_restored_silently():
    copy = os.path.join(work, "copy")
    path = os.path.join(copy, "accounts.db")
    whole = pathlib.Path(path).read_bytes()
    for name, damage in (("head", (0, b"x" * 100)), ("page", (4096 * 3, b"x" * 4096)), ("cut", None)):
        with open(path, "r+b") as file:
            if damage:
                file.seek(damage[0])
                file.write(damage[1])
            else:
                file.truncate(len(whole) // 2)
        broken = os.path.join(work, "broken-" + name)
        status, text = daybook.run("restore", copy, "--data", broken)
        check(status == 8 and "accounts.db: " in text, f"{name}: restore ended with {status}: {text}")
        status, text = daybook.run("fsck", "--data", broken)
        check(status == 8 and "from a backup" in text, f"{name}: fsck ended with {status}: {text}")
        pathlib.Path(path).write_bytes(whole)
    pathlib.Path(path).write_bytes(b"")
    status, text = daybook.run("restore", copy, "--data", os.path.join(work, "empty"))
    check(status == 8 and "accounts.db: is empty" in text, f"restore ended with {status}: {text}")
    os.remove(path)
    status, text = daybook.run("restore", copy, "--data", os.path.join(work, "no-accounts"))
    check(status == 8 and "accounts.db: is missing" in text, f"restore ended with {status}: {text}")
    pathlib.Path(path).write_bytes(whole)
    os.remove(os.path.join(copy, "secret.key"))
    status, text = daybook.run("restore", copy, "--data", os.path.join(work, "no-secret"))
    check(status == 8 and "secret.key: is missing" in text, f"restore ended with {status}: {text}")


if __name__ == "__main__":
    os.environ["DAYBOOK_KEY"] = daybook.KEY
    daybook.main()
