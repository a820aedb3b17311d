import { useEffect } from "react";
import { call } from "../service/calls.js";
import { makeStore, useStore } from "../service/store.js";
import { noteBatches } from "./batches.js";

const firstPage = 50;
const furtherPage = 200;
/** The maximum number of tasks that are kept although they are not listed, because the next view may need them. */
export const recentLimit = 500;
/** The maximum length to which events extend the list. Scrolling loads more. */
export const grownLimit = 2000;
/** Pages by which a refresh may exceed the length of the list; if more tasks are new, the list is cut off. */
const refreshPages = 10;

/** @typedef {import("@api").Task} Task */

/**
 * `tasks`: the kept tasks by id, changed in place; `version` counts the changes. `recent`: the ids of those that are not listed, in the
 * order of their last change, changed in place. `ids`: the ids shown in the list, newest first. `cursor`: the start of the rest of the
 * list; null if there is none. `floor`: the oldest id that the list covers; empty if it covers all. `loaded`: how many tasks requests have
 * brought into the list.
 */
export const taskStore = makeStore({
    tasks: /** @type {Map<string, Task>} */ (new Map()), version: 0, recent: /** @type {Set<string>} */ (new Set()),
    ids: /** @type {string[]} */ ([]), cursor: /** @type {string | null} */ (null), floor: "", loaded: 0,
    query: { status: "", search: "", batch: "" }, isLoaded: false, isLoading: false, problem: null,
    selection: /** @type {Set<string>} */ (new Set()), hidden: /** @type {Set<string>} */ (new Set()),
});

/** @typedef {ReturnType<typeof taskStore.get>} State */

/** @param {string} id */
export const useTask = (id) => useStore(taskStore, (state) => state.tasks.get(id));

/**
 * A task that stays known, and is kept current, while the view that shows it is open.
 *
 * @param {string} id
 */
export function useOpenTask(id) {
    useEffect(() => hold(id), [id]);
    return useTask(id);
}

/** How many views show each open task. */
const held = new Map();

/** Keeps a task, listed or not, until the returned function is called. */
export function hold(id) {
    held.set(id, (held.get(id) ?? 0) + 1);
    return () => {
        const count = held.get(id) - 1;
        if (count) held.set(id, count);
        else held.delete(id);
    };
}

/**
 * The display name of a task.
 *
 * @param {Task} task
 */
export const nameOf = (task) => task.image_url || (task.upload && task.upload.filename) || "Untitled image";
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
        const { tasks, ids, floor, query, hidden } = state;
        const entered = new Set();
        const left = new Set();
        const isListed = (id) => entered.has(id) || (!left.has(id) && has(ids, id));
        for (const task of news) {
            const { id } = task;
            const known = tasks.get(id);
            if (known && known.updated_at > task.updated_at) continue;
            tasks.set(id, task);
            const fits = matches(task, query);
            if (isListed(id)) {
                if (!fits && !entered.delete(id)) left.add(id);
            } else if (state.isLoaded && fits && id >= floor && !hidden.has(id)) {
                if (!left.delete(id)) entered.add(id);
            }
        }
        for (const { id } of news) note(state, id, isListed(id));
        const change = entered.size || left.size ? cutGrown(state, merged(ids, entered, left)) : {};
        evict(state);
        return { ...change, version: state.version + 1 };
    });
}

/** Whether ids, newest first, contain an id. Ids grow with time. */
function has(ids, id) {
    let [start, end] = [0, ids.length];
    while (start < end) {
        const middle = (start + end) >> 1;
        if (ids[middle] > id) start = middle + 1;
        else end = middle;
    }
    return ids[start] === id;
}

const newestFirst = (one, other) => (one < other ? 1 : one > other ? -1 : 0);

/** The ids with new ones added and removed ones omitted. */
function merged(ids, entered, left) {
    const added = [...entered].sort(newestFirst);
    const all = [];
    for (const id of ids) {
        while (added.length && added[0] > id) all.push(added.shift());
        if (!left.has(id)) all.push(id);
    }
    return [...all, ...added];
}

// MARK: What is kept

/** @param {State} state */
function note({ tasks, recent }, id, isListed) {
    recent.delete(id);
    if (!isListed && tasks.has(id)) recent.add(id);
}

/** @param {State} state */
const isNeeded = ({ hidden, selection }, id) => held.has(id) || hidden.has(id) || selection.has(id);

