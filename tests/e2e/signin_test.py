#!/usr/bin/env python3
"""Signing in: passwords, sessions, second factors, links, and the attacks on them that must fail."""
import pathlib
import re
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
import daybook  # noqa: E402
from browser import Browser, first_operator, setup_token, totp  # noqa: E402
from daybook import check, test  # noqa: E402
from mail_server import MailServer  # noqa: E402

PASSWORD = "correct horse battery"
WRONG = "The name or the password is wrong."


def start(*options):
    server = daybook.Server(daybook.temporary_folder(), *options)
    server.start()
    return server


@test
def the_printed_link_makes_the_first_operator_once():
    server = start()
    token = setup_token(server)
    browser = Browser(server.port)
    check(browser.get("/v1/sessions/options") == {"oidc": [], "setup": True}, "set-up is not announced")
    check(browser.call("POST", "/v1/setup/check", {"token": token}) == {"purpose": "setup", "login": ""}, "purpose")
    browser.call("POST", "/v1/setup/check", {"token": token + "x"}, 404)
    short = browser.send("POST", "/v1/setup", {"token": token, "login": "olivia", "password": "short"})
    check(short.status == 400 and short.json["errors"][0]["pointer"] == "/password", short)
    browser = first_operator(server, password=PASSWORD)
    me = browser.get("/v1/me")
    check(me["kind"] == "user" and me["name"] == "olivia" and "operate" in me["rights"], me)
    check(me["csrf"] == browser.csrf and me["has_password"] and not me["totp"], me)
    Browser(server.port).call("POST", "/v1/setup", {"token": token, "login": "mallory", "password": PASSWORD}, 404)
    check(not browser.get("/v1/sessions/options")["setup"], "set-up is still announced")
    server.stop()
    server.start()
    check("/setup#" not in server.output(), "a second link was printed")
    Browser(server.port).log_in("Olivia", PASSWORD)
    server.stop()


@test
def a_log_in_opens_a_session_and_a_log_out_ends_it():
    server = start()
    first_operator(server, password=PASSWORD)
    browser = Browser(server.port)
    session = browser.log_in("olivia", PASSWORD)
    morsel = browser.morsels["daybook"]
    check(morsel["httponly"] and morsel["samesite"] == "Lax" and morsel["path"] == "/", morsel.OutputString())
    check(not morsel["secure"] and not morsel["domain"], morsel.OutputString())
    check(session["session"].startswith("ses_"), session)
    check(browser.get("/v1/me")["session"] == session["session"], "me names another session")
    old = dict(browser.cookies)
    browser.call("DELETE", "/v1/sessions/current", status=204)
    check(not browser.cookies, "the cookie stays")
    browser.cookies = old
    browser.get("/v1/me", 401)
    server.stop()


# ---- Accounts by link ----

def invite(operator, login="ivan", tenant="acme", role="viewer", **more):
    """Gives (user, token of the link)."""
    made = operator.call("POST", "/v1/users", {"login": login, "tenant": tenant, "email": f"{login}@corp.example",
                                               "grants": [{"role": role, "tenant": tenant}], **more}, 201)
    return made["user"], made["link"].partition("#token=")[2]


def with_password(operator, port, **more):
    """A user with the password PASSWORD, logged in."""
    user, token = invite(operator, **more)
    browser = Browser(port)
    browser.opened(browser.send("POST", "/v1/setup", {"token": token, "password": PASSWORD}))
    return user, browser


