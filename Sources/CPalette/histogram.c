#include "internal.h"

#include <stdlib.h>
#include <string.h>

// More colours than these are put together with their neighbours, bit by bit: three megabytes at most.
enum { BINS = 1 << 15, SLOTS = 1 << 16 };

typedef struct {
    uint32_t key;
    uint32_t is_used;
    uint64_t pixels;
    uint64_t sums[4];
} Slot;

static uint32_t key_of(const uint8_t *pixel, uint32_t mask) {
    uint32_t key;
    memcpy(&key, pixel, sizeof key);
    return key & mask;
}

static Slot *slot_for(Slot *slots, uint32_t key) {
    uint32_t slot = (key * 2654435761u) >> 16;
    while (slots[slot].is_used && slots[slot].key != key) slot = (slot + 1) % SLOTS;
    return &slots[slot];
}

/// Counts without this many low bits of each channel; -1 if there are too many colours for that.
static int count(const uint8_t *rgba, size_t pixels, int dropped, Slot *slots, int *has_transparent) {
    uint32_t mask = 0x01010101u * ((0xffu << dropped) & 0xffu);
    size_t used = 0;
    memset(slots, 0, SLOTS * sizeof *slots);
    *has_transparent = 0;
    for (size_t number = 0; number < pixels; number++) {
        const uint8_t *pixel = rgba + 4 * number;
        if (pixel[3] == 0) {
            *has_transparent = 1;
            continue;
        }
        Slot *slot = slot_for(slots, key_of(pixel, mask));
        if (!slot->is_used) {
            if (used++ == BINS) return -1;
            slot->is_used = 1;
            slot->key = key_of(pixel, mask);
        }
        slot->pixels++;
        for (int channel = 0; channel < 4; channel++) slot->sums[channel] += pixel[channel];
    }
    return (int)used;
}

static Bin bin_of(const Slot *slot) {
    float mean[4];
    for (int channel = 0; channel < 4; channel++) mean[channel] = (float)((double)slot->sums[channel] / (double)slot->pixels);
    return (Bin){palette_point_of(mean[0], mean[1], mean[2], mean[3]), (float)slot->pixels, 0};
}

int palette_histogram(const uint8_t *rgba, size_t pixels, Histogram *histogram) {
    Slot *slots = malloc(SLOTS * sizeof *slots);
    if (!slots) return -1;
    int dropped = 0, used;
    // With one bit a channel left there are sixteen colours at most: this ends.
    while ((used = count(rgba, pixels, dropped, slots, &histogram->has_transparent)) < 0) dropped++;
    histogram->is_exact = dropped == 0;
    histogram->count = 0;
    histogram->bins = malloc((size_t)(used ? used : 1) * sizeof *histogram->bins);
    for (size_t slot = 0; histogram->bins && slot < SLOTS; slot++) {
        if (slots[slot].is_used) histogram->bins[histogram->count++] = bin_of(&slots[slot]);
    }
    free(slots);
    return histogram->bins ? 0 : -1;
}
