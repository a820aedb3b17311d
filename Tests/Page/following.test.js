import { clock, drawFrame, FakeEventSource, FakeWebSocket, frames, openSockets, openSources, settled } from "./support/browser.js";
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { session } from "../../Sources/PixelFlowWebApp/service/session.js";
import { completedBatches } from "../../Sources/PixelFlowWebApp/tasks/batches.js";
import { pollEvery, startFollowing, stream } from "../../Sources/PixelFlowWebApp/tasks/following.js";
import { taskStore } from "../../Sources/PixelFlowWebApp/tasks/taskStore.js";
import { answer, asked, resetService } from "./support/service.js";
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
    answer("GET /api/tasks", page([task(1)]));
    answer("GET /api/stats", {});
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

test("there is a stream while there is a session", () => {
    assert.equal(openSockets().length, 1);
    assert.equal(stream.get().state, "live");
    session.set({ phase: "out" });
    assert.equal(openSockets().length, 0);
});

test("many changes are taken in at the next frame, once", async () => {
    newest().send("task", task(1), "a");
    newest().send("task", task(2), "b");
    newest().send("task", task(1, { status: "COMPLETED" }), "c");
    assert.equal(frames.length, 1);
    assert.equal(status(1), undefined);
    await drawFrame();
    assert.equal(status(1), "COMPLETED");
    assert.equal(status(2), "PENDING");
});

test("the batch of a task that changes is noted, also if the task has ended already", async () => {
    newest().send("task", task(7, { status: "COMPLETED", batch: "quick", updated_at: "2026-01-01T00:00:05Z" }));
    await drawFrame();
    answer("GET /api/batches", { batches: [{ id: "quick", status: "completed", completed_at: "2026-01-01T00:00:07Z" }] });
    answer("GET /api/batches/quick", { id: "quick", counts: { completed: 1 } });
    assert.deepEqual(await completedBatches(), [{ id: "quick", counts: { completed: 1 } }]);
    assert.deepEqual(await completedBatches(), []);
});

test("a hidden page, which draws no frames, takes changes in soon", async () => {
    document.hidden = true;
    newest().send("task", task(1));
    assert.equal(frames.length, 0);
    await clock.advance(250);
    assert.equal(status(1), "PENDING");
});

test("a deleted task is forgotten", async () => {
    newest().send("task", task(1));
    await drawFrame();
    newest().send("task_deleted", { id: idOf(1) });
    newest().send("task_deleted", { id: idOf(99) });
    await drawFrame();
    assert.equal(taskStore.get().tasks.size, 0);
});

test("a new stream goes on after the last event", async () => {
    newest().send("task", task(1), "event 5");
    await drawFrame();
    newest().fail();
    await clock.advance(3000);
    assert.equal(newest().url, "ws://localhost:3000/api/events?last_event_id=event%205");
    assert.equal(openSockets().length, 1);
});

test("while there is no stream the list is asked for now and then", async () => {
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

test("a connection whose session has ended asks the service at once", async () => {
    const before = lists();
    newest().fail(4401);
    await settled();
    assert.equal(lists(), before + 1);
});

test("where no WebSocket opens, server-sent events do it", async () => {
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

test("a stream that the browser reconnects itself is left to it", async () => {
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

test("a reset loads the list anew", async () => {
    const before = lists();
    newest().send("reset", {});
    await settled();
    assert.equal(lists(), before + 1);
    assert.deepEqual(taskStore.get().ids, [idOf(1)]);
});

test("a page that nobody looks at for long gives its connection back", async () => {
    await hide(true);
    await clock.advance(19_999);
    assert.equal(openSockets().length, 1);
    await clock.advance(1);
    assert.equal(openSockets().length, 0);
    await hide(false);
    assert.equal(openSockets().length, 1);
});

test("a short look elsewhere changes nothing", async () => {
    const source = newest();
    await hide(true);
    await clock.advance(10_000);
    await hide(false);
    await clock.advance(60_000);
    assert.equal(newest(), source);
    assert.equal(openSockets().length, 1);
});

test("without a session a page that is looked at again opens no stream", async () => {
    session.set({ phase: "out" });
    await hide(true);
    await hide(false);
    assert.equal(openSockets().length, 0);
});
