/* Addresses in networks, worked out bit by bit as text, apart from the store's way. */
#ifndef DAYBOOK_TESTS_PROPERTY_ORACLE_IP_H
#define DAYBOOK_TESTS_PROPERTY_ORACLE_IP_H

#include <stdbool.h>

/* Whether the address lies in "network/bits". IPv4 lies in IPv4 networks and in those of mapped addresses alone. */
bool oracle_ip_within(const char *address, const char *network);

#endif
