import { clock, drawFrame, FakeEventSource, FakeWebSocket, frames, openSockets, openSources, settled } from "./support/browser.js";
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { session } from "../../Sources/PixelFlowWebApp/service/session.js";
import { completedBatches } from "../../Sources/PixelFlowWebApp/tasks/batches.js";
import { pollEvery, startFollowing, stream } from "../../Sources/PixelFlowWebApp/tasks/following.js";
import { grownLimit, hold, list, recentLimit, taskStore } from "../../Sources/PixelFlowWebApp/tasks/taskStore.js";
import { respond, asked, refusal, resetService } from "./support/service.js";
import { emptyTasks, idOf, page, task } from "./support/tasks.js";

const newest = () => FakeWebSocket.all[FakeWebSocket.all.length - 1];
const newestSource = () => FakeEventSource.all[FakeEventSource.all.length - 1];
const lists = () => asked("GET /api/tasks").length;
const status = (number) => taskStore.get().tasks.get(idOf(number))?.status;

startFollowing();

/** A session with a stream that is open, and a list that is loaded. */
beforeEach(async () => {
    session.set({ phase: "out" });
    Object.assign(document, { hidden: false });
    resetService();
    respond("GET /api/tasks", page([task(1)]));
    respond("GET /api/stats", {});
    taskStore.set({ ...emptyTasks(), isLoaded: true });
    session.set({ phase: "in" });
    newest().open();
    await clock.advance(2000);
});

async function hide(isHidden) {
    document.hidden = isHidden;
    document.emit("visibilitychange");
    await settled();
}

/** A page that was hidden for longer than its connection stays. */
async function lookAway() {
    await hide(true);
    await clock.advance(20_000);
}

async function lookBack() {
    await hide(false);
    newest().open();
    await settled();
}

test("a page that was hidden before the first event loads missed changes", async () => {
    assert.match(newest().url, /events$/, "there is no position to resume from");
    await lookAway();
    respond("GET /api/tasks", page([task(2), task(1, { status: "COMPLETED" })]));
    await lookBack();
    assert.deepEqual(taskStore.get().ids, [idOf(2), idOf(1)]);
    assert.equal(status(1), "COMPLETED");
});

test("there is a stream while there is a session", () => {
    assert.equal(openSockets().length, 1);
    assert.equal(stream.get().state, "live");
    session.set({ phase: "out" });
    assert.equal(openSockets().length, 0);
});

test("many changes are applied in one frame", async () => {
    newest().send("task", task(3), "a");
    newest().send("task", task(2), "b");
    newest().send("task", task(3, { status: "COMPLETED" }), "c");
    assert.equal(frames.length, 1);
    assert.equal(status(3), undefined);
    await drawFrame();
    assert.equal(status(3), "COMPLETED");
    assert.equal(status(2), "PENDING");
});

test("the batch of a task that changes is noted, also if the task has ended already", async () => {
    newest().send("task", task(7, { status: "COMPLETED", batch: "quick", updated_at: "2026-01-01T00:00:05Z" }));
    await drawFrame();
    respond("GET /api/batches", { batches: [{ id: "quick", status: "completed", completed_at: "2026-01-01T00:00:07Z" }] });
    respond("GET /api/batches/quick", { id: "quick", counts: { completed: 1 } });
    assert.deepEqual(await completedBatches(), [{ id: "quick", counts: { completed: 1 } }]);
    assert.deepEqual(await completedBatches(), []);
});

test("a hidden page, which has no frames, applies changes soon", async () => {
    document.hidden = true;
    newest().send("task", task(1));
    assert.equal(frames.length, 0);
    await clock.advance(250);
    assert.equal(status(1), "PENDING");
});

test("a deleted task is removed", async () => {
    newest().send("task", task(1));
    await drawFrame();
    newest().send("task_deleted", { id: idOf(1) });
    newest().send("task_deleted", { id: idOf(99) });
    await drawFrame();
    assert.equal(taskStore.get().tasks.size, 0);
});

test("a new stream resumes after the last event", async () => {
    newest().send("task", task(1), "event 5");
    await drawFrame();
    newest().fail();
    await clock.advance(3000);
    assert.equal(newest().url, "ws://localhost:3000/api/events?last_event_id=event%205");
    assert.equal(openSockets().length, 1);
});

test("without a stream, the list is polled", async () => {
    const before = lists();
    newest().fail();
    assert.equal(stream.get().state, "down");
    await clock.advance(3000);
    newest().fail();
    await clock.advance(pollEvery * 2 - 3000);
    assert.equal(lists(), before + 2);
    newest().open();
    assert.deepEqual(stream.get(), { state: "live", means: "websocket" });
    await settled();
    assert.equal(lists(), before + 3, "what was missed");
    await clock.advance(pollEvery * 3);
    assert.equal(lists(), before + 3);
});

/** As behind a proxy that passes no WebSockets on. */
async function withoutWebSockets() {
    newest().fail();
    for (let count = 0; count < 2; count += 1) {
        await clock.advance(3000);
        newest().fail();
    }
    await clock.advance(3000);
    newestSource().open();
    await clock.advance(2000);
}