@test
def invitations_and_resets_set_a_password_once():
    server = start()
    operator = first_operator(server, password=PASSWORD)
    user, token = invite(operator)
    browser = Browser(server.port)
    check(browser.call("POST", "/v1/setup/check", {"token": token}) == {"purpose": "invite", "login": "ivan"}, "check")
    browser.log_in("ivan", "anything at all", 401)
    for bad in ("short", "password123", "PassWord1234", "1234567890", "x" * 1025):
        answer = browser.send("POST", "/v1/setup", {"token": token, "password": bad})
        check(answer.status == 400 and answer.json["errors"][0]["pointer"] == "/password", bad[:20], answer)
    browser.opened(browser.send("POST", "/v1/setup", {"token": token, "password": PASSWORD}))
    check(browser.get("/v1/me")["name"] == "ivan", "not ivan")
    Browser(server.port).call("POST", "/v1/setup", {"token": token, "password": PASSWORD}, 404)
    link = operator.call("POST", f"/v1/users/{user['id']}/reset", status=201)["link"]
    first = link.partition("#token=")[2]
    second = operator.call("POST", f"/v1/users/{user['id']}/reset", status=201)["link"].partition("#token=")[2]
    Browser(server.port).call("POST", "/v1/setup", {"token": first, "password": "another password"}, 404)
    fresh = Browser(server.port)
    check(fresh.call("POST", "/v1/setup/check", {"token": second})["purpose"] == "reset", "purpose")
    fresh.opened(fresh.send("POST", "/v1/setup", {"token": second, "password": "another password"}))
    browser.get("/v1/me", 401)
    Browser(server.port).log_in("ivan", PASSWORD, 401)
    Browser(server.port).log_in("ivan", "another password")
    server.stop()


@test
def of_many_who_use_a_link_at_once_one_succeeds():
    server = start()
    _, token = invite(first_operator(server))
    statuses = []

    def one(number):
        answer = Browser(server.port).send("POST", "/v1/setup", {"token": token, "password": f"a password {number}"})
        statuses.append(answer.status)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(sorted(statuses) == [201, 404], statuses)
    server.stop()


# ---- Sessions ----

@test
def sessions_are_listed_and_ended_at_once():
    server = start()
    first_operator(server, password=PASSWORD)
    browsers = [Browser(server.port, agent=f"Browser {n}") for n in range(3)]
    ids = [browser.log_in("olivia", PASSWORD)["session"] for browser in browsers]
    check(len(set(ids)) == 3 and len({b.cookies["daybook"] for b in browsers}) == 3, "a session twice")
    listed = {s["id"]: s for s in browsers[0].get("/v1/sessions")["sessions"]}
    check(set(ids) < set(listed) and len(listed) == 4, listed)
    check([listed[i]["user_agent"] for i in ids] == ["Browser 0", "Browser 1", "Browser 2"], listed)
    check([s["id"] for s in listed.values() if s["current"]] == [ids[0]], listed)
    browsers[0].call("DELETE", "/v1/sessions/" + ids[1], status=204)
    browsers[1].get("/v1/me", 401)
    browsers[0].call("DELETE", "/v1/sessions/" + ids[1], status=404)
    browsers[0].call("DELETE", "/v1/sessions", status=204)
    browsers[2].get("/v1/me", 401)
    check([s["id"] for s in browsers[0].get("/v1/sessions")["sessions"]] == [ids[0]], "others stay")
    operator = Browser(server.port)
    operator.log_in("olivia", PASSWORD)
    _, ivan = with_password(operator, server.port)
    (own,) = ivan.get("/v1/sessions")["sessions"]
    operator.call("DELETE", "/v1/sessions/" + own["id"], status=404)
    ivan.get("/v1/me")
    server.stop()


@test
def a_password_change_ends_the_other_sessions():
    server = start()
    first = first_operator(server, password=PASSWORD)
    other = Browser(server.port)
    other.log_in("olivia", PASSWORD)
    for body, status in (({"current": "wrong password", "new": "a new password"}, 403),
                         ({"current": PASSWORD, "new": "short"}, 400), ({"current": PASSWORD, "new": "olivia"}, 400),
                         ({"new": "a new password"}, 400)):
        first.call("PUT", "/v1/me/password", body, status)
    first.call("PUT", "/v1/me/password", {"current": PASSWORD, "new": "a new password"}, 204)
    first.get("/v1/me")
    other.get("/v1/me", 401)
    Browser(server.port).log_in("olivia", PASSWORD, 401)
    Browser(server.port).log_in("olivia", "a new password")
    server.stop()


