/* What libvips asks a library of palettes for, by the names that it knows, from Sources/CPalette. */
#ifndef PIXELFLOW_QUANTIZR_H
#define PIXELFLOW_QUANTIZR_H

#include <palette.h>
#include <stdlib.h>

typedef Palette QuantizrPalette;
typedef int QuantizrError;

typedef struct {
    int colors;
} QuantizrOptions;

typedef struct {
    const unsigned char *rgba;
    size_t width, height;
} QuantizrImage;

typedef struct {
    Palette palette;
    float dither;
} QuantizrResult;

static inline QuantizrOptions *quantizr_new_options(void) {
    QuantizrOptions *options = malloc(sizeof *options);
    if (options) options->colors = PALETTE_COLORS;
    return options;
}

static inline QuantizrError quantizr_set_max_colors(QuantizrOptions *options, int colors) {
    options->colors = colors;
    return 0;
}

static inline QuantizrImage *quantizr_create_image_rgba(const unsigned char *rgba, int width, int height) {
    QuantizrImage *image = malloc(sizeof *image);
    if (image) *image = (QuantizrImage){rgba, (size_t)width, (size_t)height};
    return image;
}

static inline QuantizrResult *quantizr_quantize(const QuantizrImage *image, const QuantizrOptions *options) {
    QuantizrResult *result = calloc(1, sizeof *result);
    if (!result) return NULL;
    result->dither = 1;
    /* An empty palette is refused when the picture is mapped to it: libvips knows no error here. */
    palette_choose(image->rgba, image->width, image->height, options->colors, &result->palette);
    return result;
}

static inline QuantizrError quantizr_set_dithering_level(QuantizrResult *result, float dither) {
    result->dither = dither;
    return 0;
}

static inline const QuantizrPalette *quantizr_get_palette(const QuantizrResult *result) { return &result->palette; }

static inline QuantizrError quantizr_remap(const QuantizrResult *result, const QuantizrImage *image, void *indexes, size_t size) {
    if (size < image->width * image->height) return -1;
    return palette_map(&result->palette, image->rgba, image->width, image->height, result->dither, indexes);
}

static inline void quantizr_free_result(QuantizrResult *result) { free(result); }
static inline void quantizr_free_image(QuantizrImage *image) { free(image); }
static inline void quantizr_free_options(QuantizrOptions *options) { free(options); }

#endif
