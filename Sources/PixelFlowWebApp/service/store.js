import { useSyncExternalStore } from "react";

/** A store shared by several parts of the page: `get`, `set` (a change, or a function that returns one), `subscribe`. */
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

/** The part of the store that `select` returns; it must return the same object for the same state. */
export function useStore(store, select = (state) => state) {
    return useSyncExternalStore(store.subscribe, () => select(store.get()));
}
