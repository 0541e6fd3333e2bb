#include "event/verbs.h"

#include <string.h>

struct row {
  const char *word, *infinitive, *past, *joint;
  enum verb_kind kind;
};

/* Words whose sentence does not follow from the rule in verb_append_past: irregular past, doubled consonant,
 * another word for people. */
static const struct row rows[] = {
    {"add", "add", "added", "", VERB_PLAIN},
    {"ban", "ban", "banned", "", VERB_PLAIN},
    {"begin", "begin", "began", "", VERB_PLAIN},
    {"bind", "bind", "bound", "", VERB_PLAIN},
    {"buy", "buy", "bought", "", VERB_PLAIN},
    {"cancel", "cancel", "cancelled", "", VERB_PLAIN},
    {"created", "create", "created", "", VERB_PLAIN},
    {"deleted", "delete", "deleted", "", VERB_PLAIN},
    {"drop", "drop", "dropped", "", VERB_PLAIN},
    {"forget", "forget", "forgot", "", VERB_PLAIN},
    {"get", "view", "viewed", "", VERB_PLAIN},
    {"give", "give", "gave", "", VERB_PLAIN},
    {"hide", "hide", "hid", "", VERB_PLAIN},
    {"log_in", "log in", "logged in", "to", VERB_LOGIN},
    {"log_out", "log out", "logged out", "of", VERB_LOGOUT},
    {"logged_in", "log in", "logged in", "to", VERB_LOGIN},
    {"logged_out", "log out", "logged out", "of", VERB_LOGOUT},
    {"login", "log in", "logged in", "to", VERB_LOGIN},
    {"logoff", "log off", "logged off", "of", VERB_LOGOUT},
    {"logon", "log on", "logged on", "to", VERB_LOGIN},
    {"logout", "log out", "logged out", "of", VERB_LOGOUT},
    {"make", "make", "made", "", VERB_PLAIN},
    {"map", "map", "mapped", "", VERB_PLAIN},
    {"mfa", "pass multi-factor authentication", "passed multi-factor authentication", "for", VERB_PLAIN},
    {"opt_in", "opt in", "opted in", "to", VERB_PLAIN},
    {"opt_out", "opt out", "opted out", "of", VERB_PLAIN},
    {"pay", "pay", "paid", "", VERB_PLAIN},
    {"plan", "plan", "planned", "", VERB_PLAIN},
    {"put", "put", "put", "", VERB_PLAIN},
    {"read", "view", "viewed", "", VERB_PLAIN},
    {"refer", "refer", "referred", "", VERB_PLAIN},
    {"reset", "reset", "reset", "", VERB_PLAIN},
    {"rollback", "roll back", "rolled back", "", VERB_PLAIN},
    {"run", "run", "ran", "", VERB_PLAIN},
    {"scan", "scan", "scanned", "", VERB_PLAIN},
    {"sell", "sell", "sold", "", VERB_PLAIN},
    {"send", "send", "sent", "", VERB_PLAIN},
    {"sent", "send", "sent", "", VERB_PLAIN},
    {"set", "set", "set", "", VERB_PLAIN},
    {"setup", "set up", "set up", "", VERB_PLAIN},
    {"shut_down", "shut down", "shut down", "", VERB_PLAIN},
    {"shutdown", "shut down", "shut down", "", VERB_PLAIN},
    {"sign_in", "sign in", "signed in", "to", VERB_LOGIN},
    {"sign_out", "sign out", "signed out", "of", VERB_LOGOUT},
    {"signin", "sign in", "signed in", "to", VERB_LOGIN},
    {"signout", "sign out", "signed out", "of", VERB_LOGOUT},
    {"signup", "sign up", "signed up", "for", VERB_PLAIN},
    {"split", "split", "split", "", VERB_PLAIN},
    {"stop", "stop", "stopped", "", VERB_PLAIN},
    {"submit", "submit", "submitted", "", VERB_PLAIN},
    {"swap", "swap", "swapped", "", VERB_PLAIN},
    {"tag", "tag", "tagged", "", VERB_PLAIN},
    {"take", "take", "took", "", VERB_PLAIN},
    {"transfer", "transfer", "transferred", "", VERB_PLAIN},
    {"unban", "unban", "unbanned", "", VERB_PLAIN},
    {"unbind", "unbind", "unbound", "", VERB_PLAIN},
    {"unset", "unset", "unset", "", VERB_PLAIN},
    {"untag", "untag", "untagged", "", VERB_PLAIN},
    {"updated", "update", "updated", "", VERB_PLAIN},
    {"warn", "raise a security warning", "raised a security warning", "about", VERB_PLAIN},
    {"warning", "raise a security warning", "raised a security warning", "about", VERB_PLAIN},
    {"write", "write", "wrote", "", VERB_PLAIN},
};