@test
def a_session_cannot_be_fixed_forged_or_borrowed():
    server = start()
    first_operator(server, password=PASSWORD)
    attacker = Browser(server.port)
    planted = attacker.log_in("olivia", PASSWORD) and attacker.cookies["daybook"]
    victim = Browser(server.port)
    victim.cookies["daybook"] = planted
    victim.log_in("olivia", PASSWORD)
    check(victim.cookies["daybook"] != planted, "the log-in kept the planted session")
    both = Browser(server.port)
    answer = both.send("GET", "/v1/me", headers={"Cookie": f"daybook={planted}; daybook={victim.cookies['daybook']}"})
    check(answer.status == 401, "two cookies of the name count", answer)
    for forged in ("", "x", "A" * 43, planted[:-1] + "-", planted + "A", planted.swapcase(), "'; DROP TABLE sessions;--",
                   "ses_" + "a" * 16, "A" * 5000):
        forger = Browser(server.port)
        check(forger.send("GET", "/v1/me", headers={"Cookie": "daybook=" + forged}).status == 401, forged[:40])
    check(Browser(server.port).send("GET", "/v1/me", headers={"Authorization": "Bearer " + planted}).status == 401,
          "a session's token as a key")
    server.stop()


@test
def another_site_cannot_act_in_a_visitors_name():
    server = start()
    browser = first_operator(server, password=PASSWORD)
    csrf, attack = browser.csrf, {"display_name": "x"}
    for headers in ({"X-Daybook-CSRF": None}, {"X-Daybook-CSRF": ""}, {"X-Daybook-CSRF": csrf[:-1] + "~"},
                    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
                    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}):
        answer = browser.send("PUT", "/v1/me/preferences", attack, headers=headers)
        check(answer.status == 403, headers, answer)
        check(browser.send("DELETE", "/v1/sessions", headers=headers).status == 403, headers)
    other = Browser(server.port)
    other.log_in("olivia", PASSWORD)
    check(browser.send("DELETE", "/v1/sessions", headers={"X-Daybook-CSRF": other.csrf}).status == 403,
          "the text of another session")
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    check(browser.send("GET", "/v1/me", headers=foreign).status == 403, "a cross-site read")
    check(browser.send("GET", "/v1/me", headers={**foreign, "Sec-Fetch-Mode": "navigate"}).status == 200, "a link")
    log_in = {"login": "olivia", "password": PASSWORD}
    check(Browser(server.port).send("POST", "/v1/sessions", log_in, headers=foreign).status == 403, "a forced log-in")
    check(Browser(server.port).send("POST", "/v1/sessions", log_in, headers={"Content-Type": "text/plain"}).status == 415,
          "a form's log-in")
    browser.call("PUT", "/v1/me/preferences", {"columns": ["date"], "n": {"a": [1, None]}}, 204)
    check(browser.get("/v1/me")["preferences"] == {"columns": ["date"], "n": {"a": [1, None]}}, "preferences")
    browser.call("PUT", "/v1/me/preferences", [1], 400)
    browser.call("PUT", "/v1/me/preferences", {"a": "x" * 17000}, 413)
    server.stop()


@test
def a_key_is_no_account():
    server = start()
    client = server.client()
    me = client.get("/v1/me")
    check(me["kind"] == "operator_key" and me["csrf"] is None, me)
    for method, path, status in (("GET", "/v1/sessions", 409), ("DELETE", "/v1/sessions/current", 409),
                                 ("DELETE", "/v1/sessions/ses_x", 404)):
        check(client.request(method, path)[0] == status, method, path)
    for path, body in (("/v1/me/password", b'{"current":"a","new":"b"}'), ("/v1/me/preferences", b"{}")):
        check(client.request("PUT", path, body)[0] == 409, path)
    server.stop()


# ---- Guessing ----

def attempt(server, login, password, address):
    return Browser(server.port, address).send("POST", "/v1/sessions", {"login": login, "password": password})


