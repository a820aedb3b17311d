import "./support/browser.js";
import assert from "node:assert/strict";
import test from "node:test";
import { ago, count, duration, plural, randomKey, saved, size } from "../../Sources/PixelFlowWebApp/service/format.js";

const table = (format, rows) => rows.forEach(([value, words]) => assert.equal(format(value), words, `of ${value}`));

test("bytes have three digits or so and a unit", () => {
    table(size, [
        [undefined, ""], [null, ""], [0, "0 B"], [999, "999 B"], [1000, "1.0 kB"], [9_940, "9.9 kB"], [12_345, "12 kB"],
        [1_500_000, "1.5 MB"], [250_000_000, "250 MB"], [3_200_000_000, "3.2 GB"],
    ]);
});

test("durations carry over into the next unit", () => {
    table(duration, [
        [0, "0 s"], [0.0004, "0 s"], [0.25, "250 ms"], [1.5, "1.5 s"], [12, "12 s"], [59.7, "1 min 0 s"], [61, "1 min 1 s"],
        [119.6, "2 min 0 s"], [3599.8, "1 h 0 min"], [3600, "1 h 0 min"], [7190, "2 h 0 min"], [86_399, "1 day"], [86_400, "1 day"],
        [200_000, "2 days"],
    ]);
});

test("times are relative", () => {
    const now = Date.parse("2026-03-04T12:00:00Z");
    const before = (seconds) => ago(new Date(now - seconds * 1000).toISOString(), now);
    table(before, [[-5, "just now"], [19, "just now"], [20, "under a minute ago"], [60, "1 min ago"], [3599, "59 min ago"], [7200, "2 h ago"]]);
    assert.match(before(86_400), /2026/);
});

test("the savings of an output may be negative or unknown", () => {
    assert.deepEqual(saved(1000, 250), { bytes: 750, percent: 75, words: "75 % smaller (750 B saved)" });
    assert.deepEqual(saved(1000, 1500), { bytes: -500, percent: -50, words: "50 % larger (500 B more)" });
    assert.equal(saved(0, 10), null);
    assert.equal(saved(10, undefined), null);
});

test("numbers and plurals", () => {
    assert.equal(count(undefined), "0");
    assert.equal(plural(1, "task"), "1 task");
    assert.equal(plural(0, "task"), "0 tasks");
    assert.equal(plural(2, "entry", "entries"), "2 entries");
});

test("keys are 128 random bits", () => {
    const keys = new Set(Array.from({ length: 50 }, randomKey));
    assert.equal(keys.size, 50);
    keys.forEach((key) => assert.match(key, /^[0-9a-f]{32}$/));
});
