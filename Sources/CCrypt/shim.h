/* libcrypt: crypt_rn and crypt_gensalt_rn, both re-entrant. */
#include <crypt.h>
