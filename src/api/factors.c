/* Second factors: codes of an authenticator (TOTP, RFC 6238), recovery codes, codes by mail. */
#include <liboath/oath.h>
#include <qrencode.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/sign_in.h"

enum {
  TOTP_SECRET_BYTES = 20, /* RFC 4226 recommends 160 bits */
  TOTP_DIGITS = 6,
  TOTP_STEP_S = 30,
  TOTP_SKEW_STEPS = 1,
  BASE32_TEXT_BYTES = 33, /* of 20 bytes, with NUL */
  RECOVERY_RANDOM_BYTES = 10,
  RECOVERY_TEXT_BYTES = 20, /* "abcd-efgh-ijkl-mnop" with NUL: 80 bits, which nobody finds by trying hashes */
};
#define SEAL "totp"

static void base32(const unsigned char *bytes, size_t len, const char *digits, char *out) {
  uint64_t bits = 0;
  unsigned held = 0;
  for (size_t i = 0; i < len; i++) {
    bits = bits << 8 | bytes[i];
    for (held += 8; held >= 5; held -= 5) *out++ = digits[bits >> (held - 5) & 31];
  }
  *out = '\0';
}

/* ---- Checking ---- */

static bool same_digits(struct slice code, const char *digits) {
  return code.len == strlen(digits) && sodium_memcmp(code.data, digits, code.len) == 0;
}

/* The time step whose code this is, 0: none. All are compared, whichever is right. */
static int64_t find_step(const struct api *a, struct slice secret, struct slice code) {
  int64_t now_step = os_now_us(a->os) / 1000000 / TOTP_STEP_S, found = 0;
  char digits[TOTP_DIGITS + 1];
  for (int64_t step = now_step - TOTP_SKEW_STEPS; step <= now_step + TOTP_SKEW_STEPS; step++) {
    if (oath_hotp_generate(secret.data, secret.len, (uint64_t)step, TOTP_DIGITS, false, OATH_HOTP_DYNAMIC_TRUNCATION,
                           digits) != OATH_OK)
      return 0;
    if (same_digits(code, digits)) found = step;
  }
  sodium_memzero(digits, sizeof digits);
  return found;
}

static int find_totp(struct api *a, const struct account_sign_in *u, struct slice code, int64_t *step_out,
                     struct error *err) {
  struct arena arena;
  struct slice secret;
  arena_init(&arena, 4096);
  int result = 0;
  *step_out = 0;
  if (!accounts_unseal(a->accounts, SEAL, u->totp_secret, &arena, &secret))
    result = error_set(err, ERR_CORRUPT, "an authenticator's secret cannot be opened: was DIR/secret.key replaced?");
  else
    *step_out = find_step(a, secret, code);
  arena_wipe(&arena);
  return result;
}

int check_totp(struct api *a, const struct account_sign_in *u, struct slice code, struct error *err) {
  int64_t step;
  int result = u->totp ? find_totp(a, u, code, &step, err) : error_set(err, ERR_UNAUTHORIZED, "no authenticator");
  if (result) return result;
  if (!step) return error_set(err, ERR_UNAUTHORIZED, "wrong code");
  result = accounts_use_totp(a->accounts, u->id, step, NULL);
  return result ? error_set(err, result == ERR_CONFLICT ? ERR_UNAUTHORIZED : result, "the code was used before") : 0;
}

