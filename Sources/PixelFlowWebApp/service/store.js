import { useSyncExternalStore } from "react";

/** Something that several parts of the page look at: `get`, `set` (a change, or a function that makes one), `subscribe`. */
export function makeStore(initial) {
    let state = initial;
    const listeners = new Set();
    return {
        get: () => state,
        set(change) {
            state = { ...state, ...(typeof change === "function" ? change(state) : change) };
            listeners.forEach((listener) => listener());
        },
        subscribe(listener) {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },
    };
}

/** What `select` takes from the store; it must give the same thing for the same state. */
export function useStore(store, select = (state) => state) {
    return useSyncExternalStore(store.subscribe, () => select(store.get()));
}