/**
 * Drops the least recently changed tasks that are not listed.
 *
 * @param {State} state
 */
function evict(state) {
    const { tasks, recent } = state;
    let excess = recent.size - recentLimit;
    for (const id of recent) {
        if (excess <= 0) return;
        excess -= 1;
        if (isNeeded(state, id)) continue;
        recent.delete(id);
        tasks.delete(id);
    }
}

/**
 * Sets the ids of the list; tasks that were listed before are kept for a while.
 *
 * @param {State} state
 * @param {string[]} ids
 */
function relist(state, ids) {
    const next = new Set(ids);
    for (let index = state.ids.length - 1; index >= 0; index -= 1) {
        if (!next.has(state.ids[index])) note(state, state.ids[index], false);
    }
    ids.forEach((id) => state.recent.delete(id));
    evict(state);
    return { ids };
}

/**
 * Cuts off the end of a list that has grown by events alone; it is loaded again when it is scrolled to.
 *
 * @param {State} state
 * @param {string[]} ids
 */
function cutGrown(state, ids) {
    const most = Math.max(grownLimit, state.loaded);
    // The next page starts after its cursor, which is the id of a task.
    return ids.length > most ? cut(state, ids, ids[most - 1], ids[most - 1]) : { ids };
}

/**
 * Ends a list at `floor`.
 *
 * @param {State} state
 * @param {string[]} ids
 */
function cut(state, ids, floor, cursor) {
    const kept = ids.filter((id) => id >= floor);
    for (const id of ids.slice(kept.length)) {
        if (isNeeded(state, id)) note(state, id, false);
        else state.tasks.delete(id);
    }
    return { ids: kept, floor, cursor, loaded: Math.min(state.loaded, kept.length) };
}

/** Removes deleted tasks. */
export function forget(gone) {
    underWay.forEach((deleted) => gone.forEach((id) => deleted.add(id)));
    drop(gone);
}

function drop(gone) {
    if (!gone.length) return;
    taskStore.set((state) => {
        const { tasks, recent, ids } = state;
        gone.forEach((id) => [tasks, recent].forEach((each) => each.delete(id)));
        return {
            version: state.version + 1, selection: without(state.selection, gone), hidden: without(state.hidden, gone),
            ...(gone.some((id) => has(ids, id)) && { ids: merged(ids, new Set(), new Set(gone)) }),
        };
    });
}

/** @param {Set<string>} set */
function without(set, gone) {
    if (!gone.some((id) => set.has(id))) return set;
    const rest = new Set(set);
    gone.forEach((id) => rest.delete(id));
    return rest;
}

/** Keeps tasks out of the list. */
export function hide(ids) {
    taskStore.set((state) => {
        const hidden = new Set([...state.hidden, ...ids]);
        return { hidden, ...relist({ ...state, hidden }, merged(state.ids, new Set(), new Set(ids))) };
    });
}

/** Shows hidden tasks again. */
export function unhide(ids) {
    taskStore.set(({ hidden }) => ({ hidden: without(hidden, ids) }));
    const { tasks } = taskStore.get();
    upsertTasks(ids.flatMap((id) => tasks.get(id) ?? []));
}

// MARK: Requests

/** Tasks that were deleted while a response that may contain them was in progress: one set per request. */
const underWay = new Set();

/** Runs `request`; `isGone` returns whether a task was deleted in the meantime. */
async function reading(request) {
    const deleted = new Set();
    underWay.add(deleted);
    try {
        return { response: await request(), isGone: (id) => deleted.has(id) };
    } finally {
        underWay.delete(deleted);
    }
}

/** @returns {Promise<import("@api").TaskList>} */
async function fetchPage({ status, search, batch }, limit, cursor = null) {
    const parameters = new URLSearchParams({ limit });
    if (status) parameters.set("status", status);
    if (search) parameters.set("search", search);
    if (batch) parameters.set("batch", batch);
    if (cursor) parameters.set("cursor", cursor);
    const { response, isGone } = await reading(() => call("GET", `/api/tasks?${parameters}`));
    return { ...response, tasks: response.tasks.filter(({ id }) => !isGone(id)) };
}

let turn = 0;
/** The last load of the first page. */
let loading = Promise.resolve();

/** Loads the list for another query, or reloads it. */
export function list(query = taskStore.get().query) {
    loading = load(query);
    return loading;
}

