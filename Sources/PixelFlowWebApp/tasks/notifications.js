import { makeStore, useStore } from "../service/store.js";
import { onEnd } from "./progress.js";

const key = "pixelflow.notifications";

/** `off`, `on`, or `refused` where the browser does not allow them. */
const choice = makeStore({ state: chosen() });
export const useNotifications = () => useStore(choice, (now) => now.state);

function chosen() {
    if (!("Notification" in window) || Notification.permission === "denied") return "refused";
    return Notification.permission === "granted" && localStorage.getItem(key) === "on" ? "on" : "off";
}

export const wantsNotifications = () => choice.get().state === "on";

/** Asks the browser, which asks the person. */
export async function turnOnNotifications() {
    await Notification.requestPermission();
    localStorage.setItem(key, "on");
    choice.set({ state: chosen() });
}

export function turnOffNotifications() {
    localStorage.removeItem(key);
    choice.set({ state: chosen() });
}

/** Tells of the end of the work in hand, while nobody looks at the page. */
export function startNotifying() {
    onEnd((ended) => {
        if (!document.hidden || !wantsNotifications()) return;
        // One for all pages that are open: the same tag replaces.
        const notification = new Notification("PixelFlow", { body: summary(ended), tag: "pixelflow-end", icon: "/favicon.svg" });
        notification.onclick = () => {
            window.focus();
            notification.close();
        };
    });
}

/** @param {{ done: number, failed: number }} ended */
export function summary({ done, failed }) {
    const tasks = (count) => `${count} ${count === 1 ? "task" : "tasks"}`;
    if (!failed) return `${tasks(done)} completed.`;
    return done ? `${tasks(done)} completed, ${failed} failed.` : `${tasks(failed)} failed.`;
}
