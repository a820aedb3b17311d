/* zlib: inflate of gzip and deflate. `inflateInit2` is a macro, which Swift does not see. */
#ifndef PIXELFLOW_CZLIB_SHIM_H
#define PIXELFLOW_CZLIB_SHIM_H
#include <zlib.h>

static inline int czlib_inflate_init(z_streamp stream, int window_bits) {
    return inflateInit2(stream, window_bits);
}

#endif