test("a connection whose session has ended checks the session immediately", async () => {
    const before = lists();
    newest().fail(4401);
    await settled();
    assert.equal(lists(), before + 1);
});

test("if no WebSocket opens, server-sent events are used", async () => {
    await withoutWebSockets();
    assert.deepEqual(stream.get(), { state: "live", means: "events" });
    assert.equal(openSockets().length, 0);
    newestSource().send("task", task(2), "event 9");
    await drawFrame();
    assert.equal(status(2), "PENDING");
    newestSource().fail(true);
    await clock.advance(3000);
    assert.equal(newestSource().url, "/api/events?last_event_id=event%209");
});

test("streams that the browser reconnects are not reopened", async () => {
    await withoutWebSockets();
    const count = FakeEventSource.all.length;
    newestSource().fail(false);
    await clock.advance(10_000);
    assert.equal(FakeEventSource.all.length, count);
});

test("a new session tries WebSockets again", async () => {
    await withoutWebSockets();
    session.set({ phase: "out" });
    assert.equal(openSources().length, 0);
    session.set({ phase: "in" });
    assert.equal(openSockets().length, 1);
});

test("a reset reloads the list", async () => {
    const before = lists();
    newest().send("reset", {});
    await settled();
    assert.equal(lists(), before + 1);
    assert.deepEqual(taskStore.get().ids, [idOf(1)]);
});

test("a page that stays hidden closes its connection", async () => {
    await hide(true);
    await clock.advance(19_999);
    assert.equal(openSockets().length, 1);
    await clock.advance(1);
    assert.equal(openSockets().length, 0);
    await hide(false);
    assert.equal(openSockets().length, 1);
});

test("a task that was deleted while the page was hidden leaves the list", async () => {
    newest().send("task", task(2), "event 7");
    await drawFrame();
    await lookAway();
    respond("GET /api/tasks", page([task(1)]));
    await lookBack();
    assert.deepEqual(taskStore.get().ids, [idOf(1)]);
    assert.equal(status(2), undefined);
});

test("a task that was deleted while the stream was interrupted leaves the list, also by polling", async () => {
    newest().send("task", task(2), "event 8");
    await drawFrame();
    newest().fail();
    await clock.advance(3000);
    newest().fail();
    respond("GET /api/tasks", page([task(1)]));
    await clock.advance(pollEvery);
    assert.deepEqual(taskStore.get().ids, [idOf(1)]);
});

test("a list that cannot be loaded after a pause is retried soon", async () => {
    await lookAway();
    respond("GET /api/tasks", () => refusal(503));
    await lookBack();
    respond("GET /api/tasks", page([task(3)]));
    await clock.advance(3000);
    assert.deepEqual(taskStore.get().ids, [idOf(3)]);
    const before = lists();
    await clock.advance(60_000);
    assert.equal(lists(), before);
});

test("an open task is reloaded after a pause", async () => {
    const release = hold(idOf(9));
    respond(`GET /api/tasks/${idOf(9)}`, task(9, { status: "COMPLETED" }));
    await lookAway();
    await lookBack();
    assert.equal(status(9), "COMPLETED");
    respond(`GET /api/tasks/${idOf(9)}`, () => refusal(404));
    await lookAway();
    await lookBack();
    assert.equal(status(9), undefined);
    release();
});

/** Sends events of new tasks, a hundred per frame. */
async function sendMany(count, kind = "PENDING") {
    for (let number = 0; number < count; number += 1) {
        newest().send("task", { ...task(0), id: `task-z${String(number).padStart(7, "0")}`, status: kind });
        if (number % 100 === 99) await drawFrame();
    }
    await drawFrame();
}

test("the number of kept tasks is bounded", async () => {
    const release = hold(idOf(5));
    newest().send("task", task(5, { status: "FAILED" }));
    await sendMany(100_000);
    const { tasks, ids, recent, cursor } = taskStore.get();
    assert.equal(ids.length, grownLimit);
    assert.equal(ids[0], "task-z0099999");
    assert.equal(cursor, ids[grownLimit - 1], "what was cut off can be loaded again");
    assert.ok(tasks.size <= grownLimit + recentLimit + 1, `${tasks.size} tasks`);
    assert.ok(recent.size <= recentLimit, `${recent.size} ids`);
    assert.equal(status(5), "FAILED");
    release();
});

test("a page keeps few tasks that its filter excludes", async () => {
    respond("GET /api/tasks", page([]));
    await list({ status: "FAILED", search: "", batch: "" });
    await sendMany(100_000, "COMPLETED");
    const { tasks, ids } = taskStore.get();
    assert.ok(tasks.size <= recentLimit, `${tasks.size} tasks`);
    assert.deepEqual(ids, []);
});

test("hiding the page briefly changes nothing", async () => {
    const source = newest();
    await hide(true);
    await clock.advance(10_000);
    await hide(false);
    await clock.advance(60_000);
    assert.equal(newest(), source);
    assert.equal(openSockets().length, 1);
});

test("without a session, a page that becomes visible opens no stream", async () => {
    session.set({ phase: "out" });
    await hide(true);
    await hide(false);
    assert.equal(openSockets().length, 0);
});
