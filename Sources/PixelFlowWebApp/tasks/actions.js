import { call, each } from "../service/calls.js";
import { plural } from "../service/format.js";
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

/** Hides tasks immediately, and deletes them once the time to undo has passed. */
export function remove(ids) {
    if (!ids.length) return;
    select(ids, false);
    hide(ids);
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
    unhide(deletion.ids);
}

/** @param {{ keepalive?: boolean }} options `keepalive`: the page is being left, and no request can wait for another one. */
async function settle(key, options = {}) {
    const deletion = pending.get(key);
    if (!deletion) return;
    clearTimeout(deletion.timer);
    pending.delete(key);
    deletion.dismiss();
    const remove = (id) => call("DELETE", path(id), undefined, options);
    const problems = await each(deletion.ids, remove, options.keepalive ? deletion.ids.length : undefined);
    const kept = problems.filter(({ problem }) => problem.status !== 404).map(({ item }) => item);
    if (kept.length) {
        unhide(kept);
        toast(`${plural(kept.length, "task")} could not be deleted.`, { kind: "bad" });
    }
    forget(deletion.ids.filter((id) => !kept.includes(id)));
}

/** Executes all pending deletions immediately. */
export const flushDeletions = (options) => Promise.all([...pending.keys()].map((key) => settle(key, options)));

// Leaving the page executes pending deletions.
window.addEventListener("pagehide", () => flushDeletions({ keepalive: true }));
