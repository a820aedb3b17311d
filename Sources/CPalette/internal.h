// Shared by the files of this module.
#ifndef PALETTE_INTERNAL_H
#define PALETTE_INTERNAL_H

#include "palette.h"

/// A colour as it is compared: alpha, red, green, blue, the colours multiplied by alpha, each weighted by how well it is seen.
typedef struct {
    float axis[4];
} Point;

/// Colours that are similar enough to be treated as one: their mean and their number of pixels.
typedef struct {
    Point point;
    float weight;
    /// The palette entry to which they are assigned; used for sorting.
    uint32_t cluster;
} Bin;

typedef struct {
    Bin *bins;
    size_t count;
    /// Whether each bin is of one colour.
    int is_exact;
    int has_transparent;
} Histogram;

Point palette_point_of(float r, float g, float b, float a);
PaletteColor palette_color_of(Point point);

static inline float distance(const Point *one, const Point *other) {
    float sum = 0;
    for (int axis = 0; axis < 4; axis++) {
        float difference = one->axis[axis] - other->axis[axis];
        sum += difference * difference;
    }
    return sum;
}

/// Counts the colours that are seen; `is_exact` and no more than `colors` bins if there are no more.
int palette_histogram(const uint8_t *rgba, size_t pixels, Histogram *histogram);

/// Points in the order of one axis, so that the nearest is found by comparing few of them.
typedef struct {
    Point points[PALETTE_COLORS];
    uint8_t names[PALETTE_COLORS];
    uint32_t count;
} Index;

void palette_index(Index *index, const Point *points, const uint8_t *names, uint32_t count);

/// The name of the nearest point; `squared` takes the distance.
uint8_t palette_nearest(const Index *index, const Point *point, float *squared);

#endif
