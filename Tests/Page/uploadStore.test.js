import { settled } from "./support/browser.js";
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { addFiles, addURL, changeItem, dropItem, sendAll, uploads } from "../../Sources/PixelFlowWebApp/compose/uploadStore.js";
import { presetStore } from "../../Sources/PixelFlowWebApp/presets/presetStore.js";
import { taskStore } from "../../Sources/PixelFlowWebApp/tasks/taskStore.js";
import { respond, asked, deferred, refusal, resetService } from "./support/service.js";
import { emptyTasks, idOf, task } from "./support/tasks.js";

const upload = "POST /api/upload";
const cover = { outputs: [{ name: "a", operations: [{ op: "resize", width: 10, height: 10, fit: "cover" }] }] };
const items = () => uploads.get().items;

/** Stands for the request that tells of its progress; the tests say how it ends. */
class FakeXMLHttpRequest {
    constructor() {
        this.upload = {};
        this.headers = {};
        FakeXMLHttpRequest.all.push(this);
    }

    open(method, path) { this.route = `${method} ${path}`; }

    setRequestHeader(name, value) { this.headers[name] = value; }

    send(form) { this.form = form; }

    abort() { this.onabort(); }

    end(status, body) {
        Object.assign(this, { status, responseText: JSON.stringify(body) });
        this.onload();
    }
}
globalThis.XMLHttpRequest = FakeXMLHttpRequest;

beforeEach(() => {
    resetService();
    FakeXMLHttpRequest.all = [];
    taskStore.set({ ...emptyTasks(), isLoaded: true });
    presetStore.set({ presets: [{ name: "web", pipeline: cover }] });
    uploads.set({ items: [], choice: "web", pipeline: null, url: "" });
});

test("an uploaded item becomes a task and leaves the list", async () => {
    respond(upload, task(1));
    addURL("https://example.org/a.jpg");
    await sendAll();
    assert.deepEqual(items(), []);
    assert.deepEqual(taskStore.get().ids, [idOf(1)]);
    assert.deepEqual(asked(upload)[0].body, { image_url: "https://example.org/a.jpg", preset: "web" });
});

test("a preset is sent by name, unless a focal point changes its pipeline", async () => {
    respond(upload, () => refusal(500));
    addURL("https://example.org/a.jpg");
    changeItem(items()[0].id, { focus: { x: 0.1, y: 0.2 } });
    await sendAll();
    const { preset, pipeline } = asked(upload)[0].body;
    assert.equal(preset, undefined);
    assert.deepEqual(pipeline.outputs[0].operations[0].position, { x: 0.1, y: 0.2 });
});

test("a custom pipeline is sent unchanged", async () => {
    respond(upload, task(1));
    uploads.set({ choice: "", pipeline: cover });
    addURL("https://example.org/a.jpg");
    await sendAll();
    assert.deepEqual(asked(upload)[0].body.pipeline, cover);
});

test("the same upload keeps its idempotency key after a lost response, another upload gets its own", async () => {
    respond(upload, () => { throw new TypeError("the connection broke"); });
    addURL("https://example.org/a.jpg");
    await sendAll();
    assert.equal(items()[0].problem.status, 0);
    await sendAll();
    uploads.set({ choice: "thumbnail" });
    await sendAll();
    const [first, second, third] = asked(upload).map(({ headers }) => headers["idempotency-key"]);
    assert.equal(first, second);
    assert.notEqual(second, third);
});

test("a rejected item stays with its error, and the others continue", async () => {
    respond(upload, ({ body }) => (body.image_url.includes("bad") ? refusal(422, { detail: "Not a URL." }) : task(1)));
    addURL("https://example.org/bad");
    addURL("https://example.org/good");
    await sendAll();
    assert.deepEqual(items().map(({ url, state, problem }) => [url, state, problem.message]), [["https://example.org/bad", "ready", "Not a URL."]]);
});

test("three items are sent at a time, and items removed in the meantime are not sent", async () => {
    const held = [];
    respond(upload, () => {
        const one = deferred();
        held.push(one);
        return one.promise;
    });
    for (let number = 1; number <= 5; number += 1) addURL(`https://example.org/${number}.jpg`);
    const all = sendAll();
    await settled();
    assert.equal(held.length, 3);
    dropItem(items()[3].id);
    held.forEach((one, index) => one.resolve(task(index + 1)));
    await settled();
    assert.equal(held.length, 4);
    held[3].resolve(task(5));
    await all;
    assert.deepEqual(asked(upload).map(({ body }) => body.image_url.slice(-5)), ["1.jpg", "2.jpg", "3.jpg", "5.jpg"]);
});

test("pressing the button twice sends nothing twice", async () => {
    const held = deferred();
    respond(upload, held.promise);
    addURL("https://example.org/a.jpg");
    const first = sendAll();
    await sendAll();
    held.resolve(task(1));
    await first;
    assert.equal(asked(upload).length, 1);
});

test("a file is sent as a form with progress", async () => {
    addFiles([new File(["bytes"], "cat.jpg")]);
    const all = sendAll();
    await settled();
    const [request] = FakeXMLHttpRequest.all;
    assert.equal(request.route, upload);
    assert.equal(request.form.get("preset"), "web");
    assert.equal(request.form.get("file").name, "cat.jpg");
    assert.match(request.headers["idempotency-key"], /^[0-9a-f]{32}$/);
    request.upload.onprogress({ loaded: 1, total: 4 });
    assert.equal(items()[0].progress, 0.25);
    request.end(202, task(1));
    await all;
    assert.deepEqual(items(), []);
});

test("removing a file aborts its upload, without an error", async () => {
    addFiles([new File(["bytes"], "cat.jpg")]);
    const all = sendAll();
    await settled();
    dropItem(items()[0].id);
    await all;
    assert.deepEqual(items(), []);
});

test("a file that is too large stays, with its error", async () => {
    addFiles([new File(["bytes"], "cat.jpg")]);
    const all = sendAll();
    await settled();
    FakeXMLHttpRequest.all[0].end(413, {});
    await all;
    assert.equal(items()[0].problem.message, "This file is too large.");
    assert.equal(items()[0].state, "ready");
});
