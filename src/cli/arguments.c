#include "cli/arguments.h"

#include <errno.h>
#include <stdlib.h>

_Static_assert(OPTION_COUNT <= 31, "a set of options is 32 bits");

const struct option_spec *option_spec(enum option_id id) {
  static const struct option_spec specs[OPTION_COUNT] = {
#define X(option, name, letter, value, help) [option] = {name, letter, value, help},
      OPTION_TABLE(X)
#undef X
  };
  return &specs[id];
}

/* Levenshtein distance of two short names, for "did you mean". */
static unsigned distance(struct slice a, const char *b) {
  unsigned row[32];
  size_t width = strlen(b);
  if (width >= 31 || a.len >= 31) return 99;
  for (unsigned j = 0; j <= width; j++) row[j] = j;
  for (size_t i = 0; i < a.len; i++) {
    unsigned diagonal = row[0];
    row[0] = (unsigned)i + 1;
    for (size_t j = 0; j < width; j++) {
      unsigned change = diagonal + (a.data[i] != b[j]);
      diagonal = row[j + 1];
      unsigned shorter = row[j] < row[j + 1] ? row[j] : row[j + 1];
      row[j + 1] = change < shorter + 1 ? change : shorter + 1;
    }
  }
  return row[width];
}

static int unknown_option(struct slice name, uint32_t allowed, struct error *err) {
  const char *nearest = NULL;
  unsigned best = 4;
  for (unsigned id = 0; id < OPTION_COUNT; id++) {
    unsigned d = distance(name, option_spec((enum option_id)id)->name);
    if ((allowed & OPTION_BIT(id)) && d < best) best = d, nearest = option_spec((enum option_id)id)->name;
  }
  if (nearest)
    return error_set(err, ERR_INVALID, "unknown option --%.*s; did you mean --%s?", SLICE_ARGS(name), nearest);
  return error_set(err, ERR_INVALID, "unknown option --%.*s", SLICE_ARGS(name));
}

static int set_value(struct arguments *out, unsigned id, const char *value, struct error *err) {
  if (out->values[id] && option_spec((enum option_id)id)->value) {
    return error_set(err, ERR_INVALID, "--%s is given twice", option_spec((enum option_id)id)->name);
  }
  out->values[id] = value;
  return 0;
}

/* --name, --name=value or --name value; *at is moved past a value of its own. */
static int parse_long(int argc, char **argv, int *at, uint32_t allowed, struct arguments *out, struct error *err) {
  const char *text = argv[*at] + 2;
  const char *equals = strchr(text, '=');
  struct slice name = slice_of(text, equals ? (size_t)(equals - text) : strlen(text));
  for (unsigned id = 0; id < OPTION_COUNT; id++) {
    const struct option_spec *spec = option_spec((enum option_id)id);
    if (!(allowed & OPTION_BIT(id)) || !slice_equal(name, slice_from(spec->name))) continue;
    if (!spec->value && equals) return error_set(err, ERR_INVALID, "--%s takes no value", spec->name);
    if (!spec->value) return set_value(out, id, "", err);
    if (equals) return set_value(out, id, equals + 1, err);
    if (*at + 1 >= argc)
      return error_set(err, ERR_INVALID, "--%s needs a value: --%s %s", spec->name, spec->name, spec->value);
    return set_value(out, id, argv[++*at], err);
  }
  return unknown_option(name, allowed, err);
}

static int parse_short(int argc, char **argv, int *at, uint32_t allowed, struct arguments *out, struct error *err) {
  const char *text = argv[*at];
  for (unsigned id = 0; id < OPTION_COUNT; id++) {
    const struct option_spec *spec = option_spec((enum option_id)id);
    if (!(allowed & OPTION_BIT(id)) || spec->letter == 0 || text[1] != spec->letter) continue;
    if (!spec->value && text[2]) break;
    if (!spec->value) return set_value(out, id, "", err);
    if (text[2]) return set_value(out, id, text + 2, err);
    if (*at + 1 >= argc)
      return error_set(err, ERR_INVALID, "-%c needs a value: -%c %s", spec->letter, spec->letter, spec->value);
    return set_value(out, id, argv[++*at], err);
  }
  return error_set(err, ERR_INVALID, "unknown option %s (a word to search for that begins with a dash goes after --)",
                   text);
}

int arguments_parse(int argc, char **argv, uint32_t allowed, struct arguments *out, struct error *err) {
  memset(out, 0, sizeof *out);
  bool options = true;
  for (int i = 0; i < argc; i++) {
    const char *text = argv[i];
    int code = 0;
    bool dashed = options && text[0] == '-' && text[1];
    bool term = dashed && text[1] != '-' && strchr(text, ':') && (allowed & OPTION_BIT(OPT_QUERY));
    if (options && strcmp(text, "--") == 0) {
      options = false;
    } else if (dashed && text[1] == '-') {
      code = parse_long(argc, argv, &i, allowed, out, err);
    } else if (dashed && !term) {
      code = parse_short(argc, argv, &i, allowed, out, err);
    } else if (out->operand_count == ARGUMENTS_OPERANDS) {
      code = error_set(err, ERR_TOO_LARGE, "more than %d arguments", ARGUMENTS_OPERANDS);
    } else {
      out->operands[out->operand_count++] = text;
    }
    if (code) return code;
  }
  return 0;
}

int arguments_number(const struct arguments *a, enum option_id id, int64_t min, int64_t max, int64_t fallback,
                     int64_t *out, struct error *err) {
  const char *text = a->values[id];
  if (!text) return *out = fallback, 0;
  char *end = NULL;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (errno || end == text || *end || value < min || value > max) {
    return error_set(err, ERR_INVALID, "--%s: \"%s\" is not a whole number from %lld to %lld", option_spec(id)->name,
                     text, (long long)min, (long long)max);
  }
  return *out = value, 0;
}
