#!/usr/bin/env python3
"""Signing in: passwords, sessions, second factors, links, and the attacks on them that must fail."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
import daybook  # noqa: E402
from browser import Browser, first_operator, setup_token, totp  # noqa: E402
from daybook import check, test  # noqa: E402

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


if __name__ == "__main__":
    daybook.main()
