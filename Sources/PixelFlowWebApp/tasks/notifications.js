import { makeStore, useStore } from "../service/store.js";
import { completedBatches } from "./batches.js";
import { onEnd } from "./progress.js";

const key = "pixelflow.notifications";
/** Closing a batch changes no task, so the page polls. */
export const askEvery = 15000;

/** `off`, `on`, or `refused` if the browser does not allow notifications. */
const choice = makeStore({ state: chosen() });
export const useNotifications = () => useStore(choice, (now) => now.state);

function chosen() {
    if (!("Notification" in window) || Notification.permission === "denied") return "refused";
    return Notification.permission === "granted" && localStorage.getItem(key) === "on" ? "on" : "off";
}

export const wantsNotifications = () => choice.get().state === "on";

/** Requests the permission of the browser, which asks the user. */
export async function turnOnNotifications() {
    await Notification.requestPermission();
    localStorage.setItem(key, "on");
    choice.set({ state: chosen() });
}

export function turnOffNotifications() {
    localStorage.removeItem(key);
    choice.set({ state: chosen() });
}

/** Notifies the user when all tasks have ended and when a batch is completed, while the page is hidden. */
export function startNotifying() {
    onEnd((ended) => {
        if (isWanted()) notify(summary(ended), "pixelflow-end");
    });
    // Batches that were completed while the page was visible need no notification.
    document.addEventListener("visibilitychange", () => { if (isWanted()) askForBatches(() => {}); });
    setInterval(() => { if (isWanted()) askForBatches(notifyOfBatch); }, askEvery);
}

const isWanted = () => document.hidden && wantsNotifications();

/** @param {(batch: import("./batches.js").Batch) => void} take */
async function askForBatches(take) {
    try {
        (await completedBatches()).forEach(take);
    } catch {
        // The next poll may succeed.
    }
}

/** One notification for all open pages: equal tags replace each other. */
function notify(body, tag) {
    const notification = new Notification("PixelFlow", { body, tag, icon: "/favicon.svg" });
    notification.onclick = () => {
        window.focus();
        notification.close();
    };
}

/** @param {import("./batches.js").Batch} batch */
function notifyOfBatch({ id, description, counts }) {
    const name = description ? `Batch “${description}”` : "A batch";
    const { completed, failed } = counts ?? { completed: 0, failed: 0 };
    notify(completed + failed ? `${name} is done: ${summary({ done: completed, failed })}` : `${name} is done.`, `pixelflow-batch-${id}`);
}

/** @param {{ done: number, failed: number }} ended */
export function summary({ done, failed }) {
    const tasks = (count) => `${count} ${count === 1 ? "task" : "tasks"}`;
    if (!failed) return `${tasks(done)} completed.`;
    return done ? `${tasks(done)} completed, ${failed} failed.` : `${tasks(failed)} failed.`;
}
