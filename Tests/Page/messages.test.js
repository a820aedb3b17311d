import { clock } from "./support/browser.js";
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { loadPresets, presetStore, savePreset } from "../../Sources/PixelFlowWebApp/presets/presetStore.js";
import { toast, toasts } from "../../Sources/PixelFlowWebApp/service/toasts.js";
import { errorWords, stepWords } from "../../Sources/PixelFlowWebApp/task/words.js";
import { respond, asked, refusal, resetService } from "./support/service.js";

const texts = () => toasts.get().shown.map(({ text }) => text);

beforeEach(() => {
    resetService();
    toasts.set({ shown: [] });
});

test("a message disappears after its time, or when it is dismissed", async () => {
    toast("short", { seconds: 2 });
    const dismiss = toast("usual");
    toast("long", { seconds: 20 });
    await clock.advance(2000);
    assert.deepEqual(texts(), ["usual", "long"]);
    dismiss();
    assert.deepEqual(texts(), ["long"]);
    await clock.advance(18_000);
    assert.deepEqual(texts(), []);
});

test("the four newest messages are shown", () => {
    for (const text of ["1", "2", "3", "4", "5"]) toast(text);
    assert.deepEqual(texts(), ["2", "3", "4", "5"]);
});

test("a known error has a title and advice, another keeps its message", () => {
    assert.equal(errorWords({ code: "not_an_image", message: "x" }).title, "Not an image");
    assert.deepEqual(errorWords({ code: "new_code", message: "Something else." }), { title: "Something else", advice: "" });
});

test("a step of a task has a text, whether its reason is known or not", () => {
    assert.equal(stepWords({ reason: "claimed", status: "PROCESSING" }), "Picked up by a worker");
    assert.equal(stepWords({ reason: "source_timeout", status: "PENDING" }), "The server is too slow; will be retried");
    assert.equal(stepWords({ reason: "never_seen", status: "FAILED" }), "never seen");
});

test("built-in presets come first, the others in the order of the service", async () => {
    respond("GET /api/presets", { presets: ["mine", "avatar", "yours", "web", "thumbnail"].map((name) => ({ name })) });
    await loadPresets();
    assert.deepEqual(presetStore.get().presets.map(({ name }) => name), ["web", "thumbnail", "avatar", "mine", "yours"]);
    respond("GET /api/presets", () => refusal(500));
    await loadPresets();
    assert.equal(presetStore.get().problem.status, 500);
    assert.equal(presetStore.get().presets.length, 5);
});

test("a preset is saved with the chosen priority or without one", async () => {
    respond("GET /api/presets", { presets: [] });
    respond("PUT /api/presets/mine", {});
    for (const priority of ["low", "none", undefined]) await savePreset("mine", { outputs: [] }, priority);
    assert.deepEqual(asked("PUT /api/presets/mine").map(({ search }) => search), [{ priority: "low" }, { priority: "none" }, {}]);
});