@test
def answers_and_times_do_not_tell_who_exists():
    server = start()
    operator = first_operator(server, password=PASSWORD)
    _, ivan = with_password(operator, server.port)
    disabled, _ = with_password(operator, server.port, login="dora")
    operator.call("PUT", f"/v1/users/{disabled['id']}", {"state": "disabled"})
    invite(operator, login="invited")
    cases = {"ivan": "wrong password!", "nobody": "wrong password!", "dora": PASSWORD, "invited": "wrong password!",
             "' OR 1=1 --": "wrong password!", "a\u0000b": "x", "": "x", "IVAN ": "wrong password!",
             "acme/../ivan": "x" * 2000, "x" * 5000: "y"}
    texts, times = set(), {}
    # Other work on this machine makes an answer slower, never faster: the fastest of each is compared, of as many
    # rounds as it takes.
    for round_ in range(25):
        for number, (login, password) in enumerate(cases.items()):
            begun = time.monotonic()
            answer = attempt(server, login, password, f"127.1.{round_}.{number + 1}")
            took = time.monotonic() - begun
            if "\u0000" in login:
                check(answer.status == 400, login, answer)
                continue
            if answer.status == 429:
                continue
            check(answer.status == 401, repr(login[:20]), answer)
            texts.add((answer.json["detail"], answer.json["title"], answer.json["type"]))
            times[login] = min(took, times.get(login, 60))
        middle = statistics.median(times.values())
        apart = {login[:20]: took for login, took in times.items() if not 0.5 * middle < took < 2 * middle}
        if round_ >= 3 and not apart:
            break
    check(len(texts) == 1 and WRONG in next(iter(texts)), texts)
    check(not apart, f"others take {middle:.3f} s, but", apart)
    ivan.get("/v1/me")
    server.stop()


@test
def who_guesses_is_slowed_down_and_locks_out_nobody_else():
    server = start()
    operator = first_operator(server, password=PASSWORD)
    for name in ("ivan", "judy"):
        with_password(operator, server.port, login=name)
    statuses = [attempt(server, "ivan", f"guess number {n}", "127.0.0.66").status for n in range(8)]
    check(statuses == [401] * 5 + [429] * 3, "guessing one name:", statuses)
    refused = attempt(server, "ivan", PASSWORD, "127.0.0.66")
    check(refused.status == 429 and 1 <= int(refused.headers["Retry-After"]) <= 60, refused, refused.headers)
    check(attempt(server, "IVAN", PASSWORD, "127.0.0.66").status == 429, "capitals escape the count")
    check(attempt(server, "judy", PASSWORD, "127.0.0.66").status == 201, "another name from there")
    check(attempt(server, "ivan", PASSWORD, "127.0.0.67").status == 201, "the name from elsewhere")
    statuses = [attempt(server, f"name{n}", "Spring2026!", "127.0.0.68").status for n in range(25)]
    check(statuses == [401] * 20 + [429] * 5, "spraying:", statuses)
    check(attempt(server, "ivan", PASSWORD, "127.0.0.69").status == 201, "another address while one sprays")
    for _ in range(30):
        check(attempt(server, "judy", PASSWORD, "127.0.0.70").status == 201, "success is charged")
    server.stop()


@test
def a_header_does_not_make_another_address_but_a_trusted_proxy_does():
    server = start()
    first_operator(server, password=PASSWORD)
    spoofed = [Browser(server.port, "127.0.0.80").send(
        "POST", "/v1/sessions", {"login": "olivia", "password": "wrong password!"},
        headers={"X-Forwarded-For": f"203.0.113.{n}", "Forwarded": f"for=203.0.113.{n}"}).status for n in range(7)]
    check(spoofed == [401] * 5 + [429] * 2, "a header escapes the count:", spoofed)
    server.stop()
    server = daybook.Server(daybook.temporary_folder(), "--trusted-proxy", "127.0.0.1")
    server.start()
    first_operator(server, password=PASSWORD)
    for n in range(7):
        status = Browser(server.port).send("POST", "/v1/sessions", {"login": "olivia", "password": "wrong password!"},
                                           headers={"X-Forwarded-For": f"203.0.113.{n}"}).status
        check(status == 401, "clients of a proxy are one address", n, status)
    server.stop()


