import { makeStore } from "./store.js";

/** Short messages at the edge of the page. */
export const toasts = makeStore({ shown: [] });

let number = 0;

/** `options`: `kind` ("bad"), `action` ({label, run}), `seconds`, `onEnd` (not called after the action). */
export function toast(text, options = {}) {
    const id = (number += 1);
    toasts.set(({ shown }) => ({ shown: [...shown, { id, text, ...options }].slice(-4) }));
    const timer = setTimeout(() => close(id), (options.seconds || 6) * 1000);
    return () => {
        clearTimeout(timer);
        close(id);
    };
}

export function close(id) {
    toasts.set(({ shown }) => ({ shown: shown.filter((one) => one.id !== id) }));
}

export const showError = (problem) => toast(problem.message, { kind: "bad", seconds: 10 });
