#ifndef PIXELFLOW_WEB_ASSETS_H
#define PIXELFLOW_WEB_ASSETS_H

#include <stdbool.h>
#include <stddef.h>

/// One file of the page, linked into the executable.
struct pf_web_asset {
    /// As in "/app.js".
    const char *path;
    /// The media type, as in "text/css; charset=utf-8".
    const char *type;
    const unsigned char *bytes;
    size_t length;
    /// The same compressed, or NULL.
    const unsigned char *gzip;
    size_t gzip_length;
    /// Whether the path names this content and no other, so that it may be cached for good.
    bool is_immutable;
};

/// The table of all files; never changes, never ends.
const struct pf_web_asset *pf_web_assets(void);
size_t pf_web_asset_count(void);

#endif
