import "./support/browser.js";
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import * as store from "../../Sources/PixelFlowWebApp/tasks/taskStore.js";
import { respond, asked, deferred, refusal, requests, resetService } from "./support/service.js";
import { emptyTasks, idOf, page, task } from "./support/tasks.js";

const { taskStore, upsertTasks } = store;
const shown = () => taskStore.get().ids;

beforeEach(() => {
    resetService();
    taskStore.set(emptyTasks());
});

async function listed(tasks, cursor = null, query = undefined) {
    respond("GET /api/tasks", page(tasks, cursor));
    await store.list(query);
}

test("the list shows the first page, newest first", async () => {
    await listed([task(3), task(2), task(1)], "next");
    assert.deepEqual(shown(), [idOf(3), idOf(2), idOf(1)]);
    const { isLoaded, isLoading, cursor, problem } = taskStore.get();
    assert.deepEqual({ isLoaded, isLoading, cursor, problem }, { isLoaded: true, isLoading: false, cursor: "next", problem: null });
    assert.deepEqual(requests[0].search, { limit: "50" });
});

test("updates that are older than the known state are ignored", async () => {
    await listed([task(1, { status: "COMPLETED", updated_at: "2026-01-02T00:00:00Z" })]);
    upsertTasks([task(1, { status: "PROCESSING", updated_at: "2026-01-01T00:00:00Z" })]);
    assert.equal(taskStore.get().tasks.get(idOf(1)).status, "COMPLETED");
    upsertTasks([task(1, { status: "FAILED", updated_at: "2026-01-02T00:00:00Z" })]);
    assert.equal(taskStore.get().tasks.get(idOf(1)).status, "FAILED");
});

test("a new task is inserted in order, unless it is below the loaded part", async () => {
    await listed([task(8), task(5)], "more");
    upsertTasks([task(9), task(7), task(2)]);
    assert.deepEqual(shown(), [idOf(9), idOf(8), idOf(7), idOf(5)]);
    assert.ok(taskStore.get().tasks.has(idOf(2)));
});

test("a complete list accepts every new task", async () => {
    await listed([task(5)]);
    upsertTasks([task(2)]);
    assert.deepEqual(shown(), [idOf(5), idOf(2)]);
});

test("a filter shows matching tasks, and removes those that no longer match", async () => {
    await listed([task(1)], null, { status: "PENDING", search: "" });
    assert.equal(requests[0].search.status, "PENDING");
    upsertTasks([task(2), task(3, { status: "FAILED" }), task(1, { status: "COMPLETED", updated_at: "2026-01-02T00:00:00Z" })]);
    assert.deepEqual(shown(), [idOf(2)]);
});

test("a search matches the URL or the file name, ignoring case", async () => {
    await listed([], null, { status: "", search: "Cat" });
    upsertTasks([
        task(1, { image_url: "https://example.org/CAT.jpg" }), task(2, { upload: { filename: "my cat.png" } }),
        task(3, { upload: { filename: "dog.png" } }), task(4),
    ]);
    assert.deepEqual(shown(), [idOf(2), idOf(1)]);
});

test("a late response does not replace that of a later request", async () => {
    const slow = deferred();
    respond("GET /api/tasks", ({ search }) => (search.status ? slow.promise : page([task(2)])));
    const first = store.list({ status: "FAILED", search: "" });
    await store.list({ status: "", search: "" });
    slow.resolve(page([task(1, { status: "FAILED" })]));
    await first;
    assert.deepEqual(shown(), [idOf(2)]);
});

test("another filter clears list and selection immediately, the same one keeps them", async () => {
    await listed([task(1)]);
    store.select([idOf(1)], true);
    const { query } = taskStore.get();
    const again = store.list(query);
    assert.deepEqual(shown(), [idOf(1)]);
    await again;
    const other = store.list({ status: "FAILED", search: "" });
    assert.deepEqual(shown(), []);
    assert.equal(taskStore.get().selection.size, 0);
    await other;
});

test("a list that cannot be loaded shows the error", async () => {
    respond("GET /api/tasks", () => refusal(503));
    await store.list();
    assert.equal(taskStore.get().problem.status, 503);
    assert.equal(taskStore.get().isLoading, false);
    assert.equal(taskStore.get().isLoaded, false);
});

test("the next page is added below, once", async () => {
    await listed([task(9), task(8)], "place");
    respond("GET /api/tasks", page([task(8), task(7)]));
    await Promise.all([store.listMore(), store.listMore()]);
    assert.deepEqual(shown(), [idOf(9), idOf(8), idOf(7)]);
    assert.deepEqual(requests.slice(1).map(({ search }) => search), [{ limit: "200", cursor: "place" }]);
    await store.listMore();
    assert.equal(requests.length, 2, "there is no cursor any more");
});

test("a further page that cannot be loaded keeps the list", async () => {
    await listed([task(9)], "place");
    respond("GET /api/tasks", () => refusal(500));
    await store.listMore();
    assert.deepEqual(shown(), [idOf(9)]);
    assert.equal(taskStore.get().problem.status, 500);
    assert.equal(taskStore.get().cursor, "place");
});

test("a refresh adds new tasks and keeps those loaded further down", async () => {
    await listed([task(3), task(2), task(1)]);
    respond("GET /api/tasks", page([task(4), task(3)], "deeper"));
    await store.refresh();
    assert.deepEqual(shown(), [4, 3, 2, 1].map(idOf));
    assert.equal(taskStore.get().cursor, null);
});

/** Responds to requests for the list like the service, from these tasks. */
function serve(tasks) {
    respond("GET /api/tasks", ({ search: { limit, cursor = "~" } }) => {
        const rest = tasks.filter(({ id }) => id < cursor);
        const part = rest.slice(0, limit);
        return page(part, rest.length > part.length ? part[part.length - 1].id : null);
    });
}