/* Regular verbs that are recognised as the first word of a name of several: create_user. */
static const char *const regular[] = {
    "accept",  "activate",   "allow",     "approve",   "archive",  "assign",   "assume",  "attach",     "block",
    "call",    "change",     "clear",     "clone",     "close",    "complete", "confirm", "connect",    "copy",
    "create",  "deactivate", "delete",    "deny",      "describe", "detach",   "disable", "disconnect", "download",
    "edit",    "enable",     "expire",    "export",    "generate", "grant",    "import",  "install",    "invite",
    "issue",   "list",       "load",      "lock",      "lookup",   "merge",    "modify",  "move",       "open",
    "pause",   "process",    "provision", "publish",   "purchase", "purge",    "query",   "receive",    "register",
    "reject",  "release",    "remove",    "rename",    "renew",    "replace",  "request", "restart",    "restore",
    "resume",  "retry",      "revoke",    "rotate",    "save",     "schedule", "search",  "share",      "start",
    "suspend", "switch",     "sync",      "terminate", "test",     "unassign", "unblock", "uninstall",  "unlock",
    "update",  "upload",     "use",       "validate",  "verify",   "view",
};

static const struct row *find_row(struct slice word) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (slice_equal(word, slice_from(rows[i].word))) return &rows[i];
  return NULL;
}

static bool is_regular(struct slice word) {
  for (size_t i = 0; i < sizeof regular / sizeof *regular; i++)
    if (slice_equal(word, slice_from(regular[i]))) return true;
  return false;
}

/* The word as a verb; false where it is neither in the table nor known to be regular. */
static bool find_verb(struct slice word, struct verb *out) {
  const struct row *row = find_row(word);
  if (row)
    *out = (struct verb){.kind = row->kind,
                         .infinitive = slice_from(row->infinitive),
                         .past = slice_from(row->past),
                         .joint = slice_from(row->joint)};
  else if (is_regular(word))
    *out = (struct verb){.infinitive = word};
  return row || is_regular(word);
}

static bool is_one_word(struct slice s) {
  for (size_t i = 0; i < s.len; i++)
    if (s.data[i] < 'a' || s.data[i] > 'z') return false;
  return s.len > 0;
}

struct verb verb_of_action(struct slice action) {
  size_t dot = action.len;
  while (dot > 0 && action.data[dot - 1] != '.') dot--;
  struct slice last = slice_skip(action, dot), before = slice_of(action.data, dot > 0 ? dot - 1 : 0);
  struct verb v = {.infinitive = action, .is_noun = true};
  if (find_verb(last, &v)) {
    v.object = before;
    return v;
  }
  const char *underscore = last.len ? memchr(last.data, '_', last.len) : NULL;
  size_t first_len = underscore ? (size_t)(underscore - last.data) : last.len;
  if (underscore && find_verb(slice_of(last.data, first_len), &v)) {
    v.object = slice_skip(last, first_len + 1);
    return v;
  }
  if (is_one_word(last)) return (struct verb){.infinitive = last, .object = before};
  return v;
}

static bool ends_with(struct slice s, const char *end) {
  size_t n = strlen(end);
  return s.len >= n && memcmp(s.data + s.len - n, end, n) == 0;
}

void verb_append_past(const struct verb *v, struct buffer *out) {
  struct slice word = v->infinitive;
  if (v->past.len > 0) {
    buffer_append_slice(out, v->past);
  } else if (ends_with(word, "ed")) { /* the client wrote the past itself */
    buffer_append_slice(out, word);
  } else if (ends_with(word, "e")) {
    buffer_append_slice(out, word);
    buffer_append_char(out, 'd');
  } else if (word.len > 1 && ends_with(word, "y") && !memchr("aeiou", word.data[word.len - 2], 5)) {
    buffer_append(out, word.data, word.len - 1);
    buffer_append_text(out, "ied");
  } else {
    buffer_append_slice(out, word);
    buffer_append_text(out, "ed");
  }
}
