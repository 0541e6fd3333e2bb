/* What every unit test includes: the check library, and a main that runs one suite.
 * A test is a function named as a sentence: START_TEST(wal_replay_stops_at_a_torn_record). */
#ifndef DAYBOOK_TESTS_TEST_H
#define DAYBOOK_TESTS_TEST_H

#include <check.h>
#include <stdlib.h>

#define ck_assert_ok(expression)                                 \
  do {                                                           \
    int code_ = (expression);                                    \
    ck_assert_msg(code_ == 0, "%s gave %d", #expression, code_); \
  } while (0)

/* Seconds for each test; sanitizers need several times what a release needs, and machines are shared. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define TEST_LIMIT_S 180
#else
#define TEST_LIMIT_S 60
#endif

/* One suite, one case, the listed tests. */
#define TEST_MAIN(name, ...)                                                                \
  int main(void) {                                                                          \
    Suite *suite = suite_create(name);                                                      \
    TCase *tests = tcase_create(name);                                                      \
    tcase_set_timeout(tests, TEST_LIMIT_S);                                                 \
    const TTest *list[] = {__VA_ARGS__};                                                    \
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) tcase_add_test(tests, list[i]); \
    suite_add_tcase(suite, tests);                                                          \
    SRunner *runner = srunner_create(suite);                                                \
    srunner_run_all(runner, CK_NORMAL);                                                     \
    int failed = srunner_ntests_failed(runner);                                             \
    srunner_free(runner);                                                                   \
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;                                            \
  }

#endif
