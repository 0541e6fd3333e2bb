/* The program is linked as C. Clang's check of C++ dynamic types needs a runtime library of its own that a C link
 * does not bring, so it is left out here, where alone C++ is. */
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("vptr"))), apply_to = function)
#endif

#include "event/json.h"

#include <simdjson.h>

#include <charconv>
#include <cstring>
#include <memory>
#include <new>

struct json_parser {
  size_t max_bytes;
  std::unique_ptr<char[]> padded;
  simdjson::dom::parser parser;
};

extern "C" struct json_parser *json_parser_new(size_t max_bytes, unsigned max_depth) {
  try {
    std::unique_ptr<json_parser> p(new json_parser{max_bytes, nullptr, simdjson::dom::parser(max_bytes)});
    p->padded.reset(new char[max_bytes + simdjson::SIMDJSON_PADDING]());
    /* simdjson counts the document itself as one level. */
    if (p->parser.allocate(max_bytes, max_depth + 1) != simdjson::SUCCESS) return nullptr;
    if (p->parser.doc.allocate(max_bytes) != simdjson::SUCCESS) return nullptr;
    return p.release();
  } catch (...) {
    return nullptr;
  }
}

extern "C" void json_parser_free(struct json_parser *p) { delete p; }

static const char *reason(simdjson::error_code code) {
  switch (code) {
    case simdjson::CAPACITY: return "too long";
    case simdjson::DEPTH_ERROR: return "nested too deeply";
    case simdjson::STRING_ERROR: return "a string with a wrong escape";
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR: return "an unknown word (only true, false and null stand without quotes)";
    case simdjson::NUMBER_ERROR: return "a number that is malformed or out of range";
    case simdjson::UTF8_ERROR: return "not valid UTF-8";
    case simdjson::EMPTY: return "empty";
    case simdjson::UNESCAPED_CHARS: return "a control character in a string";
    case simdjson::UNCLOSED_STRING: return "a string without its closing quote";
    case simdjson::MEMALLOC: return "out of memory";
    default: return "malformed (a comma, colon or bracket is wrong)";
  }
}

extern "C" const char *json_parse(struct json_parser *p, const char *text, size_t len, struct json *out) {
  try {
    if (len > p->max_bytes) return reason(simdjson::CAPACITY);
    if (len > 0) std::memcpy(p->padded.get(), text, len);
    std::memset(p->padded.get() + len, ' ', simdjson::SIMDJSON_PADDING);
    simdjson::error_code code = p->parser.parse(p->padded.get(), len, false).error();
    if (code != simdjson::SUCCESS) return reason(code);
    out->tape = p->parser.doc.tape.get();
    out->strings = p->parser.doc.string_buf.get();
    return nullptr;
  } catch (...) {
    return "malformed";
  }
}

/* ECMA-262 Number::toString: std::to_chars gives the shortest digits that read back as v; here they get the
 * layout. n is the place of the decimal point counted from the first of k digits. */
static size_t lay_out(const char *digits, int k, int n, char *out) {
  char *at = out;
  if (k <= n && n <= 21) {
    std::memcpy(at, digits, size_t(k));
    std::memset(at + k, '0', size_t(n - k));
    return size_t(n);
  }
  if (0 < n && n <= 21) {
    std::memcpy(at, digits, size_t(n));
    at[n] = '.';
    std::memcpy(at + n + 1, digits + n, size_t(k - n));
    return size_t(k) + 1;
  }
  if (-6 < n && n <= 0) {
    std::memcpy(at, "0.000000", size_t(2 - n));
    std::memcpy(at + 2 - n, digits, size_t(k));
    return size_t(2 - n + k);
  }
  *at++ = digits[0];
  if (k > 1) {
    *at++ = '.';
    std::memcpy(at, digits + 1, size_t(k - 1));
    at += k - 1;
  }
  *at++ = 'e';
  *at++ = n > 0 ? '+' : '-';
  return size_t(std::to_chars(at, at + 4, n > 0 ? n - 1 : 1 - n).ptr - out);
}

extern "C" size_t json_format_number(double v, char out[JSON_NUMBER_BYTES]) {
  char text[40], digits[24];
  char *to = out;
  if (v == 0) {
    *out = '0';
    return 1;
  }
  if (v < 0) {
    *to++ = '-';
    v = -v;
  }
  char *end = std::to_chars(text, text + sizeof text, v, std::chars_format::scientific).ptr; /* d.ddde+xx */
  int k = 0, exponent = 0;
  const char *at = text;
  for (; at < end && *at != 'e'; at++)
    if (*at != '.') digits[k++] = *at;
  std::from_chars(at + (at[1] == '+' ? 2 : 1), end, exponent);
  return size_t(to - out) + lay_out(digits, k, exponent + 1, to);
}

#ifdef __clang__
#pragma clang attribute pop
#endif
