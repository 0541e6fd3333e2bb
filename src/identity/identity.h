/* The platform's own identity providers and its mail server: what sign-in needs from other machines.
 * Other folders include this header only. */
#ifndef DAYBOOK_IDENTITY_IDENTITY_H
#define DAYBOOK_IDENTITY_IDENTITY_H

#include "identity/mail.h"
#include "identity/oidc.h"

#endif
