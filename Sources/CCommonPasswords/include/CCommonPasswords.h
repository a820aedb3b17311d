#ifndef PIXELFLOW_COMMON_PASSWORDS_H
#define PIXELFLOW_COMMON_PASSWORDS_H

#include <stddef.h>

/// The most common passwords that are long enough to pass otherwise, in lower case, each followed by a line feed.
const unsigned char *pf_common_passwords(void);
/// Bytes; 0 in an executable that was built without `scripts/web`.
size_t pf_common_passwords_length(void);

#endif
