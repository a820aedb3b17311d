#include "CWebAssets.h"

// The files are bytes to the compiler and not source text: megabytes of them cost no build time.
#pragma clang diagnostic ignored "-Wc23-extensions"

// `make web` writes `page/built`; without it the fallback says how to build the page.
#if __has_include("page/built/table.h")
#include "page/built/table.h"
#else
#include "page/fallback/table.h"
#endif

const struct pf_web_asset *pf_web_assets(void) { return files; }

size_t pf_web_asset_count(void) { return sizeof(files) / sizeof(files[0]); }
