import { clock, FakeNotification, settled } from "./support/browser.js";
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { session } from "../../Sources/PixelFlowWebApp/service/session.js";
import { setTitle, startTitle } from "../../Sources/PixelFlowWebApp/shell/title.js";
import { askEvery, startNotifying, summary, turnOffNotifications, turnOnNotifications } from "../../Sources/PixelFlowWebApp/tasks/notifications.js";
import { progress, watchProgress } from "../../Sources/PixelFlowWebApp/tasks/progress.js";
import { statistics } from "../../Sources/PixelFlowWebApp/tasks/statistics.js";
import { upsertTasks } from "../../Sources/PixelFlowWebApp/tasks/taskStore.js";
import { respond, asked, refusal, resetService } from "./support/service.js";
import { task } from "./support/tasks.js";

const count = (counts) => statistics.set({ now: /** @type {any} */ ({ counts }) });
const icon = () => document.querySelector("link[rel=icon]").getAttribute("href");

watchProgress();
startTitle();
startNotifying();

beforeEach(async () => {
    FakeNotification.all = [];
    FakeNotification.permission = "granted";
    Object.assign(document, { hidden: true });
    count({ COMPLETED: 7, FAILED: 1 });
    setTitle("Tasks");
    await settled();
});

test("the title and the icon show the progress of all tasks", async () => {
    assert.equal(document.title, "Tasks · PixelFlow");
    assert.equal(icon(), "/favicon.svg");
    count({ COMPLETED: 7, FAILED: 1, PENDING: 4 });
    assert.equal(document.title, "0 % · Tasks · PixelFlow");
    count({ COMPLETED: 9, FAILED: 2, PENDING: 1, PROCESSING: 1 });
    assert.equal(progress.get().share, 0.6);
    assert.equal(document.title, "60 % · Tasks · PixelFlow");
    assert.match(icon(), /^data:image\/svg\+xml,/);
    setTitle("Usage");
    assert.equal(document.title, "60 % · Usage · PixelFlow");
    count({ COMPLETED: 11, FAILED: 2 });
    assert.equal(document.title, "Usage · PixelFlow");
    assert.equal(icon(), "/favicon.svg");
});

test("users who enabled notifications are notified of the end while the page is hidden", async () => {
    const end = () => {
        count({ COMPLETED: 7, FAILED: 1, PENDING: 4 });
        count({ COMPLETED: 10, FAILED: 2 });
        count({ COMPLETED: 7, FAILED: 1 });
    };
    end();
    assert.equal(FakeNotification.all.length, 0);
    await turnOnNotifications();
    end();
    assert.equal(FakeNotification.all.length, 1);
    assert.equal(FakeNotification.all[0].body, "3 tasks completed, 1 failed.");
    document.hidden = false;
    end();
    document.hidden = true;
    turnOffNotifications();
    end();
    assert.equal(FakeNotification.all.length, 1);
});

const at = (second) => `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;
const batch = (id, status, second) => ({ id, description: id === "b1" ? "Import" : "", status, ...(status === "completed" && { completed_at: at(second) }) });
const told = () => FakeNotification.all.map(({ body }) => body);

test("a completed batch is notified once, while the page is hidden", async () => {
    resetService();
    session.set({ phase: "in" });
    await turnOnNotifications();
    await clock.advance(askEvery);
    assert.equal(asked("GET /api/batches").length, 0, "no batch is known");
    upsertTasks([task(1, { batch: "b1" }), task(2, { batch: "b2", status: "COMPLETED" }), task(3)]);
    respond("GET /api/batches", { batches: [batch("b2", "completed", 1), batch("b1", "closed")] });
    await clock.advance(askEvery);
    assert.deepEqual(told(), []);
    respond("GET /api/batches", () => refusal(503));
    await clock.advance(askEvery);
    respond("GET /api/batches", { batches: [batch("b2", "completed", 1), batch("b1", "completed", 9)] });
    respond("GET /api/batches/b1", { ...batch("b1", "completed", 9), counts: { completed: 12, failed: 1 } });
    await clock.advance(3 * askEvery);
    assert.deepEqual(told(), ["Batch “Import” is done: 12 tasks completed, 1 failed."]);
    assert.equal(asked("GET /api/batches").length, 3, "it is no longer asked for");
    // A task that runs again does not complete its batch again.
    upsertTasks([task(1, { batch: "b1", updated_at: at(20) })]);
    await clock.advance(askEvery);
    assert.equal(told().length, 1);
});

test("a batch that was completed while the page was visible is not notified", async () => {
    resetService();
    await turnOnNotifications();
    document.hidden = false;
    upsertTasks([task(4, { batch: "b4" })]);
    respond("GET /api/batches", { batches: [batch("b4", "completed", 9)] });
    respond("GET /api/batches/b4", { ...batch("b4", "completed", 9), counts: { completed: 1, failed: 0 } });
    await clock.advance(2 * askEvery);
    assert.equal(asked("GET /api/batches").length, 0);
    document.hidden = true;
    document.emit("visibilitychange");
    await clock.advance(2 * askEvery);
    assert.deepEqual(told(), []);
    upsertTasks([task(5, { batch: "b5" })]);
    turnOffNotifications();
    await clock.advance(askEvery);
    assert.equal(asked("GET /api/batches").length, 1, "nothing is displayed");
});

test("a rejected permission turns notifications off", async () => {
    FakeNotification.permission = "denied";
    await turnOnNotifications();
    count({ PENDING: 1 });
    count({ COMPLETED: 8, FAILED: 1 });
    assert.equal(FakeNotification.all.length, 0);
});

test("a single task is named in the singular", () => {
    assert.equal(summary({ done: 1, failed: 0 }), "1 task completed.");
    assert.equal(summary({ done: 0, failed: 2 }), "2 tasks failed.");
});

test("deleted tasks do not reduce the progress", () => {
    count({ COMPLETED: 7, FAILED: 1, PENDING: 2 });
    count({ COMPLETED: 2, FAILED: 0, PENDING: 2 });
    assert.equal(progress.get().share, 0);
});
