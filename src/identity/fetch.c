#include "identity/fetch.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>

static void start(void) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) abort();
}

void fetch_start(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, start);
}

bool fetch_url_allowed(struct slice url) {
  static const struct slice local[] = {SLICE_INIT("http://127.0.0.1"), SLICE_INIT("http://localhost"),
                                       SLICE_INIT("http://[::1]")};
  for (size_t i = 0; i < url.len; i++)
    if (url.data[i] <= ' ' || url.data[i] > '~' || strchr("\"<>\\^`{|}@#", url.data[i])) return false;
  if (slice_starts_with(url, SLICE("https://"))) return url.len > strlen("https://");
  for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
    if (!slice_starts_with(url, local[i])) continue;
    struct slice rest = slice_skip(url, local[i].len);
    if (rest.len == 0 || rest.data[0] == ':' || rest.data[0] == '/') return true;
  }
  return false;
}

void fetch_append_encoded(struct buffer *out, struct slice text) {
  static const char hex[] = "0123456789ABCDEF";
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.data[i];
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
    char escape[3] = {'%', hex[c >> 4], hex[c & 15]};
    if (plain)
      buffer_append_char(out, (char)c);
    else
      buffer_append(out, escape, sizeof escape);
  }
}

static size_t take(char *data, size_t size, size_t count, void *arg) {
  struct buffer *out = arg;
  buffer_append(out, data, size * count);
  return out->overflowed ? 0 : size * count;
}

static void set_options(CURL *curl, const struct fetch *f, struct curl_slist *headers, struct buffer *out) {
  curl_easy_setopt(curl, CURLOPT_URL, f->url);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https"); /* which hosts of http, fetch_url_allowed says */
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)FETCH_CONNECT_S);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)FETCH_TOTAL_S);
  curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, (long)FETCH_BYTES);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "daybook");
  if (f->ca_file) curl_easy_setopt(curl, CURLOPT_CAINFO, f->ca_file);
  if (f->form) curl_easy_setopt(curl, CURLOPT_POSTFIELDS, f->form);
}

int fetch(const struct fetch *f, struct buffer *out, long *status_out, struct error *err) {
  if (!fetch_url_allowed(slice_from(f->url)))
    return error_set(err, ERR_IO, "the identity provider names an address that is not https");
  fetch_start();
  CURL *curl = curl_easy_init();
  if (!curl) return error_set(err, ERR_IO, "libcurl does not start");
  struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
  struct buffer line;
  buffer_init(&line, 16 * 1024);
  if (f->authorization) {
    buffer_printf(&line, "Authorization: %s", f->authorization);
    buffer_append_char(&line, '\0');
    headers = curl_slist_append(headers, line.data);
  }
  set_options(curl, f, headers, out);
  long status = 0;
  CURLcode result = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  if (line.data) explicit_bzero(line.data, line.len);
  buffer_free(&line);
  if (result != CURLE_OK)
    return error_set(err, ERR_IO, "the identity provider cannot be reached: %s", curl_easy_strerror(result));
  if (status_out) *status_out = status;
  if (status == 400 || status == 401 || status == 403)
    return error_set(err, ERR_UNAUTHORIZED, "the identity provider refused with %ld", status);
  if (status != 200) return error_set(err, ERR_IO, "the identity provider answered %ld", status);
  return 0;
}
