import { call, each, send } from "../service/calls.js";
import { randomKey } from "../service/format.js";
import { makeStore, useStore } from "../service/store.js";
import { withFocus } from "../pipeline/pipelines.js";
import { presetStore } from "../presets/presetStore.js";
import { upsertTasks } from "../tasks/taskStore.js";

/**
 * The staged upload. It outlives the view that shows it, so that nothing is lost when the user navigates.
 * `items`: `{id, file | url, preview, focus, state: "ready" | "sending", progress, problem}`.
 * `choice`: the name of a preset, or "" for `pipeline`.
 * `priority`: "high", "normal" or "low"; "" for that of the preset.
 */
export const uploads = makeStore({ items: [], choice: "web", pipeline: null, priority: "", url: "" });
export const useUploads = () => useStore(uploads);

const atOnce = 3;
let number = 0;

const fresh = (rest) => ({ id: (number += 1), key: "", wanted: "", focus: null, state: "ready", progress: 0, problem: null, ...rest });

export function addFiles(files) {
    const items = [...files].map((file) => fresh({ file, preview: URL.createObjectURL(file) }));
    uploads.set((state) => ({ items: [...state.items, ...items] }));
    return items.length;
}

export function addURL(url) {
    uploads.set((state) => ({ items: [...state.items, fresh({ url, preview: "" })], url: "" }));
}

export function changeItem(id, change) {
    uploads.set((state) => ({ items: state.items.map((item) => (item.id === id ? { ...item, ...change } : item)) }));
}

export function dropItem(id) {
    const item = uploads.get().items.find((one) => one.id === id);
    if (!item) return;
    if (item.abort) item.abort();
    if (item.preview) URL.revokeObjectURL(item.preview);
    uploads.set((state) => ({ items: state.items.filter((one) => one.id !== id) }));
}

/**
 * The selected pipeline.
 *
 * @param {{ choice: string, pipeline: any }} [selection]
 */
export function chosenPipeline(selection) {
    const { choice, pipeline } = selection ?? uploads.get();
    const preset = presetStore.get().presets.find(({ name }) => name === choice);
    return preset ? preset.pipeline : pipeline;
}

/** `{preset}` or `{pipeline}` for the request, and the priority. A preset with a focal point is sent as a pipeline. */
function instructions(item) {
    const { choice, priority } = uploads.get();
    const pipeline = chosenPipeline();
    const order = priority ? { priority } : {};
    if (item.focus && pipeline) return { pipeline: withFocus(pipeline, item.focus), ...order };
    if (choice) return { preset: choice, ...order };
    return pipeline ? { pipeline, ...order } : order;
}

/** Uploads all items that are ready. Those that succeed become tasks; the others stay, with the error. */
export async function sendAll() {
    const ready = uploads.get().items.filter((item) => item.state === "ready");
    ready.forEach(({ id }) => changeItem(id, { state: "sending", progress: 0, problem: null }));
    await each(ready, sendOne, atOnce);
}

/** Repeating an upload after a lost response creates no second task. */
function keyFor(item, wanted) {
    if (item.wanted === wanted) return item.key;
    const key = randomKey();
    changeItem(item.id, { key, wanted });
    return key;
}

async function sendOne({ id }) {
    const item = uploads.get().items.find((one) => one.id === id);
    // The user may have removed it while it was waiting.
    if (!item) return;
    const wanted = instructions(item);
    const headers = { "idempotency-key": keyFor(item, JSON.stringify(wanted)) };
    try {
        const task = await (item.file ? sendFile(item, wanted, headers) : call("POST", "/api/upload", { image_url: item.url, ...wanted }, { headers }));
        upsertTasks([task]);
        dropItem(item.id);
    } catch (problem) {
        if (problem.name !== "AbortError") changeItem(item.id, { state: "ready", problem, abort: null });
        throw problem;
    }
}

function sendFile(item, wanted, headers) {
    /** @type {{ preset?: string, pipeline?: import("@api").Pipeline, priority?: string }} */
    const { preset, pipeline, priority } = wanted;
    const form = new FormData();
    if (preset) form.append("preset", preset);
    if (pipeline) form.append("pipeline", JSON.stringify(pipeline));
    if (priority) form.append("priority", priority);
    form.append("file", item.file);
    const onProgress = (progress) => changeItem(item.id, { progress });
    const { promise, abort } = send("/api/upload", form, headers, onProgress);
    changeItem(item.id, { abort });
    return promise;
}
