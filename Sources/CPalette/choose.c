// Which colours: boxes are split where that takes most of the error away (as Wu's method does), then each colour moves to the
// middle of those it is nearest to, some times over (Lloyd's algorithm).
#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 8 };

/// Bins that share an entry so far.
typedef struct {
    size_t start, count;
    float error;
} Box;

typedef struct {
    double weight, sum[4], squares[4];
} Moments;

static void add(Moments *moments, const Bin *bin) {
    moments->weight += bin->weight;
    for (int axis = 0; axis < 4; axis++) {
        double value = bin->point.axis[axis];
        moments->sum[axis] += bin->weight * value;
        moments->squares[axis] += bin->weight * value * value;
    }
}

static double spread(const Moments *moments, int axis) {
    return moments->weight > 0 ? moments->squares[axis] - moments->sum[axis] * moments->sum[axis] / moments->weight : 0;
}

static Moments moments_of(const Bin *bins, size_t count) {
    Moments moments = {0};
    for (size_t number = 0; number < count; number++) add(&moments, &bins[number]);
    return moments;
}

static float error_of(const Bin *bins, size_t count) {
    Moments moments = moments_of(bins, count);
    double error = 0;
    for (int axis = 0; axis < 4; axis++) error += spread(&moments, axis);
    return count > 1 ? (float)error : 0;
}

#define ORDER(number)                                                                                                                      \
    static int by_axis_##number(const void *one, const void *other) {                                                                      \
        const Bin *left = one, *right = other;                                                                                             \
        float difference = left->point.axis[number] - right->point.axis[number];                                                           \
        if (difference != 0) return difference < 0 ? -1 : 1;                                                                               \
        return memcmp(left->point.axis, right->point.axis, sizeof left->point.axis);                                                       \
    }
ORDER(0)
ORDER(1)
ORDER(2)
ORDER(3)

/// Sorts the bins by the axis on which they differ most, and says how many of them belong on the one side.
static size_t cut(Bin *bins, size_t count) {
    static int (*const orders[4])(const void *, const void *) = {by_axis_0, by_axis_1, by_axis_2, by_axis_3};
    Moments all = moments_of(bins, count), left = {0};
    int axis = 0;
    for (int other = 1; other < 4; other++) {
        if (spread(&all, other) > spread(&all, axis)) axis = other;
    }
    qsort(bins, count, sizeof *bins, orders[axis]);
    size_t best = count / 2;
    double gain = -1;
    for (size_t number = 0; number + 1 < count; number++) {
        add(&left, &bins[number]);
        double rest = all.weight - left.weight, found = 0;
        if (rest <= 0) break;
        for (int each = 0; each < 4; each++) {
            double other = all.sum[each] - left.sum[each];
            found += left.sum[each] * left.sum[each] / left.weight + other * other / rest;
        }
        if (found > gain) gain = found, best = number + 1;
    }
    return best;
}

/// The centres of this many boxes, or of fewer if there are fewer colours.
static uint32_t split(Bin *bins, size_t count, uint32_t wanted, Point *points) {
    Box boxes[PALETTE_COLORS];
    uint32_t made = 1;
    boxes[0] = (Box){0, count, error_of(bins, count)};
    while (made < wanted) {
        uint32_t worst = 0;
        for (uint32_t number = 1; number < made; number++) {
            if (boxes[number].error > boxes[worst].error) worst = number;
        }
        Box box = boxes[worst];
        if (box.count < 2 || box.error <= 0) break;
        size_t left = cut(bins + box.start, box.count);
        boxes[worst] = (Box){box.start, left, error_of(bins + box.start, left)};
        boxes[made++] = (Box){box.start + left, box.count - left, error_of(bins + box.start + left, box.count - left)};
    }
    for (uint32_t number = 0; number < made; number++) {
        Moments moments = moments_of(bins + boxes[number].start, boxes[number].count);
        for (int axis = 0; axis < 4; axis++) points[number].axis[axis] = (float)(moments.sum[axis] / moments.weight);
    }
    return made;
}

static void improve(Bin *bins, size_t count, Point *points, uint32_t made) {
    Index index;
    Moments moments[PALETTE_COLORS];
    uint8_t names[PALETTE_COLORS];
    for (uint32_t number = 0; number < made; number++) names[number] = (uint8_t)number;
    for (int round = 0; round < ROUNDS; round++) {
        palette_index(&index, points, names, made);
        memset(moments, 0, sizeof moments);
        size_t worst = 0;
        float worst_error = -1;
        for (size_t number = 0; number < count; number++) {
            float squared;
            bins[number].cluster = palette_nearest(&index, &bins[number].point, &squared);
            add(&moments[bins[number].cluster], &bins[number]);
            if (squared * bins[number].weight > worst_error) worst_error = squared * bins[number].weight, worst = number;
        }
        for (uint32_t number = 0; number < made; number++) {
            if (moments[number].weight <= 0) {
                // Unassigned: it is moved to where it is needed most.
                points[number] = bins[worst].point;
                continue;
            }
            for (int axis = 0; axis < 4; axis++) points[number].axis[axis] = (float)(moments[number].sum[axis] / moments[number].weight);
        }
    }
}

static void append(Palette *palette, PaletteColor color) {
    for (uint32_t number = 0; number < palette->count; number++) {
        if (memcmp(&palette->entries[number], &color, sizeof color) == 0) return;
    }
    palette->entries[palette->count++] = color;
}

int palette_choose(const uint8_t *rgba, size_t width, size_t height, int colors, Palette *palette) {
    Histogram histogram;
    Point points[PALETTE_COLORS];
    if (width == 0 || height == 0 || height > SIZE_MAX / 4 / width) return -1;
    uint32_t wanted = colors < 1 ? 1 : colors > PALETTE_COLORS ? PALETTE_COLORS : (uint32_t)colors;
    if (palette_histogram(rgba, width * height, &histogram)) return -1;
    memset(palette, 0, sizeof *palette);
    if (histogram.has_transparent) append(palette, (PaletteColor){0, 0, 0, 0});
    // A single entry is not used for transparent pixels, unless there are no others.
    if (histogram.count && palette->count == wanted) palette->count = 0;
    wanted -= palette->count;
    uint32_t made = 0;
    if (histogram.count && wanted) {
        made = split(histogram.bins, histogram.count, wanted, points);
        if (!histogram.is_exact || histogram.count > made) improve(histogram.bins, histogram.count, points, made);
    }
    for (uint32_t number = 0; number < made; number++) {
        PaletteColor color = palette_color_of(points[number]);
        // Hardly seen is still seen.
        if (color.a == 0) color.a = 1;
        append(palette, color);
    }
    free(histogram.bins);
    return 0;
}
