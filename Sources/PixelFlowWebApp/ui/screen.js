import { useSyncExternalStore } from "react";

const wide = window.matchMedia("(min-width: 40rem)");

function subscribe(listener) {
    wide.addEventListener("change", listener);
    return () => wide.removeEventListener("change", listener);
}

/** Whether there is room for several columns. */
export const useIsWide = () => useSyncExternalStore(subscribe, () => wide.matches);
