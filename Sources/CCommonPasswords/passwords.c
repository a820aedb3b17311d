#include "CCommonPasswords.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

// `scripts/common-passwords`, a part of `make web`, writes the list.
#if __has_include("list/passwords.txt")
static const unsigned char passwords[] = {
#embed "list/passwords.txt"
};
static const size_t length = sizeof(passwords);
#else
static const unsigned char passwords[1] = {0};
static const size_t length = 0;
#endif

const unsigned char *pf_common_passwords(void) { return passwords; }

size_t pf_common_passwords_length(void) { return length; }
