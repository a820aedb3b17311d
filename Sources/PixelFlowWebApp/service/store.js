import { useSyncExternalStore } from "react";

/**
 * A store shared by several parts of the page: `get`, `set` (a change, or a function that returns one), `subscribe`.
 *
 * @template State
 * @param {State} initial
 */
export function makeStore(initial) {
    let state = initial;
    const listeners = new Set();
    return {
        get: () => state,
        /** @param {Partial<State> | ((state: State) => Partial<State>)} change */
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

/**
 * The part of the store that `select` returns; it must return the same object for the same state.
 *
 * @template State
 * @template [Part=State]
 * @param {{ get: () => State, subscribe: (listener: () => void) => () => void }} store
 * @param {(state: State) => Part} select
 * @returns {Part}
 */
export function useStore(store, select = (state) => /** @type {any} */ (state)) {
    return useSyncExternalStore(store.subscribe, () => select(store.get()));
}
