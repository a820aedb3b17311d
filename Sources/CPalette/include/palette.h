/// Palettes of at most 256 colours for RGBA pictures: which colours, and which of them for each pixel.
///
/// The same picture gives the same palette everywhere. Nothing is kept between calls; any thread may call.
#ifndef PALETTE_H
#define PALETTE_H

#include <stddef.h>
#include <stdint.h>

enum { PALETTE_COLORS = 256 };

typedef struct {
    uint8_t r, g, b, a;
} PaletteColor;

typedef struct {
    uint32_t count;
    PaletteColor entries[PALETTE_COLORS];
} Palette;

/// Chooses a palette.
///
/// - A picture of no more colours than asked for is kept as it is.
/// - If a pixel is wholly transparent, the first entry is, and no other; its colour is black.
///
/// - Parameters:
///   - rgba: four bytes a pixel, without padding.
///   - colors: how many at most, from 1 to 256; others are taken for the nearest of these.
/// - Returns: 0, or -1 if there is no memory or no pixel.
int palette_choose(const uint8_t *rgba, size_t width, size_t height, int colors, Palette *palette);

/// Finds the entry for each pixel. A transparent pixel never becomes visible if the palette has a transparent entry, and a
/// visible one never transparent if it has another.
///
/// - Parameters:
///   - dither: how much of the error of a pixel continues to its neighbours, from 0 to 1 (Floyd and Steinberg's filter).
///   - indexes: takes one byte a pixel.
/// - Returns: 0, or -1 if there is no memory or the palette is empty.
int palette_map(const Palette *palette, const uint8_t *rgba, size_t width, size_t height, float dither, uint8_t *indexes);

#endif