/* Hashed with whose it is, so that equal codes do not look equal. Dashes and capitals are the reader's choice. */
static void hash_code(struct slice user, struct slice code, unsigned char out[ACCOUNTS_HASH_BYTES]) {
  char text[ACCOUNTS_ID_BYTES + 64];
  size_t len = 0;
  for (size_t i = 0; i < user.len && len < ACCOUNTS_ID_BYTES; i++) text[len++] = user.data[i];
  text[len++] = ':';
  for (size_t i = 0; i < code.len && len < sizeof text; i++) {
    char c = code.data[i];
    if (c == '-' || c == ' ') continue;
    text[len++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
  }
  accounts_hash_token(slice_of(text, len), out);
  sodium_memzero(text, sizeof text);
}

int check_recovery_code(struct api *a, const struct account_sign_in *u, struct slice code, struct error *err) {
  unsigned char hash[ACCOUNTS_HASH_BYTES];
  hash_code(u->id, code, hash);
  int result = accounts_use_recovery_code(a->accounts, u->id, hash, NULL);
  if (result == 0) return 0;
  return error_set(err, result == ERR_NOT_FOUND ? ERR_UNAUTHORIZED : result, "wrong recovery code");
}

/* ---- By mail ---- */

static const struct throttle_rule mail_rule = {"mail", 5, 120};

bool check_email_code(const struct challenge *challenge, struct slice code) {
  unsigned char hash[ACCOUNTS_HASH_BYTES];
  hash_code(slice_from(challenge->user), code, hash);
  return sodium_memcmp(hash, challenge->code_hash, sizeof hash) == 0;
}

static void make_digits(const struct os *os, char out[EMAIL_CODE_DIGITS + 1]) {
  for (unsigned i = 0; i < EMAIL_CODE_DIGITS;) {
    unsigned char byte;
    os->random(os->context, &byte, 1);
    if (byte < 250) out[i++] = (char)('0' + byte % 10); /* 250: no digit more likely than another */
  }
  out[EMAIL_CODE_DIGITS] = '\0';
}

int send_email_code(struct http_request *r, struct api *a, const struct account_sign_in *u, enum challenge_kind kind,
                    char token_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err) {
  struct challenge challenge = {.kind = kind};
  char digits[EMAIL_CODE_DIGITS + 1], text[512];
  uint32_t wait = throttle_charge(a->sign_in->throttle, &mail_rule, u->id, slice_of("", 0));
  if (wait) {
    http_retry_after(r, wait);
    return error_set(err, ERR_THROTTLED, "too many codes were sent, try again in %u seconds", wait);
  }
  make_digits(a->os, digits);
  snprintf(text, sizeof text,
           "Your code for Daybook is %s\n\nIt is good for five minutes and for one log-in, from %.*s.\n"
           "If you did not just log in, somebody else knows your password: change it.\n",
           digits, SLICE_ARGS(request_address(r)));
  memcpy(challenge.user, u->id.data, u->id.len);
  hash_code(u->id, slice_from(digits), challenge.code_hash);
  int code = mail_send(a->sign_in->config.mail, u->email, SLICE("Your code for Daybook"), slice_from(text), err);
  if (code == 0) challenges_add(a->sign_in->challenges, &challenge, token_out);
  sodium_memzero(digits, sizeof digits);
  sodium_memzero(text, sizeof text);
  sodium_memzero(&challenge, sizeof challenge);
  return code;
}

/* ---- Setting up ---- */

static int record_factor(struct http_request *r, struct api *a, const struct account_sign_in *u, const char *field,
                         bool before, bool now, const char *activity, struct error *err) {
  const struct record_change changes[] = {{.field = field,
                                           .old_value = before ? SLICE("true") : SLICE("false"),
                                           .new_value = now ? SLICE("true") : SLICE("false"),
                                           .is_json = true}};
  struct record record = {.tenant = u->tenant,
                          .log = "admin",
                          .action = "update",
                          .activity = activity,
                          .category = "Security",
                          .target = {.type = "user", .id = u->id, .name = u->login, .user = u->login},
                          RECORD_CHANGES(changes)};
  if (before == now) record.change_count = 0;
  return record_event(r, a, &record, err);
}

/* {"password"} of a body, checked; other members as named. */
static int read_confirmed(struct http_request *r, struct api *a, struct account_sign_in *u, struct slice *code_out,
                          struct error *err) {
  static const char *const plain[] = {"password", NULL}, *const with_code[] = {"password", "code", NULL};
  const struct document *body;
  struct slice password = {"", 0};
  int code = own_account(r, a, u, err);
  if (code == 0) code = body_object(r, code_out ? with_code : plain, &body, err);
  if (code == 0) code = member_text(body, "", "password", true, &password, err);
  if (code == 0 && code_out) code = member_text(body, "", "code", true, code_out, err);
  return code ? code : check_own_password(r, a, u, password, "/password", err);
}

static void append_qr(struct buffer *out, const char *uri) {
  QRcode *qr = QRcode_encodeString8bit(uri, 0, QR_ECLEVEL_M);
  if (!qr) abort(); /* an address of this length always fits */
  buffer_append_text(out, ",\"qr\":[");
  for (int y = 0; y < qr->width; y++) {
    buffer_append_text(out, y ? ",\"" : "\"");
    for (int x = 0; x < qr->width; x++) buffer_append_char(out, qr->data[y * qr->width + x] & 1 ? '1' : '0');
    buffer_append_char(out, '"');
  }
  buffer_append_char(out, ']');
  QRcode_free(qr);
}

static void append_uri(struct buffer *out, struct slice login, const char *secret) {
  static const char hex[] = "0123456789ABCDEF";
  buffer_append_text(out, "otpauth://totp/Daybook:");
  for (size_t i = 0; i < login.len; i++) {
    unsigned char c = (unsigned char)login.data[i];
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    const char escape[3] = {'%', hex[c >> 4], hex[c & 15]};
    if (plain)
      buffer_append_char(out, (char)c);
    else
      buffer_append(out, escape, sizeof escape);
  }
  buffer_printf(out, "?secret=%s&issuer=Daybook&algorithm=SHA1&digits=%d&period=%d", secret, TOTP_DIGITS, TOTP_STEP_S);
}

static int store_secret(struct api *a, const struct account_sign_in *u, const unsigned char *secret,
                        struct error *err) {
  struct buffer sealed;
  buffer_init(&sealed, 256);
  accounts_seal(a->accounts, SEAL, slice_of((const char *)secret, TOTP_SECRET_BYTES), &sealed);
  int code = accounts_put_totp(a->accounts, u->id, buffer_slice(&sealed), err);
  buffer_free(&sealed);
  return code;
}

int me_totp_post(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct account_sign_in u;
  unsigned char secret[TOTP_SECRET_BYTES];
  char text[BASE32_TEXT_BYTES];
  struct buffer uri;
  int code = read_confirmed(r, a, &u, NULL, err);
  if (code) return code;
  a->os->random(a->os->context, secret, sizeof secret);
  code = store_secret(a, &u, secret, err);
  if (code == 0) {
    struct buffer *out = http_answer(r);
    buffer_init(&uri, 1024);
    base32(secret, sizeof secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", text);
    append_uri(&uri, u.login, text);
    buffer_printf(out, "{\"secret\":\"%s\",\"uri\":", text);
    json_append_string(out, buffer_slice(&uri));
    buffer_append_char(&uri, '\0');
    append_qr(out, uri.data);
    buffer_append_char(out, '}');
    http_answer_as(r, 201, NULL);
    buffer_wipe(&uri);
    sodium_memzero(text, sizeof text);
  }
  sodium_memzero(secret, sizeof secret);
  return code;
}

/* Makes new recovery codes, puts their hashes into the account and their texts into the answer. */
static int make_recovery_codes(struct http_request *r, struct api *a, struct slice user, struct error *err) {
  unsigned char hashes[ACCOUNTS_RECOVERY_CODES][ACCOUNTS_HASH_BYTES], random[RECOVERY_RANDOM_BYTES];
  struct buffer *out = http_answer(r);
  buffer_append_text(out, "{\"recovery_codes\":[");
  for (unsigned i = 0; i < ACCOUNTS_RECOVERY_CODES; i++) {
    char plain[RECOVERY_TEXT_BYTES];
    a->os->random(a->os->context, random, sizeof random);
    base32(random, sizeof random, "abcdefghijklmnopqrstuvwxyz234567", plain);
    hash_code(user, slice_from(plain), hashes[i]);
    buffer_printf(out, "%s\"%.4s-%.4s-%.4s-%.4s\"", i ? "," : "", plain, plain + 4, plain + 8, plain + 12);
    sodium_memzero(plain, sizeof plain);
  }
  buffer_append_text(out, "]}");
  return accounts_put_recovery_codes(a->accounts, user, (const unsigned char(*)[ACCOUNTS_HASH_BYTES])hashes,
                                     ACCOUNTS_RECOVERY_CODES, err);
}

int me_totp_put(struct http_request *r, void *api, struct error *err) {
  static const char *const members[] = {"code", NULL};
  struct api *a = api;
  const struct document *body;
  struct account_sign_in u;
  struct slice code_text = {"", 0};
  int64_t step = 0;
  int code = own_account(r, a, &u, err);
  if (code == 0) code = body_object(r, members, &body, err);
  if (code == 0) code = member_text(body, "", "code", true, &code_text, err);
  if (code == 0 && (u.totp || u.totp_secret.len == 0))
    code = error_set(err, ERR_CONFLICT, "there is no authenticator to confirm: ask for one with POST first");
  if (code == 0) code = attempt_begin(r, a, u.login, err);
  if (code == 0) code = find_totp(a, &u, code_text, &step, err);
  if (code == 0 && !step) code = error_set_at(err, ERR_INVALID, "/code", "this is not the code of now");
  if (code) return code;
  attempt_succeeded(r, a, u.login);
  code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_confirm_totp(a->accounts, u.id, step, err);
  if (code == 0) code = make_recovery_codes(r, a, u.id, err);
  if (code == 0) code = record_factor(r, a, &u, "totp", false, true, "Two-Factor Enabled", err);
  return accounts_end(a->accounts, code, err);
}

int me_totp_delete(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct account_sign_in u;
  struct slice code_text = {"", 0};
  int code = read_confirmed(r, a, &u, &code_text, err);
  if (code == 0 && !u.totp) code = error_set(err, ERR_CONFLICT, "no authenticator is on");
  if (code == 0) code = attempt_begin(r, a, u.login, err);
  if (code) return code;
  code = check_totp(a, &u, code_text, NULL);
  if (code == ERR_UNAUTHORIZED) code = check_recovery_code(a, &u, code_text, NULL);
  if (code == ERR_UNAUTHORIZED) return error_set_at(err, ERR_FORBIDDEN, "/code", "this is not the code of now");
  if (code) return error_set(err, code, "%s", error_text(code));
  attempt_succeeded(r, a, u.login);
  code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_remove_totp(a->accounts, u.id, err);
  if (code == 0) code = record_factor(r, a, &u, "totp", true, false, "Two-Factor Disabled", err);
  code = accounts_end(a->accounts, code, err);
  if (code == 0) http_answer_as(r, 204, NULL);
  return code;
}

int me_recovery_codes_post(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct account_sign_in u;
  int code = read_confirmed(r, a, &u, NULL, err);
  if (code == 0 && !u.totp) code = error_set(err, ERR_CONFLICT, "no authenticator is on");
  if (code == 0) code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = make_recovery_codes(r, a, u.id, err);
  if (code == 0) code = record_factor(r, a, &u, "recovery_codes", true, true, "Recovery Codes Renewed", err);
  code = accounts_end(a->accounts, code, err);
  if (code == 0) http_answer_as(r, 201, NULL);
  return code;
}

/* ---- Codes by mail, on and off ---- */

int me_email_code_post(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct account_sign_in u;
  char token[ACCOUNTS_TOKEN_TEXT_BYTES];
  int code = read_confirmed(r, a, &u, NULL, err);
  if (code == 0 && !a->sign_in->config.mail)
    code = error_set(err, ERR_CONFLICT, "this server sends no mail (serve --smtp-url)");
  if (code == 0 && u.email.len == 0) code = error_set(err, ERR_CONFLICT, "this account has no e-mail address");
  if (code == 0) code = send_email_code(r, a, &u, CHALLENGE_EMAIL_SETUP, token, err);
  if (code) return code;
  http_answer_as(r, 202, NULL);
  buffer_printf(http_answer(r), "{\"factor\":\"email\",\"challenge\":\"%s\"}", token);
  sodium_memzero(token, sizeof token);
  return 0;
}

static int set_email_code(struct http_request *r, struct api *a, const struct account_sign_in *u, bool on,
                          struct error *err) {
  int code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_set_email_code(a->accounts, u->id, on, err);
  if (code == 0)
    code = record_factor(r, a, u, "email_code", u->email_code, on,
                         on ? "Two-Factor by E-mail Enabled" : "Two-Factor by E-mail Disabled", err);
  code = accounts_end(a->accounts, code, err);
  if (code == 0) http_answer_as(r, 204, NULL);
  return code;
}

int me_email_code_put(struct http_request *r, void *api, struct error *err) {
  static const char *const members[] = {"challenge", "code", NULL};
  struct api *a = api;
  const struct document *body;
  struct account_sign_in u;
  struct challenge challenge;
  struct slice token = {"", 0}, code_text = {"", 0};
  int code = own_account(r, a, &u, err);
  if (code == 0) code = body_object(r, members, &body, err);
  if (code == 0) code = member_text(body, "", "challenge", true, &token, err);
  if (code == 0) code = member_text(body, "", "code", true, &code_text, err);
  if (code) return code;
  bool right = challenges_try(a->sign_in->challenges, token, &challenge) && challenge.kind == CHALLENGE_EMAIL_SETUP &&
               slice_equal(slice_from(challenge.user), u.id) && check_email_code(&challenge, code_text) &&
               challenges_finish(a->sign_in->challenges, token);
  if (!right) return error_set_at(err, ERR_INVALID, "/code", "the code is wrong or its time is over");
  return set_email_code(r, a, &u, true, err);
}

int me_email_code_delete(struct http_request *r, void *api, struct error *err) {
  struct account_sign_in u;
  int code = read_confirmed(r, api, &u, NULL, err);
  if (code == 0 && !u.email_code) code = error_set(err, ERR_CONFLICT, "codes by mail are not on");
  return code ? code : set_email_code(r, api, &u, false, err);
}
