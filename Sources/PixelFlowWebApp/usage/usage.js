import { call } from "../service/calls.js";
import { makeStore, useStore } from "../service/store.js";

const usage = makeStore({ now: null, problem: null });
export const useUsage = () => useStore(usage);

export async function refreshUsage() {
    try {
        usage.set({ now: await call("GET", "/api/usage"), problem: null });
    } catch (problem) {
        usage.set({ problem });
    }
}
