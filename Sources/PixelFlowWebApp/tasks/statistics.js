import { call } from "../service/calls.js";
import { makeStore, useStore } from "../service/store.js";

export const statistics = makeStore({ now: /** @type {import("@api").Statistics | null} */ (null), problem: null });
export const useStatistics = () => useStore(statistics);

const atMostEvery = 1000;
let last = 0;
let waiting = 0;

/** Requests the statistics soon, but not more often than they can be read. */
export function refreshStatistics() {
    if (waiting) return;
    waiting = setTimeout(ask, Math.max(0, last + atMostEvery - Date.now()));
}

async function ask() {
    try {
        statistics.set({ now: await call("GET", "/api/stats"), problem: null });
    } catch (problem) {
        statistics.set({ problem });
    } finally {
        last = Date.now();
        waiting = 0;
    }
}
