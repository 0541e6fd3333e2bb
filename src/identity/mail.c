#include "identity/mail.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "identity/fetch.h"

struct mail {
  const struct os *os;
  char *url, *user, *password; /* user NULL: no log-in */
  char from[MAIL_ADDRESS_BYTES + 3];
  bool needs_tls; /* a password is never sent in clear */
  atomic_uint running;
};

bool mail_address_valid(struct slice text) {
  unsigned ats = 0;
  if (text.len < 3 || text.len > MAIL_ADDRESS_BYTES) return false;
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.data[i];
    if (c <= ' ' || c == 0x7f || strchr("\"<>()[],;:\\", c)) return false;
    ats += c == '@';
  }
  return ats == 1 && text.data[0] != '@' && text.data[text.len - 1] != '@';
}

/* ---- Opening ---- */

static char *copy(CURLU *u, CURLUPart part, unsigned flags) {
  char *value = NULL, *own = NULL;
  if (curl_url_get(u, part, &value, flags) == CURLUE_OK) {
    own = strdup(value);
    if (!own) abort();
    explicit_bzero(value, strlen(value));
  }
  curl_free(value);
  return own;
}

static int parse_url(struct mail *m, const char *url, struct error *err) {
  CURLU *u = curl_url();
  if (!u) abort();
  bool good = curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
  char *scheme = good ? copy(u, CURLUPART_SCHEME, 0) : NULL;
  good = scheme && (strcmp(scheme, "smtp") == 0 || strcmp(scheme, "smtps") == 0);
  if (good) {
    m->user = copy(u, CURLUPART_USER, CURLU_URLDECODE);
    m->password = copy(u, CURLUPART_PASSWORD, CURLU_URLDECODE);
    m->needs_tls = m->user && strcmp(scheme, "smtp") == 0;
    curl_url_set(u, CURLUPART_USER, NULL, 0);
    curl_url_set(u, CURLUPART_PASSWORD, NULL, 0);
    m->url = copy(u, CURLUPART_URL, 0);
  }
  free(scheme);
  curl_url_cleanup(u);
  return good && m->url ? 0 : error_set(err, ERR_INVALID, "the mail server must be smtp://HOST:PORT or smtps://HOST");
}

int mail_open(const struct os *os, const char *url, const char *from, struct mail **out, struct error *err) {
  fetch_start();
  if (!mail_address_valid(slice_from(from)))
    return error_set(err, ERR_INVALID, "the sender of mail must be an address, such as daybook@example.com");
  struct mail *m = calloc(1, sizeof *m);
  if (!m) abort();
  m->os = os;
  snprintf(m->from, sizeof m->from, "<%s>", from);
  int code = parse_url(m, url, err);
  if (code)
    mail_close(m);
  else
    *out = m;
  return code;
}

void mail_close(struct mail *m) {
  if (!m) return;
  if (m->password) explicit_bzero(m->password, strlen(m->password));
  free(m->url);
  free(m->user);
  free(m->password);
  free(m);
}

/* ---- Sending ---- */

struct upload {
  struct slice left;
};

static size_t give(char *to, size_t size, size_t count, void *arg) {
  struct upload *u = arg;
  size_t n = size * count < u->left.len ? size * count : u->left.len;
  if (n > 0) memcpy(to, u->left.data, n);
  u->left = slice_skip(u->left, n);
  return n;
}

/* RFC 5322 date, without strftime's locale. */
static void append_date(int64_t now_us, struct buffer *out) {
  static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  time_t now = (time_t)(now_us / 1000000);
  struct tm t;
  gmtime_r(&now, &t);
  buffer_printf(out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d +0000\r\n", days + (size_t)3 * (size_t)t.tm_wday,
                t.tm_mday, months + (size_t)3 * (size_t)t.tm_mon, t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

static bool is_ascii(struct slice s) {
  for (size_t i = 0; i < s.len; i++)
    if (s.data[i] < ' ' || s.data[i] > '~') return false;
  return true;
}

/* libcurl does the dot-stuffing. */
static void append_message(const struct mail *m, struct slice to, struct slice subject, struct slice text,
                           struct buffer *out) {
  unsigned char id[16];
  m->os->random(m->os->context, id, sizeof id);
  append_date(os_now_us(m->os), out);
  buffer_printf(out, "From: Daybook %s\r\nTo: <%.*s>\r\nMessage-ID: <", m->from, SLICE_ARGS(to));
  for (size_t i = 0; i < sizeof id; i++) buffer_printf(out, "%02x", id[i]);
  buffer_printf(out, "@daybook>\r\nSubject: %.*s\r\nMIME-Version: 1.0\r\n", SLICE_ARGS(subject));
  buffer_append_text(out,
                     "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
                     "Auto-Submitted: auto-generated\r\n\r\n");
  for (size_t i = 0; i < text.len; i++) {
    if (text.data[i] == '\n') buffer_append_char(out, '\r');
    if (text.data[i] != '\r') buffer_append_char(out, text.data[i]);
  }
}

static int perform(struct mail *m, const char *to, struct slice message, struct error *err) {
  struct upload upload = {message};
  CURL *curl = curl_easy_init();
  struct curl_slist *recipients = curl_slist_append(NULL, to);
  if (!curl || !recipients) abort();
  curl_easy_setopt(curl, CURLOPT_URL, m->url);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)MAIL_TIMEOUT_S);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)FETCH_CONNECT_S);
  curl_easy_setopt(curl, CURLOPT_USE_SSL, m->needs_tls ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_TRY);
  if (m->user) curl_easy_setopt(curl, CURLOPT_USERNAME, m->user);
  if (m->password) curl_easy_setopt(curl, CURLOPT_PASSWORD, m->password);
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, m->from);
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
  curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  CURLcode result = curl_easy_perform(curl);
  curl_slist_free_all(recipients);
  curl_easy_cleanup(curl);
  if (result == CURLE_OK) return 0;
  return error_set(err, ERR_IO, "the mail server does not take mail: %s", curl_easy_strerror(result));
}

int mail_send(struct mail *m, struct slice to, struct slice subject, struct slice text, struct error *err) {
  char mailbox[MAIL_ADDRESS_BYTES + 3];
  struct buffer message;
  if (!mail_address_valid(to) || !is_ascii(subject) || subject.len > 200)
    return error_set(err, ERR_INVALID, "this mail cannot be sent");
  if (atomic_fetch_add(&m->running, 1) >= MAIL_CONCURRENT) {
    atomic_fetch_sub(&m->running, 1);
    return error_set(err, ERR_BUSY, "too much mail is being sent");
  }
  snprintf(mailbox, sizeof mailbox, "<%.*s>", SLICE_ARGS(to));
  buffer_init(&message, 64 * 1024);
  append_message(m, to, subject, text, &message);
  int code = message.overflowed ? error_set(err, ERR_TOO_LARGE, "this mail is too long")
                                : perform(m, mailbox, buffer_slice(&message), err);
  if (message.data) explicit_bzero(message.data, message.len);
  buffer_free(&message);
  atomic_fetch_sub(&m->running, 1);
  return code;
}
