import assert from "node:assert/strict";
import test from "node:test";
import { blurhashPixels } from "../../Sources/PixelFlowWebApp/ui/blurhash.js";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
const base83 = (value, length) => Array.from({ length }, (_, position) => digits[Math.floor(value / 83 ** (length - 1 - position)) % 83]).join("");
/** A hash of one wave: one colour. */
const flat = (color) => `00${base83(color, 4)}`;

test("one wave is one colour", () => {
    for (const color of [0x000000, 0xffffff, 0x336699]) {
        const pixels = blurhashPixels(flat(color), 3, 2);
        assert.equal(pixels.length, 3 * 2 * 4);
        for (let at = 0; at < pixels.length; at += 4) {
            const found = (pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2];
            assert.equal(found, color);
            assert.equal(pixels[at + 3], 255);
        }
    }
});

test("a second wave falls from left to right, in its channel only", () => {
    // Two waves across: red goes from its strongest (18) on, green and blue are flat (9).
    const hash = `${base83(1, 1)}${base83(40, 1)}${base83(0x808080, 4)}${base83(18 * 361 + 9 * 19 + 9, 2)}`;
    const row = blurhashPixels(hash, 8, 1);
    const channel = (index) => Array.from({ length: 8 }, (_, x) => row[x * 4 + index]);
    const red = channel(0);
    red.slice(1).forEach((value, index) => assert.ok(value < red[index], `${red}`));
    assert.deepEqual(new Set(channel(1)), new Set([0x80]));
    assert.deepEqual(new Set(channel(2)), new Set([0x80]));
});

test("a second wave down changes rows, not columns", () => {
    const hash = `${base83(9, 1)}${base83(40, 1)}${base83(0x808080, 4)}${base83(18 * 361 + 18 * 19 + 18, 2)}`;
    const pixels = blurhashPixels(hash, 2, 2);
    assert.deepEqual(pixels.slice(0, 4), pixels.slice(4, 8));
    assert.ok(pixels[0] > pixels[8]);
});

test("an invalid hash has no pixels", () => {
    for (const text of [undefined, "", "00000", `${flat(0)}0`, flat(0).replace(/.$/, "ä"), "L0000"]) assert.equal(blurhashPixels(text, 4, 4), null);
});
