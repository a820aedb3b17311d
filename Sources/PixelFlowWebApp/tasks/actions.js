import { call, each } from "../service/calls.js";
import { plural } from "../service/format.js";
import { session } from "../service/session.js";
import { showError, toast } from "../service/toasts.js";
import { forget, hide, isOpen, select, unhide, upsertTasks, taskStore } from "./taskStore.js";

const path = (id) => `/api/tasks/${id}`;
const undoSeconds = 7;

const known = (ids) => ids.map((id) => taskStore.get().tasks.get(id)).filter(Boolean);

export const cancellable = (ids) => known(ids).filter((task) => isOpen(task) && !task.cancel_requested).map((task) => task.id);
export const replayable = (ids) => known(ids).filter((task) => task.status === "FAILED").map((task) => task.id);

async function change(ids, what) {
    const problems = await each(ids, async (id) => upsertTasks([await call("POST", `${path(id)}/${what}`)]));
    if (problems.length === 1) showError(problems[0].problem);
    if (problems.length > 1) toast(`${plural(problems.length, "task")} could not be changed.`, { kind: "bad" });
    select(ids, false);
}

export const cancel = (ids) => change(cancellable(ids), "cancel");
export const replay = (ids) => change(replayable(ids), "replay");

/** Deletions that can still be undone. */
const pending = new Map();
/** The tasks of these deletions, and of those that are being executed. */
const due = new Set();

/** Hides tasks immediately, and deletes them once the time to undo has passed. */
export function remove(ids) {
    if (!ids.length) return;
    select(ids, false);
    hide(ids);
    ids.forEach((id) => due.add(id));
    const key = ids[0];
    const dismiss = toast(`${plural(ids.length, "task")} deleted.`, {
        seconds: undoSeconds,
        action: { label: "Undo", run: () => restore(key) },
    });
    pending.set(key, { ids, dismiss, timer: setTimeout(() => settle(key), undoSeconds * 1000) });
}

function restore(key) {
    const deletion = pending.get(key);
    if (!deletion) return;
    clearTimeout(deletion.timer);
    pending.delete(key);
    deletion.ids.forEach((id) => due.delete(id));
    unhide(deletion.ids);
}

/** Ends the time to undo. */
function close(key) {
    const deletion = pending.get(key);
    if (!deletion) return [];
    clearTimeout(deletion.timer);
    pending.delete(key);
    deletion.dismiss();
    return deletion.ids;
}

const settle = (key) => execute(close(key));

/** @param {{ keepalive?: boolean }} options `keepalive`: the page is being left, so no request can wait for another one */
async function execute(ids, options = {}) {
    const problems = await each(ids, async (id) => {
        try {
            await call("DELETE", path(id), undefined, options);
        } finally {
            due.delete(id);
        }
    }, options.keepalive ? ids.length : undefined);
    const kept = problems.filter(({ problem }) => problem.status !== 404).map(({ item }) => item);
    if (kept.length) {
        unhide(kept);
        toast(`${plural(kept.length, "task")} could not be deleted.`, { kind: "bad" });
    }
    forget(ids.filter((id) => !kept.includes(id)));
}

/** Executes all pending deletions immediately. */
export const flushDeletions = () => Promise.all([...pending.keys()].map(settle));

/** Requests that a browser lets outlive their page; Chromium drops those after about 256. */
export const outliving = 200;
const leftOf = (tenant) => `pixelflow.deletions.${tenant}`;
const read = (tenant) => JSON.parse(localStorage.getItem(leftOf(tenant)) ?? "[]");

/** Leaving the page executes deletions as far as the browser allows, and leaves the rest to the next page of the organisation. */
function leave() {
    [...pending.keys()].forEach(close);
    const ids = [...due];
    const rest = ids.slice(outliving);
    const { tenant } = session.get();
    if (rest.length && tenant) localStorage.setItem(leftOf(tenant), JSON.stringify([...read(tenant), ...rest]));
    rest.forEach((id) => due.delete(id));
    execute(ids.slice(0, outliving), { keepalive: true });
}

/** Executes deletions that a previous page has left. */
function finishDeletions() {
    const { phase, tenant } = session.get();
    const ids = phase === "in" && tenant ? read(tenant) : [];
    if (!ids.length) return;
    localStorage.removeItem(leftOf(tenant));
    hide(ids);
    ids.forEach((id) => due.add(id));
    execute(ids);
}

window.addEventListener("pagehide", leave);
// The browser may restore a page from its back/forward cache.
window.addEventListener("pageshow", finishDeletions);
session.subscribe(finishDeletions);
