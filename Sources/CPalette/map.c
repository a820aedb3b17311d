// Which entry for each pixel.
#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// The error of a pixel beyond this is dropped: it would smear over its neighbours.
static const float LARGEST = 48;
/// Between neighbours that differ by at most SMOOTH, a step between palette entries is visible, so the whole error is diffused; if they
/// differ by at least ROUGH, it is not visible, and dithering would only add noise.
static const float SMOOTH = 2, ROUGH = 12;
/// An error whose square is smaller is not visible and is dropped.
static const float UNSEEN = 2;

typedef struct {
    float channel[4];
} Error;

typedef struct {
    const uint8_t *rgba;
    size_t width, height;
} Picture;

typedef struct {
    const Palette *palette;
    Index visible;
    /// The transparent entry, or -1.
    int transparent;
    float dither;
} Mapper;

static void prepare(Mapper *mapper, const Palette *palette, float dither) {
    Point points[PALETTE_COLORS];
    uint8_t names[PALETTE_COLORS];
    uint32_t count = 0;
    mapper->palette = palette;
    mapper->transparent = -1;
    mapper->dither = dither < 0 || isnan(dither) ? 0 : dither > 1 ? 1 : dither;
    for (uint32_t number = 0; number < palette->count; number++) {
        PaletteColor color = palette->entries[number];
        if (color.a == 0) {
            mapper->transparent = (int)number;
            continue;
        }
        points[count] = palette_point_of(color.r, color.g, color.b, color.a);
        names[count++] = (uint8_t)number;
    }
    palette_index(&mapper->visible, points, names, count);
}

static float limited(float value, float low, float high) { return value < low ? low : value > high ? high : value; }

/// The most that a pixel and one of its neighbours differ by.
static int roughness(const uint8_t *pixel, const uint8_t *neighbor) {
    int most = 0;
    for (int channel = 0; channel < 4; channel++) {
        int difference = abs(pixel[channel] - neighbor[channel]);
        if (difference > most) most = difference;
    }
    return most;
}

/// How much of its error a pixel diffuses, depending on the difference from its neighbours.
static float share_at(const Picture *picture, size_t x, size_t y) {
    const size_t width = picture->width, height = picture->height;
    const uint8_t *pixel = picture->rgba + 4 * (width * y + x);
    int sum = 0, count = 0;
    if (x > 0) sum += roughness(pixel, pixel - 4), count++;
    if (x + 1 < width) sum += roughness(pixel, pixel + 4), count++;
    if (y > 0) sum += roughness(pixel, pixel - 4 * width), count++;
    if (y + 1 < height) sum += roughness(pixel, pixel + 4 * width), count++;
    float mean = count ? (float)sum / (float)count : 0;
    return 1 - limited((mean - SMOOTH) / (ROUGH - SMOOTH), 0, 1);
}

/// Chooses the entry for one pixel and returns its error.
static uint8_t choose(const Mapper *mapper, const uint8_t *pixel, const Error *carried, Error *error) {
    memset(error, 0, sizeof *error);
    if (mapper->visible.count == 0 || (pixel[3] == 0 && mapper->transparent >= 0)) {
        return mapper->transparent >= 0 ? (uint8_t)mapper->transparent : 0;
    }
    float wanted[4], seen = 0;
    for (int channel = 0; channel < 4; channel++) seen += carried->channel[channel] * carried->channel[channel];
    for (int channel = 0; channel < 4; channel++) {
        wanted[channel] = limited(pixel[channel] + (seen < UNSEEN ? 0 : carried->channel[channel]), 0, 255);
    }
    Point point = palette_point_of(wanted[0], wanted[1], wanted[2], wanted[3]);
    uint8_t name = palette_nearest(&mapper->visible, &point, NULL);
    PaletteColor chosen = mapper->palette->entries[name];
    const uint8_t values[4] = {chosen.r, chosen.g, chosen.b, chosen.a};
    for (int channel = 0; channel < 4; channel++) {
        error->channel[channel] = limited(wanted[channel] - values[channel], -LARGEST, LARGEST) * mapper->dither;
    }
    return name;
}

static void spread(Error *to, const Error *error, float share) {
    for (int channel = 0; channel < 4; channel++) to->channel[channel] += error->channel[channel] * share;
}

/// One row; the rows of errors have room for one more pixel on each side.
static void map_row(const Mapper *mapper, const Picture *picture, size_t y, Error *here, Error *below, uint8_t *indexes) {
    // There and back: in one direction alone the errors would draw lines.
    int step = y % 2 ? -1 : 1;
    ptrdiff_t at = step > 0 ? 0 : (ptrdiff_t)picture->width - 1;
    for (size_t done = 0; done < picture->width; done++, at += step) {
        Error error;
        indexes[at] = choose(mapper, picture->rgba + 4 * (picture->width * y + (size_t)at), &here[at], &error);
        if (mapper->dither == 0) continue;
        float share = share_at(picture, (size_t)at, y) / 16;
        spread(&here[at + step], &error, 7 * share);
        spread(&below[at - step], &error, 3 * share);
        spread(&below[at], &error, 5 * share);
        spread(&below[at + step], &error, share);
    }
}

int palette_map(const Palette *palette, const uint8_t *rgba, size_t width, size_t height, float dither, uint8_t *indexes) {
    Mapper mapper;
    if (palette->count == 0 || width == 0 || height == 0 || width > SIZE_MAX / sizeof(Error) / 4) return -1;
    size_t row = width + 2;
    Error *errors = calloc(2 * row, sizeof *errors);
    if (!errors) return -1;
    prepare(&mapper, palette, dither);
    const Picture picture = {rgba, width, height};
    Error *here = errors, *below = errors + row;
    for (size_t y = 0; y < height; y++) {
        map_row(&mapper, &picture, y, here + 1, below + 1, indexes + width * y);
        Error *done = here;
        here = below;
        below = done;
        memset(below, 0, row * sizeof *below);
    }
    free(errors);
    return 0;
}
