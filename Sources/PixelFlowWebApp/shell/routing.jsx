import { useEffect, useSyncExternalStore } from "react";
import { setTitle } from "./title.js";

const listeners = new Set();
const notify = () => listeners.forEach((listener) => listener());
window.addEventListener("popstate", notify);

function subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

/** The path of the address, as in `/tasks/…`. */
export const usePath = () => useSyncExternalStore(subscribe, () => location.pathname);
/** The part of the address after `?`. */
export const useSearch = () => useSyncExternalStore(subscribe, () => location.search);

export function go(to, { replace = false } = {}) {
    if (to === location.pathname + location.search) return;
    history[replace ? "replaceState" : "pushState"](null, "", to);
    notify();
    if (!replace) window.scrollTo(0, 0);
}

/** A link inside the page; with a modifier key, the browser handles it as an ordinary link. */
export function Link({ to, children, ...rest }) {
    const follow = (event) => {
        if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        go(to);
    };
    return <a href={to} onClick={follow} {...rest}>{children}</a>;
}

export function useTitle(title) {
    useEffect(() => setTitle(title), [title]);
}
