#include <stdio.h>

#include "tests/support/import_text.h"
#include "tests/test.h"

static struct imported got;

static void run(const char *text, const struct import_options *options) {
  imported_free(&got);
  import_text("sshd", options, slice_from(text), &got);
}

static void run_2020(const char *text) {
  struct import_options options = {.year = 2020};
  run(text, &options);
}

#define ck_holds(event, part) ck_assert_msg(strstr(got.events[event], part), "no %s in %s", part, got.events[event])
#define ck_lacks(event, part) ck_assert_msg(!strstr(got.events[event], part), "%s in %s", part, got.events[event])

START_TEST(sshd_accepted_and_closed_make_a_login_and_a_log_out_with_its_duration) {
  run_2020(
      "Feb  3 10:00:00 web1 sshd[77]: Accepted publickey for anna from 198.51.100.7 port 4022 ssh2: ED25519 "
      "SHA256:abc\n"
      "Feb  3 10:00:00 web1 sshd[77]: pam_unix(sshd:session): session opened for user anna(uid=1000) by (uid=0)\n"
      "Feb  3 10:01:30 web1 sshd[77]: pam_unix(sshd:session): session closed for user anna\n");
  ck_assert_uint_eq(got.count, 2);
  ck_assert_uint_eq(got.skipped, 1);
  ck_holds(0, "\"occurred_at\":\"2020-02-03T10:00:00Z\"");
  ck_holds(0, "\"action\":\"login\"");
  ck_holds(0, "\"name\":\"anna\"");
  ck_holds(0, "\"ip\":\"198.51.100.7\"");
  ck_holds(0, "\"method\":\"publickey\"");
  ck_holds(0, "\"port\":4022");
  ck_holds(0, "SHA256:abc");
  ck_holds(1, "\"action\":\"logout\"");
  ck_holds(1, "\"duration_s\":90");
  ck_holds(1, "\"ip\":\"198.51.100.7\"");
  ck_holds(1, "\"session\":\"web1/77/1580724000\"");
  ck_holds(0, "\"session\":\"web1/77/1580724000\"");
}
END_TEST

START_TEST(sshd_repeated_lines_are_as_many_events_with_keys_of_their_own) {
  run_2020(
      "Feb  3 10:00:00 web1 sshd[9]: Failed password for root from 198.51.100.7 port 5 ssh2\n"
      "Feb  3 10:00:09 web1 sshd[9]: message repeated 3 times: [ Failed password for root from 198.51.100.7 port 5 "
      "ssh2]\n");
  ck_assert_uint_eq(got.count, 4);
  for (uint32_t i = 0; i < 4; i++) {
    ck_holds(i, "\"reason\":\"bad_password\"");
    ck_holds(i, "\"outcome\":\"failure\"");
    for (uint32_t j = 0; j < i; j++) ck_assert_str_ne(got.events[i], got.events[j]);
  }
  run_2020(
      "Feb  3 10:00:09 web1 sshd[9]: message repeated 99999999999999999999 times: [ Failed password for root from "
      "198.51.100.7 port 5 ssh2]\n");
  ck_assert_uint_eq(got.count, 0);
  ck_assert_uint_eq(got.rejected, 1);
}
END_TEST

START_TEST(sshd_unknown_users_count_once) {
  run_2020(
      "Feb  3 10:00:00 web1 sshd[1]: Invalid user bob from 198.51.100.7\n"
      "Feb  3 10:00:01 web1 sshd[1]: Failed password for invalid user bob from 198.51.100.7 port 5 ssh2\n"
      "Feb  3 10:00:02 web1 sshd[1]: Connection closed by 198.51.100.7 port 5 [preauth]\n"
      "Feb  3 10:00:03 web1 sshd[2]: Invalid user eve from 198.51.100.8\n"
      "Feb  3 10:00:04 web1 sshd[2]: Connection closed by 198.51.100.8 port 6 [preauth]\n"
      "Feb  3 10:00:05 web1 sshd[3]: Invalid user zoe from 198.51.100.9 port 12\n");
  ck_assert_uint_eq(got.count, 3);
  ck_holds(0, "\"name\":\"bob\"");
  ck_holds(0, "unknown_user");
  ck_holds(1, "\"name\":\"eve\"");
  ck_lacks(1, "\"method\"");
  ck_assert_uint_eq(got.positions[1], 4);
  ck_holds(2, "\"name\":\"zoe\"");
  ck_holds(2, "198.51.100.9");
}
END_TEST

START_TEST(sshd_hostile_user_names_do_not_forge_an_address) {
  run_2020(
      "Feb  3 10:00:00 web1 sshd[1]: Failed password for invalid user x from 10.0.0.1 port 1 ssh2 from 198.51.100.7 "
      "port 5 ssh2\n"
      "Feb  3 10:00:00 web1 sshd[1]: Failed password for invalid user  from 198.51.100.7 port 5 ssh2\n");
  ck_assert_uint_eq(got.count, 2);
  ck_holds(0, "\"ip\":\"198.51.100.7\"");
  ck_holds(0, "\"name\":\"x from 10.0.0.1 port 1 ssh2\"");
  ck_holds(1, "\"type\":\"anonymous\"");
}
END_TEST