@test
def behind_tls_the_cookie_is_for_tls_and_this_host_alone():
    server = daybook.Server(daybook.temporary_folder(), "--trusted-proxy", "127.0.0.1")
    server.start()
    first_operator(server, password=PASSWORD)
    secure = {"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Proto": "https"}
    browser = Browser(server.port)
    opened = browser.send("POST", "/v1/sessions", {"login": "olivia", "password": PASSWORD}, headers=secure)
    browser.opened(opened)
    morsel = browser.morsels["__Host-daybook"]
    check(morsel["secure"] and morsel["httponly"] and morsel["samesite"] == "Lax" and morsel["path"] == "/" and
          not morsel["domain"], morsel.OutputString())
    check(browser.send("GET", "/v1/me", headers=secure).status == 200, "the session")
    plain = {**secure, "Cookie": "daybook=" + browser.cookies["__Host-daybook"]}
    check(browser.send("GET", "/v1/me", headers=plain).status == 401, "the name for plain HTTP, over TLS")
    (own,) = [s for s in browser.send("GET", "/v1/sessions", headers=secure).json["sessions"] if s["current"]]
    check(own["address"] == "203.0.113.5", own)
    server.stop()


@test
def many_at_once_are_refused_and_not_queued():
    server = start()
    first_operator(server, password=PASSWORD)
    statuses = []

    def one(number):
        statuses.append(attempt(server, "olivia", PASSWORD, f"127.2.0.{number + 1}"))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kinds = {answer.status for answer in statuses}
    check(201 in kinds and kinds <= {201, 503}, kinds)
    check(all(a.headers["Retry-After"] for a in statuses if a.status == 503), "503 without Retry-After")
    check(attempt(server, "olivia", PASSWORD, "127.2.0.1").status == 201, "afterwards")
    server.stop()


@test
def failures_are_on_the_record_for_known_and_unknown_names():
    server = start()
    operator = first_operator(server, password=PASSWORD)
    user, _ = with_password(operator, server.port)
    attempt(server, "ivan", "wrong password!", "127.0.0.9")
    attempt(server, "no such \u2603 name" + "x" * 500, "wrong password!", "127.0.0.9")
    events = server.client().get("/v1/events", q="action:login outcome:failure")["events"]
    unknown, known = events
    check(known["tenant"] == "acme" and known["log"] == "auth" and known["actor"]["id"] == user["id"], known)
    check(known["reason"] == "wrong password" and known["source"]["ip"] == "127.0.0.9", known)
    check(unknown["tenant"] == "daybook" and unknown["actor"]["name"].startswith("no such \u2603 name"), unknown)
    check(len(unknown["actor"]["name"].encode()) <= 128 and "id" not in unknown["actor"], unknown)
    check("wrong password!" not in str(events), "what was typed is on the record")
    server.stop()


# ---- Second factors ----

def turn_on(browser):
    """Turns the authenticator on; gives (secret, recovery codes)."""
    made = browser.call("POST", "/v1/me/totp", {"password": PASSWORD}, 201)
    size = len(made["qr"])
    check(size >= 21 and all(len(row) == size and set(row) <= {"0", "1"} for row in made["qr"]), made["qr"])
    check(made["qr"][0].startswith("1111111"), "no finder pattern")
    check(made["secret"] in made["uri"] and made["uri"].startswith("otpauth://totp/Daybook:"), made["uri"])
    browser.call("PUT", "/v1/me/totp", {"code": "000000" if totp(made["secret"]) != "000000" else "000001"}, 400)
    codes = browser.call("PUT", "/v1/me/totp", {"code": totp(made["secret"], step=-1)})["recovery_codes"]
    check(len(set(codes)) == 10, codes)
    return made["secret"], codes


def challenge(server, login="olivia"):
    asked = Browser(server.port).log_in(login, PASSWORD, 202)
    check(asked["factor"] == "totp" and set(asked) == {"factor", "challenge"}, asked)
    return asked["challenge"]