/** Tasks with these numbers and those between them, newest first. */
const from = (newest, oldest) => Array.from({ length: newest - oldest + 1 }, (_, index) => task(newest - index));

test("a refresh of all listed tasks removes deleted ones at any depth", async () => {
    serve(from(1000, 1));
    await store.list();
    await store.listMore();
    assert.equal(shown().length, 250);
    serve([...from(1002, 901), ...from(899, 1)]);
    await store.refresh({ all: true });
    assert.deepEqual(shown(), [...from(1002, 901), ...from(899, 751)].map(({ id }) => id));
    assert.equal(taskStore.get().cursor, idOf(751));
});

test("a refresh leaves no gap below new tasks", async () => {
    serve(from(10, 1));
    await store.list();
    serve(from(310, 1));
    await store.refresh();
    assert.deepEqual(shown(), from(310, 1).map(({ id }) => id));
});

test("if there are more new tasks than a refresh loads, the list ends there and continues from there", async () => {
    serve(from(10, 1));
    await store.list();
    serve(from(5000, 1));
    await store.refresh({ all: true });
    const end = 5000 - shown().length + 1;
    assert.ok(shown().length < 3000);
    assert.deepEqual(shown(), from(5000, end).map(({ id }) => id));
    await store.listMore();
    assert.deepEqual(shown(), from(5000, end - 200).map(({ id }) => id));
});

test("tasks that are added during a refresh stay", async () => {
    await listed([task(1)]);
    const slow = deferred();
    respond("GET /api/tasks", slow.promise);
    const refreshed = store.refresh({ all: true });
    upsertTasks([task(2)]);
    slow.resolve(page([task(1)]));
    await refreshed;
    assert.deepEqual(shown(), [idOf(2), idOf(1)]);
});

test("tasks that are deleted during a request do not come back with its response", async () => {
    await listed([task(2), task(1)]);
    const slow = deferred();
    respond("GET /api/tasks", slow.promise);
    respond(`GET /api/tasks/${idOf(1)}`, slow.promise.then(() => task(1)));
    const pending = [store.refresh({ all: true }), store.fetchTask(idOf(1))];
    store.forget([idOf(1)]);
    slow.resolve(page([task(2), task(1)]));
    await Promise.all(pending);
    assert.deepEqual(shown(), [idOf(2)]);
    assert.ok(!taskStore.get().tasks.has(idOf(1)));
});

test("a refresh waits for the list that is being loaded, and sends no request without a view", async () => {
    await store.refresh({ all: true });
    assert.equal(requests.length, 0);
    const slow = deferred();
    respond("GET /api/tasks", slow.promise);
    const loaded = store.list();
    const refreshed = store.refresh({ all: true });
    slow.resolve(page([task(1)]));
    await Promise.all([loaded, refreshed]);
    assert.equal(requests.length, 2, "what has happened since the first response");
    assert.deepEqual(shown(), [idOf(1)]);
});

test("new tasks are added to a list whose loaded tasks have all been deleted", async () => {
    await listed([task(8), task(7)], idOf(7));
    store.forget([idOf(8), idOf(7)]);
    upsertTasks([task(9), task(2)]);
    assert.deepEqual(shown(), [idOf(9)]);
});

test("hidden, selected and open tasks are kept, and released afterwards", async () => {
    await listed([task(3), task(2), task(1)]);
    const release = store.hold(idOf(1));
    store.hide([idOf(2)]);
    store.select([idOf(3)], true);
    await listed([], null, { status: "FAILED", search: "", batch: "" });
    store.select([idOf(3)], true);
    const fill = () => upsertTasks(from(2000, 1001));
    fill();
    assert.deepEqual([1, 2, 3].map((number) => taskStore.get().tasks.has(idOf(number))), [true, true, true]);
    release();
    store.unhide([idOf(2)]);
    store.select([idOf(3)], false);
    fill();
    assert.deepEqual([1, 2, 3].map((number) => taskStore.get().tasks.has(idOf(number))), [false, false, false]);
});

test("hidden tasks stay out of the list", async () => {
    taskStore.set({ hidden: new Set([idOf(2)]) });
    await listed([task(3), task(2)]);
    upsertTasks([task(2, { status: "COMPLETED", updated_at: "2026-01-02T00:00:00Z" })]);
    assert.deepEqual(shown(), [idOf(3)]);
});

test("a removed task disappears from all views", async () => {
    await listed([task(2), task(1)]);
    store.select([idOf(1), idOf(2)], true);
    taskStore.set({ hidden: new Set([idOf(1)]) });
    store.forget([idOf(1)]);
    const { tasks, ids, selection, hidden } = taskStore.get();
    assert.deepEqual([[...tasks.keys()], ids, [...selection], [...hidden]], [[idOf(2)], [idOf(2)], [idOf(2)], []]);
});

test("one task is fetched by its id", async () => {
    respond(`GET /api/tasks/${idOf(7)}`, task(7));
    await store.fetchTask(idOf(7));
    assert.equal(asked(`GET /api/tasks/${idOf(7)}`).length, 1);
    assert.ok(taskStore.get().tasks.has(idOf(7)));
});

test("the display name of a task", () => {
    assert.equal(store.nameOf({ image_url: "https://a.example/b" }), "https://a.example/b");
    assert.equal(store.nameOf({ upload: { filename: "b.jpg" } }), "b.jpg");
    assert.equal(store.nameOf({ upload: {} }), "Untitled image");
    assert.deepEqual(["PENDING", "PROCESSING", "COMPLETED", "FAILED"].map((status) => store.isOpen({ status })), [true, true, false, false]);
});
