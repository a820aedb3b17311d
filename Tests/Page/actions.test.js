import { clock, settled } from "./support/browser.js";
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { session } from "../../Sources/PixelFlowWebApp/service/session.js";
import { toasts } from "../../Sources/PixelFlowWebApp/service/toasts.js";
import { cancel, cancellable, outliving, remove, replay, replayable } from "../../Sources/PixelFlowWebApp/tasks/actions.js";
import { select, taskStore, upsertTasks } from "../../Sources/PixelFlowWebApp/tasks/taskStore.js";
import { respond, asked, deferred, refusal, requests, resetService } from "./support/service.js";
import { emptyTasks, idOf, task } from "./support/tasks.js";

const texts = () => toasts.get().shown.map(({ text }) => text);
const ids = [1, 2, 3, 4].map(idOf);

beforeEach(() => {
    resetService();
    toasts.set({ shown: [] });
    taskStore.set({ ...emptyTasks(), isLoaded: true });
    upsertTasks([task(1), task(2, { status: "FAILED" }), task(3, { status: "PROCESSING", cancel_requested: true }), task(4, { status: "COMPLETED" })]);
    select(ids, true);
});

test("which tasks can be cancelled or replayed", () => {
    assert.deepEqual(cancellable([...ids, "unknown"]), [idOf(1)]);
    assert.deepEqual(replayable(ids), [idOf(2)]);
});

test("cancelling and replaying ask for those alone", async () => {
    respond(`POST /api/tasks/${idOf(1)}/cancel`, task(1, { status: "CANCELLED" }));
    respond(`POST /api/tasks/${idOf(2)}/replay`, task(2));
    await cancel(ids);
    await replay(ids);
    assert.equal(requests.length, 2);
    assert.equal(taskStore.get().tasks.get(idOf(1)).status, "CANCELLED");
    assert.equal(taskStore.get().tasks.get(idOf(2)).status, "PENDING");
    assert.deepEqual([...taskStore.get().selection], [idOf(3), idOf(4)]);
});

test("one refusal is told as it is, several as their number", async () => {
    respond(`POST /api/tasks/${idOf(1)}/cancel`, () => refusal(409, { detail: "It has ended." }));
    await cancel(ids);
    assert.deepEqual(texts(), ["It has ended."]);
    upsertTasks([task(5), task(6)]);
    respond(`POST /api/tasks/${idOf(5)}/cancel`, () => refusal(409));
    respond(`POST /api/tasks/${idOf(6)}/cancel`, () => refusal(409));
    await cancel([idOf(5), idOf(6)]);
    assert.equal(texts()[1], "2 tasks could not be changed.");
});

test("a deletion hides the task immediately, and is executed when it can no longer be undone", async () => {
    respond(`DELETE /api/tasks/${idOf(1)}`, {});
    respond(`DELETE /api/tasks/${idOf(2)}`, {});
    remove([idOf(1), idOf(2)]);
    assert.deepEqual(taskStore.get().ids, [idOf(4), idOf(3)]);
    assert.deepEqual(texts(), ["2 tasks deleted."]);
    await clock.advance(6999);
    assert.equal(requests.length, 0);
    await clock.advance(1);
    assert.equal(requests.length, 2);
    assert.ok(!taskStore.get().tasks.has(idOf(1)));
    assert.equal(taskStore.get().hidden.size, 0);
});

test("an undone deletion never happens", async () => {
    remove([idOf(1)]);
    toasts.get().shown[0].action.run();
    assert.deepEqual(taskStore.get().ids, [4, 3, 2, 1].map(idOf));
    await clock.advance(60_000);
    assert.equal(requests.length, 0);
});

test("leaving the page sends all deletions without waiting for responses", async () => {
    const many = Array.from({ length: 100 }, (_, index) => idOf(index + 100));
    upsertTasks(many.map((id) => ({ ...task(1), id })));
    const late = deferred();
    for (const id of many) respond(`DELETE /api/tasks/${id}`, late.promise);
    remove(many);
    window.emit("pagehide");
    assert.equal(requests.length, many.length);
    assert.ok(requests.every(({ keepalive }) => keepalive));
    late.resolve({});
    await settled();
});

test("deletions that could not be sent are executed by the next page of the organisation", async () => {
    session.set({ phase: "in", tenant: "t1" });
    const many = Array.from({ length: outliving + 70 }, (_, index) => idOf(index + 1000));
    upsertTasks(many.map((id) => ({ ...task(1), id })));
    for (const id of many) respond(`DELETE /api/tasks/${id}`, {});
    remove(many);
    window.emit("pagehide");
    await settled();
    assert.equal(requests.length, outliving);
    session.set({ tenant: "t2" });
    await settled();
    assert.equal(requests.length, outliving);
    session.set({ tenant: "t1" });
    await settled();
    assert.deepEqual(new Set(requests.map(({ route }) => route)), new Set(many.map((id) => `DELETE /api/tasks/${id}`)));
    session.set({ tenant: "t1" });
    await settled();
    assert.equal(requests.length, many.length, "once");
    session.set({ phase: "out", tenant: "" });
});

test("leaving the page during deletions completes them", async () => {
    const many = Array.from({ length: 50 }, (_, index) => idOf(index + 1500));
    const late = deferred();
    for (const id of many) respond(`DELETE /api/tasks/${id}`, late.promise);
    remove(many);
    await clock.advance(7000);
    requests.length = 0;
    window.emit("pagehide");
    assert.deepEqual(requests.map(({ route }) => route), many.map((id) => `DELETE /api/tasks/${id}`));
    late.resolve({});
    await settled();
});

test("a missing task counts as deleted, a failed deletion shows the task again", async () => {
    respond(`DELETE /api/tasks/${idOf(1)}`, () => refusal(404));
    respond(`DELETE /api/tasks/${idOf(2)}`, () => refusal(503));
    remove([idOf(1), idOf(2)]);
    await clock.advance(7000);
    assert.deepEqual(taskStore.get().ids, [4, 3, 2].map(idOf));
    assert.ok(texts().includes("1 task could not be deleted."));
});

test("leaving the page deletes immediately, with requests that outlive it", async () => {
    respond(`DELETE /api/tasks/${idOf(1)}`, {});
    remove([idOf(1)]);
    window.emit("pagehide");
    await settled();
    assert.deepEqual(asked(`DELETE /api/tasks/${idOf(1)}`).map(({ keepalive }) => keepalive), [true]);
    await clock.advance(60_000);
    assert.equal(requests.length, 1);
});