async function load(query) {
    const mine = (turn += 1);
    taskStore.set((state) => ({
        query, isLoading: true, problem: null,
        ...(query !== state.query && { isLoaded: false, ...relist(state, []), cursor: null, floor: "", loaded: 0, selection: new Set() }),
    }));
    try {
        const page = await fetchPage(query, firstPage);
        if (mine === turn) showFirst(page);
    } catch (problem) {
        if (mine === turn) taskStore.set({ isLoading: false, problem });
    }
}

/**
 * Where a page ends: everything newer than this id is on it or on those before it. Empty after the last page.
 *
 * @param {import("@api").TaskList} page
 */
const endOf = ({ tasks, next_cursor: cursor }) => (cursor === null ? "" : tasks[tasks.length - 1]?.id ?? cursor);

/** @param {import("@api").TaskList} page */
function showFirst(page) {
    taskStore.set((state) => {
        const ids = page.tasks.map((task) => task.id).filter((id) => !state.hidden.has(id));
        return { isLoaded: true, isLoading: false, cursor: page.next_cursor, floor: endOf(page), loaded: ids.length, ...relist(state, ids) };
    });
    upsertTasks(page.tasks);
}

/** Adds the next page below. */
export async function listMore() {
    const { cursor, isLoading, query } = taskStore.get();
    if (!cursor || isLoading) return;
    const mine = (turn += 1);
    taskStore.set({ isLoading: true, problem: null });
    try {
        const page = await fetchPage(query, furtherPage, cursor);
        if (mine !== turn) return;
        // The list was truncated in the meantime, so this page no longer follows it.
        if (taskStore.get().cursor !== cursor) return void taskStore.set({ isLoading: false });
        taskStore.set((state) => {
            const added = page.tasks.map((task) => task.id).filter((id) => !has(state.ids, id) && !state.hidden.has(id));
            const ids = merged(state.ids, new Set(added), new Set());
            added.forEach((id) => state.recent.delete(id));
            return { isLoading: false, cursor: page.next_cursor, floor: endOf(page), ids, loaded: Math.max(state.loaded + added.length, ids.length) };
        });
        upsertTasks(page.tasks);
    } catch (problem) {
        if (mine === turn) taskStore.set({ isLoading: false, problem });
    }
}

/**
 * Reloads the newest tasks of the list, or, with `all`, all listed and open tasks: adds new tasks and removes deleted ones. Does nothing
 * until a view has requested the list.
 */
export async function refresh({ all = false } = {}) {
    await Promise.all([all && refreshOpen(), refreshList(all)]);
}

async function refreshList(all) {
    if (!taskStore.get().isLoaded && taskStore.get().isLoading) await loading;
    const { isLoaded, problem, query, ids: before, floor } = taskStore.get();
    if (!isLoaded) return problem ? list() : undefined;
    // Up to the end of the list or to a known task, so that no gap remains between old and new tasks.
    const target = (all ? before[before.length - 1] : before[0]) ?? floor;
    const seen = new Set();
    let limit = all && before.length > firstPage ? furtherPage : firstPage;
    let cursor = /** @type {string | null} */ (null);
    let end = "";
    for (let left = refreshPages + Math.ceil(before.length / furtherPage); left > 0; left -= 1) {
        const page = await fetchPage(query, limit, cursor);
        if (taskStore.get().query !== query) return;
        upsertTasks(page.tasks);
        page.tasks.forEach(({ id }) => seen.add(id));
        [cursor, end] = [page.next_cursor, endOf(page)];
        if (end <= target) break;
        limit = furtherPage;
    }
    drop(before.filter((id) => id >= end && !seen.has(id)));
    if (end > target) taskStore.set((state) => (state.floor < end ? cut(state, state.ids, end, cursor) : {}));
}

/** Reloads the open tasks. */
async function refreshOpen() {
    await Promise.all([...held.keys()].map((id) => fetchTask(id).catch((problem) => {
        if (problem.status !== 404) throw problem;
        forget([id]);
    })));
}

export async function fetchTask(id) {
    const { response, isGone } = await reading(() => call("GET", `/api/tasks/${encodeURIComponent(id)}`));
    if (!isGone(id)) upsertTasks([response]);
}

export function select(ids, isSelected) {
    taskStore.set(({ selection }) => {
        const next = new Set(selection);
        ids.forEach((id) => (isSelected ? next.add(id) : next.delete(id)));
        return { selection: next };
    });
}
