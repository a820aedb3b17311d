import { call } from "../service/calls.js";
import { session } from "../service/session.js";

/** @typedef {import("@api").Batch} Batch */

/** The maximum number of batches, which one request can list; beyond it, the oldest are dropped. */
const atMost = 200;

/** Batches with tasks in progress that this page has seen: id → the latest time of a change in them. */
const open = new Map();

/**
 * Notes the batches of tasks that are in progress, or that have just changed.
 *
 * @param {import("@api").Task[]} tasks
 */
export function noteBatches(tasks) {
    for (const { batch, updated_at: at } of tasks) {
        if (!batch) continue;
        const known = open.get(batch);
        open.delete(batch);
        open.set(batch, known > at ? known : at);
        if (open.size > atMost) open.delete(open.keys().next().value);
    }
}

/**
 * The noted batches that have been completed since the last call, with their counts if available; each is returned once. Sends no
 * request if no batch is noted.
 *
 * @returns {Promise<Batch[]>}
 */
export async function completedBatches() {
    if (!open.size || session.get().phase !== "in") return [];
    const asked = [...open.keys()];
    /** @type {import("@api").BatchList} */
    const { batches } = await call("GET", `/api/batches?limit=${atMost}`);
    const listed = new Map(batches.map((batch) => [batch.id, batch]));
    const ended = [];
    for (const id of asked) {
        const batch = listed.get(id);
        if (batch && batch.status !== "completed") continue;
        // A batch stays completed while one of its tasks is replayed.
        if (batch && open.has(id) && batch.completed_at >= open.get(id)) ended.push(batch);
        open.delete(id);
    }
    return Promise.all(ended.map((batch) => call("GET", `/api/batches/${encodeURIComponent(batch.id)}`).catch(() => batch)));
}