START_TEST(sshd_a_process_id_given_out_again_begins_a_new_session) {
  run_2020(
      "Feb  3 10:00:00 a sshd[1]: Accepted password for u from 198.51.100.1 port 5 ssh2\n"
      "Feb  3 11:00:00 a sshd[1]: Accepted password for v from 198.51.100.2 port 5 ssh2\n"
      "Feb  3 11:00:05 b sshd[1]: pam_unix(sshd:session): session closed for user w\n"
      "Feb  3 11:00:10 a sshd[1]: pam_unix(sshd:session): session closed for user v\n");
  ck_assert_uint_eq(got.count, 4);
  ck_lacks(2, "duration_s"); /* another host: its login was before the file */
  ck_holds(3, "\"duration_s\":10");
}
END_TEST

START_TEST(sshd_years_roll_over_and_zones_are_obeyed) {
  struct import_options options = {.year = 2019, .tz = "Europe/Berlin"};
  run("Dec 31 23:59:59 a sshd[1]: Failed password for u from 198.51.100.1 port 5 ssh2\n"
      "Jan  1 00:00:01 a sshd[1]: Failed password for u from 198.51.100.1 port 5 ssh2\n"
      "Dec 31 23:59:58 a sshd[1]: Failed password for u from 198.51.100.1 port 5 ssh2\n"
      "Jul  1 12:00:00 a sshd[1]: Failed password for u from 198.51.100.1 port 5 ssh2\n"
      "2020-08-01T10:00:00.5+02:00 a sshd[1]: Failed password for u from 198.51.100.1 port 5 ssh2\n",
      &options);
  ck_assert_uint_eq(got.count, 5);
  ck_holds(0, "2019-12-31T22:59:59Z");
  ck_holds(1, "2019-12-31T23:00:01Z");
  ck_holds(2, "2019-12-31T22:59:58Z");
  ck_holds(3, "2020-07-01T10:00:00Z");
  ck_holds(4, "2020-08-01T08:00:00.5Z");
}
END_TEST

START_TEST(sshd_without_a_year_takes_the_last_that_is_not_ahead) {
  struct import_options options = {0}; /* the clock stands at 2026-06-01 */
  run("Nov  1 00:00:00 a sshd[1]: Failed password for u from 198.51.100.1 port 5 ssh2\n"
      "Feb  1 00:00:00 a sshd[1]: Failed password for u from 198.51.100.1 port 5 ssh2\n",
      &options);
  ck_holds(0, "2025-11-01");
  ck_holds(1, "2026-02-01");
}
END_TEST

START_TEST(sshd_neighbours_go_to_the_admin_log) {
  run_2020(
      "Feb  3 10:00:00 a sudo:   anna : TTY=pts/0 ; PWD=/home/anna ; USER=root ; COMMAND=/bin/ls ; echo\n"
      "Feb  3 10:00:01 a sudo:   joe : command not allowed ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh\n"
      "Feb  3 10:00:02 a useradd[5]: new user: name=kim, UID=1001, GID=1001, home=/home/kim, shell=/bin/sh\n"
      "Feb  3 10:00:03 a chpasswd[6]: pam_unix(chpasswd:chauthtok): password changed for kim\n"
      "Feb  3 10:00:04 a su[7]: Successful su for root by anna\n"
      "Feb  3 10:00:05 a CRON[8]: pam_unix(cron:session): session opened for user root by (uid=0)\n");
  ck_assert_uint_eq(got.count, 5);
  ck_assert_uint_eq(got.skipped, 1);
  ck_holds(0, "\"action\":\"execute\"");
  ck_holds(0, "/bin/ls ; echo");
  ck_holds(1, "\"outcome\":\"denied\"");
  ck_holds(2, "\"action\":\"create\"");
  ck_holds(2, "\"name\":\"kim\"");
  ck_holds(3, "Password Changed");
  ck_holds(4, "switch_user");
}
END_TEST

START_TEST(sshd_what_is_no_syslog_is_rejected) {
  static const char *const lines[] = {"x",
                                      "Foo  3 10:00:00 a sshd[1]: x",
                                      "Feb 32 10:00:00 a sshd[1]: x",
                                      "Feb  3 25:00:00 a sshd[1]: x",
                                      "Feb  3 10:00:00",
                                      "Feb  3 10:00:00 a sshd[x]: y"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    run_2020(lines[i]);
    ck_assert_msg(got.rejected == 1 && got.count == 0, "%s: %u", lines[i], got.rejected);
  }
}
END_TEST

START_TEST(sshd_days_that_no_calendar_has_are_rejected) {
  static const char entry[] = " 10:00:00 web1 sshd[1]: Failed password for root from 198.51.100.7 port 5 ssh2\n";
  char text[512];
  snprintf(text, sizeof text, "Feb 29%sFeb 30%sApr 31%s", entry, entry, entry);
  run_2020(text);
  ck_assert_uint_eq(got.count, 1);
  ck_holds(0, "2020-02-29T10:00:00Z");
  ck_assert_uint_eq(got.rejected, 2);
  struct import_options options = {.year = 2021};
  run(text, &options);
  ck_assert_uint_eq(got.count, 0);
  ck_assert_uint_eq(got.rejected, 3);
}
END_TEST

TEST_MAIN("import_sshd", sshd_days_that_no_calendar_has_are_rejected,
          sshd_accepted_and_closed_make_a_login_and_a_log_out_with_its_duration,
          sshd_repeated_lines_are_as_many_events_with_keys_of_their_own, sshd_unknown_users_count_once,
          sshd_hostile_user_names_do_not_forge_an_address, sshd_a_process_id_given_out_again_begins_a_new_session,
          sshd_years_roll_over_and_zones_are_obeyed, sshd_without_a_year_takes_the_last_that_is_not_ahead,
          sshd_neighbours_go_to_the_admin_log, sshd_what_is_no_syslog_is_rejected)
