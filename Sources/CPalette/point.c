#include "internal.h"

#include <stdlib.h>
#include <string.h>

// The eye sees differences of green best and of blue worst: roots of the weights 3 : 4 : 2. A step of alpha shows on any ground.
static const float SEEN[4] = {1.0f, 0.8660254f, 1.0f, 0.7071068f};
enum { SORTED_BY = 2 };

Point palette_point_of(float r, float g, float b, float a) {
    float alpha = a / 255.0f;
    return (Point){{a * SEEN[0], r * alpha * SEEN[1], g * alpha * SEEN[2], b * alpha * SEEN[3]}};
}

static uint8_t byte_of(float value) {
    if (value <= 0) return 0;
    return value >= 255 ? 255 : (uint8_t)(value + 0.5f);
}

PaletteColor palette_color_of(Point point) {
    uint8_t a = byte_of(point.axis[0] / SEEN[0]);
    if (a == 0) return (PaletteColor){0, 0, 0, 0};
    float scale = 255.0f / (point.axis[0] / SEEN[0]);
    return (PaletteColor){
        byte_of(point.axis[1] / SEEN[1] * scale), byte_of(point.axis[2] / SEEN[2] * scale), byte_of(point.axis[3] / SEEN[3] * scale), a};
}

void palette_index(Index *index, const Point *points, const uint8_t *names, uint32_t count) {
    index->count = count;
    // By insertion: there are few.
    for (uint32_t next = 0; next < count; next++) {
        uint32_t position = next;
        while (position > 0 && index->points[position - 1].axis[SORTED_BY] > points[next].axis[SORTED_BY]) {
            index->points[position] = index->points[position - 1];
            index->names[position] = index->names[position - 1];
            position--;
        }
        index->points[position] = points[next];
        index->names[position] = names[next];
    }
}

uint8_t palette_nearest(const Index *index, const Point *point, float *squared) {
    float wanted = point->axis[SORTED_BY];
    uint32_t low = 0, high = index->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (index->points[middle].axis[SORTED_BY] < wanted) low = middle + 1;
        else high = middle;
    }
    float best = 1e30f;
    uint8_t name = index->names[0];
    // Outwards on both sides, until the one axis alone is further than the best.
    int64_t left = (int64_t)low - 1, right = low;
    while (left >= 0 || right < index->count) {
        if (left >= 0) {
            float gap = wanted - index->points[left].axis[SORTED_BY];
            if (gap * gap >= best) {
                left = -1;
            } else {
                float found = distance(&index->points[left], point);
                if (found < best) best = found, name = index->names[left];
                left--;
            }
        }
        if (right < index->count) {
            float gap = index->points[right].axis[SORTED_BY] - wanted;
            if (gap * gap >= best) {
                right = index->count;
            } else {
                float found = distance(&index->points[right], point);
                if (found < best) best = found, name = index->names[right];
                right++;
            }
        }
    }
    if (squared) *squared = best;
    return name;
}
