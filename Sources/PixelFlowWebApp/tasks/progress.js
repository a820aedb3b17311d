import { makeStore } from "../service/store.js";
import { statistics } from "./statistics.js";

/**
 * The work in hand: from the time at which something is in progress until nothing is.
 * `share` is the part that is done, from 0 to 1; null while nothing is in progress.
 */
export const progress = makeStore({ share: /** @type {number | null} */ (null), active: 0, done: 0, failed: 0 });

/** What had ended when the work began. */
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
