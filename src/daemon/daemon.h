/* The server process: configuration, wiring, signals. Nothing outside daemon/ uses this. */
#ifndef DAYBOOK_DAEMON_DAEMON_H
#define DAYBOOK_DAEMON_DAEMON_H

#include "http/http.h"
#include "store/store.h"

/* `daybook serve ...`, argv[0] being "serve"; returns the exit status. */
int serve_main(int argc, char **argv);

/* The viewer's files, made by tools/embed-assets.mjs from build/web. */
extern const struct http_asset daemon_assets[];
extern const uint32_t daemon_asset_count;

/* One line on stderr: time, level, text. */
void daemon_log(void *unused, enum http_level level, const char *text);

#endif