def answer(server, token, source="127.0.0.1", **body):
    return Browser(server.port, source).send("POST", "/v1/sessions", {"challenge": token, **body})


@test
def codes_of_an_authenticator_work_once():
    server = start()
    browser = first_operator(server, password=PASSWORD)
    browser.call("POST", "/v1/me/totp", {"password": "not my password"}, 403)
    browser.call("DELETE", "/v1/me/totp", {"password": PASSWORD, "code": "123456"}, 409)
    secret, _ = turn_on(browser)
    check(browser.get("/v1/me")["totp"] and browser.get("/v1/me")["recovery_codes_left"] == 10, "me")
    browser.call("POST", "/v1/me/totp", {"password": PASSWORD}, 409)
    token = challenge(server)
    check(answer(server, token, code=totp(secret, step=-1), source="127.3.0.9").status == 401, "the set-up's")
    for number, bad in enumerate((totp(secret, step=-9), totp(secret, step=9), "abcdef", totp(secret) + "0")):
        check(answer(server, token, code=bad, source=f"127.3.0.{number + 1}").status == 401, bad)
    check(answer(server, token, code=totp(secret)).status == 401, "the sixth try of a challenge")
    token = challenge(server)
    statuses = [answer(server, token if n < 4 else challenge(server), code="000000", source="127.3.1.1").status
                for n in range(7)]
    check(statuses == [401] * 5 + [429] * 2, "who has the password guesses codes:", statuses)
    check(answer(server, challenge(server), code=totp(secret), source="127.3.1.2").status == 201, "the owner elsewhere")
    server.stop()


