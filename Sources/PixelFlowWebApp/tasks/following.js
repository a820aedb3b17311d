import { session } from "../service/session.js";
import { makeStore } from "../service/store.js";
import { refreshStatistics } from "./statistics.js";
import { forget, list, refresh, upsertTasks, taskStore } from "./taskStore.js";

/** `state`: `connecting`, `live`, or `down`, in which the list is polled instead. */
export const stream = makeStore({ state: "connecting" });

export const pollEvery = 5000;
const retryEvery = 3000;
/** A hidden page closes its connection, since a browser allows only six per host. */
const hiddenFor = 20000;

let source = null;
let lastID = "";
let polling = 0;
let retrying = 0;
let resting = 0;
let news = [];
let gone = [];
let isDue = false;

/** Follows the changes of tasks while there is a session and the page is visible. */
export function startFollowing() {
    let phase = "";
    const follow = () => {
        if (session.get().phase === phase) return;
        phase = session.get().phase;
        if (phase === "in") open();
        else close();
    };
    session.subscribe(follow);
    follow();
    document.addEventListener("visibilitychange", () => {
        clearTimeout(resting);
        if (document.hidden) resting = setTimeout(close, hiddenFor);
        else if (!source && phase === "in") open();
    });
}

function open() {
    shut();
    source = new EventSource(lastID ? `/api/events?last_event_id=${encodeURIComponent(lastID)}` : "/api/events");
    source.onopen = opened;
    source.onerror = broke;
    source.addEventListener("task", (event) => hear(event, (data) => news.push(data)));
    source.addEventListener("task_deleted", (event) => hear(event, (data) => gone.push(data.id)));
    source.addEventListener("reset", () => list());
}

function shut() {
    clearTimeout(retrying);
    if (source) source.close();
    source = null;
}

function close() {
    shut();
    stopPolling();
}

function stopPolling() {
    clearInterval(polling);
    polling = 0;
}

function opened() {
    stopPolling();
    const wasDown = stream.get().state === "down";
    stream.set({ state: "live" });
    // Without a position to resume from, only the list shows what was missed.
    if (wasDown) refresh().catch(() => {});
    refreshStatistics();
}

function broke() {
    stream.set({ state: "down" });
    if (!polling) polling = setInterval(poll, pollEvery);
    // A browser does not retry a stream that is refused.
    if (source && source.readyState === EventSource.CLOSED) {
        clearTimeout(retrying);
        retrying = setTimeout(open, retryEvery);
    }
}

function poll() {
    refresh().catch(() => {});
    refreshStatistics();
}

function hear(event, keep) {
    if (event.lastEventId) lastID = event.lastEventId;
    keep(JSON.parse(event.data));
    // Many changes can arrive within one frame; the page is rendered once.
    if (isDue) return;
    isDue = true;
    if (document.hidden) setTimeout(deliver, 250);
    else requestAnimationFrame(deliver);
}

function deliver() {
    isDue = false;
    const [changed, removed] = [news, gone];
    news = [];
    gone = [];
    if (changed.length) upsertTasks(changed);
    if (removed.length) forget(removed.filter((id) => taskStore.get().tasks.has(id)));
    refreshStatistics();
}
