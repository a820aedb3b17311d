/* zlib: gzip and deflate, both ways. `inflateInit2` and `deflateInit2` are macros, which Swift does not see. */
#ifndef PIXELFLOW_CZLIB_SHIM_H
#define PIXELFLOW_CZLIB_SHIM_H
#include <zlib.h>

static inline int czlib_inflate_init(z_streamp stream, int window_bits) {
    return inflateInit2(stream, window_bits);
}

/* 16 above the largest window asks for a gzip header; 8 is zlib's own default for its memory. */
static inline int czlib_gzip_init(z_streamp stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