@test
def a_code_is_not_good_twice_also_at_once():
    server = start()
    secret, _ = turn_on(first_operator(server, password=PASSWORD))
    tokens, code, statuses = [challenge(server) for _ in range(3)], totp(secret), []
    threads = [threading.Thread(target=lambda t=t: statuses.append(answer(server, t, code=code).status))
               for t in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(sorted(statuses) == [201, 401, 401], statuses)
    check(answer(server, challenge(server), code=code).status == 401, "replayed")
    check(answer(server, challenge(server), code=totp(secret, step=1)).status == 201, "the next step's code")
    check(answer(server, "x" * 43, code=code).status == 401, "a forged challenge")
    server.stop()


@test
def recovery_codes_work_once_and_a_reset_keeps_the_factor():
    server = start()
    operator = first_operator(server, password=PASSWORD)
    user, browser = with_password(operator, server.port)
    secret, codes = turn_on(browser)
    check(answer(server, challenge(server, "ivan"), recovery_code=codes[0].upper()).status == 201, "recovery code")
    check(answer(server, challenge(server, "ivan"), recovery_code=codes[0], source="127.4.0.1").status == 401, "used twice")
    check(browser.get("/v1/me")["recovery_codes_left"] == 9, "left")
    check(answer(server, challenge(server, "ivan"), recovery_code="aaaa-aaaa-aaaa-aaaa", source="127.4.0.2").status == 401, "?")
    new = browser.call("POST", "/v1/me/recovery-codes", {"password": PASSWORD}, 201)["recovery_codes"]
    check(answer(server, challenge(server, "ivan"), recovery_code=codes[1], source="127.4.0.3").status == 401, "old")
    check(answer(server, challenge(server, "ivan"), recovery_code=new[1].replace("-", "")).status == 201, "a new one")
    token = operator.call("POST", f"/v1/users/{user['id']}/reset", status=201)["link"].partition("#token=")[2]
    fresh = Browser(server.port)
    fresh.call("POST", "/v1/setup", {"token": token, "password": PASSWORD}, 204)
    check(not fresh.cookies, "a reset link skips the second factor")
    fresh.opened(answer(server, challenge(server, "ivan"), code=totp(secret)))
    operator.call("DELETE", f"/v1/users/{user['id']}/totp", status=204)
    again = Browser(server.port, "127.4.0.4")
    again.log_in("ivan", PASSWORD)
    check(not again.get("/v1/me")["totp"], "still on")
    secret, codes = turn_on(again)
    again.call("DELETE", "/v1/me/totp", {"password": PASSWORD, "code": "123"}, 403)
    again.call("DELETE", "/v1/me/totp", {"password": PASSWORD, "code": totp(secret)}, 204)
    Browser(server.port).log_in("ivan", PASSWORD)
    server.stop()


@test
def codes_by_mail():
    mail = MailServer()
    server = start("--smtp-url", mail.url, "--mail-from", "daybook@corp.example")
    operator = first_operator(server, password=PASSWORD)
    operator.call("POST", "/v1/me/email-code", {"password": PASSWORD}, 409)
    _, browser = with_password(operator, server.port)
    check(browser.get("/v1/me")["email_code_possible"], "not possible")
    begun = browser.call("POST", "/v1/me/email-code", {"password": PASSWORD}, 202)
    sender, recipients, text = mail.messages[-1]
    check(sender == "<daybook@corp.example>" and recipients == ["<ivan@corp.example>"], mail.messages)
    check("Subject: Your code for Daybook" in text and "Date: " in text, text)

    def code():
        return re.search(r"is (\d{8})\n", mail.messages[-1][2])[1]

    browser.call("PUT", "/v1/me/email-code", {"challenge": begun["challenge"], "code": "00000000"}, 400)
    browser.call("PUT", "/v1/me/email-code", {"challenge": begun["challenge"], "code": code()}, 204)
    check(browser.get("/v1/me")["email_code"], "not on")
    count = len(mail.messages)
    Browser(server.port).log_in("ivan", "wrong password!", 401)
    check(len(mail.messages) == count, "mail for a wrong password")
    asked = Browser(server.port).log_in("ivan", PASSWORD, 202)
    check(asked["factor"] == "email" and len(mail.messages) == count + 1, asked)
    old = code()
    for _ in range(4):
        check(answer(server, asked["challenge"], code="00000000", source="127.0.0.5").status == 401, "a guess")
    opened = answer(server, asked["challenge"], code=old)
    check(opened.status == 201, opened)
    check(answer(server, asked["challenge"], code=old).status == 401, "twice")
    second = Browser(server.port).log_in("ivan", PASSWORD, 202)
    check(answer(server, second["challenge"], code=old).status == 401, "the code of another log-in")
    events = server.client().get("/v1/events", q='action:login actor:ivan auth.method:"password+email"')["events"]
    check(any(e["outcome"] == "success" for e in events) and old not in str(events), events)
    statuses = [attempt(server, "ivan", PASSWORD, "127.0.0.1").status for _ in range(4)]
    check(429 in statuses, "mail without end:", statuses)
    browser.call("DELETE", "/v1/me/email-code", {"password": PASSWORD}, 204)
    Browser(server.port).log_in("ivan", PASSWORD)
    server.stop()


@test
def odd_and_oversize_bodies_are_refused():
    server = start()
    first_operator(server)
    browser = Browser(server.port)
    for body, status in (("", 400), ("[]", 400), ("{", 400), ('{"login":"a"}', 400), ('{"login":1,"password":"x"}', 400),
                         ('{"login":"a","login":"b","password":"x"}', 400), ('{"login":"a","password":"b","x":1}', 400),
                         (b'{"login":"\xff","password":"x"}', 400), ('{"challenge":"x"}', 400),
                         ('{"login":"a","password":"' + "x" * 20000 + '"}', 413), ("[" * 9000, 400)):
        got = browser.send("POST", "/v1/sessions", body)
        check(got.status == status, body[:60], got)
    server.stop()


@test
def files_are_for_their_owner_alone():
    server = start()
    first_operator(server)
    folder = pathlib.Path(server.data)
    check(folder.stat().st_mode & 0o777 == 0o700, oct(folder.stat().st_mode))
    for path in folder.rglob("*"):
        check(path.is_dir() or path.stat().st_mode & 0o777 == 0o600, path, oct(path.stat().st_mode))
    check((folder / "secret.key").stat().st_size == 32, "secret.key")
    server.stop()


if __name__ == "__main__":
    daybook.main()
