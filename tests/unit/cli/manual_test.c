/* The man page and the shell completion say what the option tables say. Run from the top of the repository. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/importer.h"
#include "cli/text.h"
#include "tests/test.h"

static char *read_text(const char *path) {
  char *data;
  size_t len;
  ck_assert_msg(text_read_file(path, 1 << 20, &data, &len), "cannot read %s", path);
  return data;
}

/* Roff writes a dash that is meant as one with a backslash. */
static void remove_backslashes(char *text) {
  char *to = text;
  for (; *text; text++) {
    if (*text != '\\') *to++ = *text;
  }
  *to = 0;
}

/* The part of the man page about one command: from its .SS to the next. */
static const char *man_section(const char *page, const char *name, size_t *len_out) {
  char head[64];
  snprintf(head, sizeof head, "\n.SS %s\n", name);
  const char *start = strstr(page, head);
  ck_assert_msg(start != NULL, "man/daybook.1 has no section on %s", name);
  const char *end = strstr(start + 1, "\n.S");
  *len_out = end ? (size_t)(end - start) : strlen(start);
  return start;
}

START_TEST(man_page_names_every_command_with_its_options_and_no_others) {
  char *page = read_text("man/daybook.1");
  uint32_t count;
  const struct command *const *list = command_list(&count);
  remove_backslashes(page);
  for (uint32_t i = 0; i < count; i++) {
    size_t len;
    const char *section = man_section(page, list[i]->name, &len);
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
      char option[64];
      snprintf(option, sizeof option, "--%s", option_spec((enum option_id)id)->name);
      bool wanted = list[i]->options & OPTION_BIT(id), told = memmem(section, len, option, strlen(option)) != NULL;
      ck_assert_msg(!wanted || told, "man/daybook.1: %s lacks %s", list[i]->name, option);
    }
  }
  for (unsigned id = 0; id < OPTION_COUNT; id++) {
    char option[64];
    snprintf(option, sizeof option, "--%s", option_spec((enum option_id)id)->name);
    ck_assert_msg(strstr(page, option), "man/daybook.1 lacks %s", option);
  }
  for (int status = 0; status <= EXIT_REJECTED; status++) {
    char line[32];
    snprintf(line, sizeof line, "\n.B %d\n", status);
    ck_assert_msg(strstr(page, line), "man/daybook.1 lacks exit status %d", status);
  }
  free(page);
}
END_TEST

START_TEST(completion_offers_every_command_with_exactly_its_options) {
  char *script = read_text("completions/daybook.bash");
  uint32_t count;
  const struct command *const *list = command_list(&count);
  for (uint32_t i = 0; i < count; i++) {
    char head[64];
    snprintf(head, sizeof head, "\n    %s) options=\"", list[i]->name);
    const char *start = strstr(script, head);
    ck_assert_msg(start != NULL, "completions/daybook.bash lacks %s", list[i]->name);
    struct slice rest = slice_from(start + strlen(head)), options, after;
    ck_assert(text_split(rest, "\"", &options, &after));
    uint32_t found = 0;
    while (options.len) {
      struct slice word = text_take_word(&options);
      bool known = false;
      for (unsigned id = 0; id < OPTION_COUNT; id++) {
        bool same = word.len > 2 && text_equal(slice_skip(word, 2), option_spec((enum option_id)id)->name);
        known = known || (same && ((list[i]->options & OPTION_BIT(id)) || id == OPT_HELP));
      }
      ck_assert_msg(known, "completions/daybook.bash: %s has no %.*s", list[i]->name, SLICE_ARGS(word));
      found++;
    }
    uint32_t wanted = (uint32_t)__builtin_popcount(list[i]->options | OPTION_BIT(OPT_HELP));
    ck_assert_msg(found == wanted, "completions/daybook.bash: %s has %u options, not %u", list[i]->name, wanted, found);
  }
  free(script);
}
END_TEST

START_TEST(help_and_completion_know_every_import_format) {
  char *script = read_text("completions/daybook.bash");
  uint32_t count;
  const struct importer *const *list = importer_list(&count);
  for (uint32_t i = 0; i < count; i++) {
    ck_assert_msg(strstr(command_import.about, list[i]->name), "import --help lacks %s", list[i]->name);
    ck_assert_msg(strstr(script, list[i]->name), "completions/daybook.bash lacks %s", list[i]->name);
  }
  free(script);
}
END_TEST

START_TEST(every_error_has_a_documented_exit_status) {
  static const int codes[] = {
#define X(name, code, text, http, exit) name,
      ERROR_TABLE(X)
#undef X
  };
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    ck_assert_int_ge(error_exit_status(codes[i]), 1);
    ck_assert_int_lt(error_exit_status(codes[i]), EXIT_REJECTED);
  }
}
END_TEST

START_TEST(arguments_take_options_terms_and_words) {
  static struct arguments a;
  struct error err = {0};
  char text[][16] = {"--limit=5", "-q", "x y", "-actor:jane", "word", "--json", "--", "--limit"};
  char *words[8];
  for (size_t i = 0; i < 8; i++) words[i] = text[i];
  ck_assert_ok(arguments_parse(8, words, command_search.options, &a, &err));
  ck_assert_str_eq(a.values[OPT_LIMIT], "5");
  ck_assert_str_eq(a.values[OPT_QUERY], "x y");
  ck_assert(arguments_has(&a, OPT_JSON));
  ck_assert_uint_eq(a.operand_count, 3);
  ck_assert_str_eq(a.operands[0], "-actor:jane");
  ck_assert_str_eq(a.operands[2], "--limit");
}
END_TEST

TEST_MAIN("manual", man_page_names_every_command_with_its_options_and_no_others,
          completion_offers_every_command_with_exactly_its_options, help_and_completion_know_every_import_format,
          every_error_has_a_documented_exit_status, arguments_take_options_terms_and_words)
