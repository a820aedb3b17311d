import { clock } from "./support/browser.js";
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { refreshStatistics, statistics } from "../../Sources/PixelFlowWebApp/tasks/statistics.js";
import { respond, asked, refusal, resetService } from "./support/service.js";

const count = () => asked("GET /api/stats").length;

beforeEach(async () => {
    await clock.advance(60_000);
    resetService();
    respond("GET /api/stats", { pending: 3 });
});

test("the first request is sent immediately, concurrent ones are merged", async () => {
    for (let number = 0; number < 5; number += 1) refreshStatistics();
    await clock.advance(0);
    assert.equal(count(), 1);
    assert.deepEqual(statistics.get(), { now: { pending: 3 }, problem: null });
});

test("the next request follows a second after the last response", async () => {
    refreshStatistics();
    await clock.advance(0);
    refreshStatistics();
    await clock.advance(999);
    assert.equal(count(), 1);
    await clock.advance(1);
    assert.equal(count(), 2);
});

test("an error keeps the numbers, and the next response clears it", async () => {
    refreshStatistics();
    await clock.advance(0);
    respond("GET /api/stats", () => refusal(500));
    refreshStatistics();
    await clock.advance(1000);
    assert.equal(statistics.get().problem.status, 500);
    assert.deepEqual(statistics.get().now, { pending: 3 });
    respond("GET /api/stats", { pending: 4 });
    refreshStatistics();
    await clock.advance(1000);
    assert.deepEqual(statistics.get(), { now: { pending: 4 }, problem: null });
});
