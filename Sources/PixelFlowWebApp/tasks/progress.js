import { makeStore } from "../service/store.js";
import { statistics } from "./statistics.js";

/**
 * The progress of all tasks since the last time that none was in progress.
 * `share` is the finished part, from 0 to 1; null while no task is in progress.
 */
export const progress = makeStore({ share: /** @type {number | null} */ (null), active: 0, done: 0, failed: 0 });

/** The numbers of ended tasks when the current work began. */
let start = null;
const listeners = new Set();

/** Calls `listener` with the number of tasks that completed and failed, whenever the last task in progress has ended. */
export function onEnd(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export function watchProgress() { statistics.subscribe(update); }

function update() {
    const counts = statistics.get().now?.counts;
    if (!counts) return;
    const of = (status) => counts[status] ?? 0;
    const active = of("PENDING") + of("PROCESSING");
    const ended = { done: of("COMPLETED"), failed: of("FAILED") };
    if (!start) {
        if (!active) return;
        start = ended;
    }
    // Deleted tasks are no longer counted.
    const done = Math.max(0, ended.done - start.done);
    const failed = Math.max(0, ended.failed - start.failed);
    if (active) {
        progress.set({ share: (done + failed) / (done + failed + active), active, done, failed });
        return;
    }
    start = null;
    progress.set({ share: null, active: 0, done: 0, failed: 0 });
    if (done + failed) listeners.forEach((listener) => listener({ done, failed }));
}
