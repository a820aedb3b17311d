import { call } from "../service/calls.js";
import { makeStore, useStore } from "../service/store.js";
import { noteBatches } from "./batches.js";

const firstPage = 50;
const furtherPage = 200;

/** @typedef {import("@api").Task} Task */

/**
 * `tasks`: all known tasks by id. `ids`: the ids shown in the list, newest first.
 * `cursor`: the start of the rest of the list; null if there is none.
 */
export const taskStore = makeStore({
    tasks: /** @type {Map<string, Task>} */ (new Map()), ids: /** @type {string[]} */ ([]), cursor: /** @type {string | null} */ (null),
    query: { status: "", search: "", batch: "" }, isLoaded: false, isLoading: false, problem: null,
    selection: /** @type {Set<string>} */ (new Set()), hidden: /** @type {Set<string>} */ (new Set()),
});

/** @param {string} id */
export const useTask = (id) => useStore(taskStore, (state) => state.tasks.get(id));

/**
 * The display name of a task.
 *
 * @param {Task} task
 */
export const nameOf = (task) => task.image_url || (task.upload && task.upload.filename) || "Untitled picture";
/** @param {Task} task */
export const isOpen = (task) => task.status === "PENDING" || task.status === "PROCESSING";

/** @param {Task} task */
function matches(task, { status, search, batch }) {
    if (status && task.status !== status) return false;
    if (batch && task.batch !== batch) return false;
    return !search || (task.image_url || (task.upload && task.upload.filename) || "").toLowerCase().includes(search.toLowerCase());
}

/**
 * Adds or updates tasks from any source; ignores those that are older than the known state.
 *
 * @param {Task[]} news
 */
export function upsertTasks(news) {
    noteBatches(news.filter(isOpen));
    taskStore.set((state) => {
        const tasks = new Map(state.tasks);
        const listed = new Set(state.ids);
        const floor = state.cursor === null ? "" : state.ids[state.ids.length - 1];
        let changed = false;
        for (const task of news) {
            const known = tasks.get(task.id);
            if (known && known.updated_at > task.updated_at) continue;
            tasks.set(task.id, task);
            const belongs = state.isLoaded && matches(task, state.query) && task.id >= floor && !state.hidden.has(task.id);
            if (belongs === listed.has(task.id)) continue;
            if (belongs) listed.add(task.id);
            else if (!matches(task, state.query)) listed.delete(task.id);
            changed = true;
        }
        return changed ? { tasks, ids: sorted(listed) } : { tasks };
    });
}

/** Ids grow with time. */
const sorted = (ids) => [...ids].sort((left, right) => (left < right ? 1 : left > right ? -1 : 0));

export function forget(gone) {
    taskStore.set((state) => {
        const tasks = new Map(state.tasks);
        const selection = new Set(state.selection);
        const hidden = new Set(state.hidden);
        gone.forEach((id) => [tasks, selection, hidden].forEach((each) => each.delete(id)));
        return { tasks, selection, hidden, ids: state.ids.filter((id) => tasks.has(id)) };
    });
}

function address({ status, search, batch }, limit, cursor) {
    const parameters = new URLSearchParams({ limit });
    if (status) parameters.set("status", status);
    if (search) parameters.set("search", search);
    if (batch) parameters.set("batch", batch);
    if (cursor) parameters.set("cursor", cursor);
    return `/api/tasks?${parameters}`;
}

let turn = 0;

/** Loads the list for another query, or reloads it. */
export async function list(query = taskStore.get().query) {
    const mine = (turn += 1);
    const isOther = query !== taskStore.get().query;
    taskStore.set({ query, isLoading: true, problem: null, ...(isOther && { isLoaded: false, ids: [], cursor: null, selection: new Set() }) });
    try {
        const page = await call("GET", address(query, firstPage));
        if (mine === turn) showFirst(page);
    } catch (problem) {
        if (mine === turn) taskStore.set({ isLoading: false, problem });
    }
}

/** @param {import("@api").TaskList} page */
function showFirst(page) {
    const { hidden } = taskStore.get();
    const ids = page.tasks.map((task) => task.id).filter((id) => !hidden.has(id));
    taskStore.set({ isLoaded: true, isLoading: false, cursor: page.next_cursor, ids });
    upsertTasks(page.tasks);
}

/** Adds the next page below. */
export async function listMore() {
    const { cursor, isLoading, query } = taskStore.get();
    if (!cursor || isLoading) return;
    const mine = (turn += 1);
    taskStore.set({ isLoading: true, problem: null });
    try {
        /** @type {import("@api").TaskList} */
        const page = await call("GET", address(query, furtherPage, cursor));
        if (mine !== turn) return;
        taskStore.set((state) => {
            const known = new Set(state.ids);
            const added = page.tasks.map((task) => task.id).filter((id) => !known.has(id) && !state.hidden.has(id));
            return { isLoading: false, cursor: page.next_cursor, ids: [...state.ids, ...added] };
        });
        upsertTasks(page.tasks);
    } catch (problem) {
        if (mine === turn) taskStore.set({ isLoading: false, problem });
    }
}

/** Loads new tasks at the top without changing the rest. */
export async function refresh() {
    const { isLoaded, query } = taskStore.get();
    if (!isLoaded) return list();
    const page = await call("GET", address(query, firstPage));
    upsertTasks(page.tasks);
}

export async function fetchTask(id) {
    const task = await call("GET", `/api/tasks/${encodeURIComponent(id)}`);
    upsertTasks([task]);
}

export function select(ids, isSelected) {
    taskStore.set(({ selection }) => {
        const next = new Set(selection);
        ids.forEach((id) => (isSelected ? next.add(id) : next.delete(id)));
        return { selection: next };
    });
}
