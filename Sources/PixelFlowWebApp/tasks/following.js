import { session } from "../service/session.js";
import { makeStore } from "../service/store.js";
import { noteBatches } from "./batches.js";
import { connect, tryWebSockets } from "./connection.js";
import { wantsNotifications } from "./notifications.js";
import { refreshStatistics } from "./statistics.js";
import { forget, refresh, upsertTasks } from "./taskStore.js";

/** `state`: `connecting`, `live`, or `down`, when the list is polled instead. `means`: the current or the last kind of connection. */
export const stream = makeStore({ state: "connecting", means: "" });

export const pollEvery = 5000;
const retryEvery = 3000;
/** A hidden page closes its connection, because browsers allow only six per host, apart from WebSockets. */
const hiddenFor = 20000;

/** @type {import("./connection.js").Connection | null} */
let connection = null;
let lastID = "";
let polling = 0;
let retrying = 0;
let catching = 0;
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
        if (phase === "in") {
            tryWebSockets();
            open();
        } else close();
    };
    session.subscribe(follow);
    follow();
    document.addEventListener("visibilitychange", () => {
        clearTimeout(resting);
        if (document.hidden) resting = setTimeout(rest, hiddenFor);
        else if (!connection && phase === "in") open();
    });
}

function rest() {
    if (connection?.means === "websocket" && wantsNotifications()) return;
    close();
}

function open() {
    shut();
    connection = connect(lastID, { opened, broke, heard });
}

function shut() {
    clearTimeout(retrying);
    clearTimeout(catching);
    if (connection) connection.close();
    connection = null;
}

function close() {
    shut();
    stopPolling();
}

function stopPolling() {
    clearInterval(polling);
    polling = 0;
}

function opened(means) {
    stopPolling();
    stream.set({ state: "live", means });
    catchUp();
    refreshStatistics();
}

/** A stream does not repeat missed deletions, and repeats missed changes only from a known position and up to a limit. */
function catchUp() {
    clearTimeout(catching);
    refresh({ all: true }).catch(({ status }) => {
        if (connection && (status === 0 || status === 429 || status >= 500)) catching = setTimeout(catchUp, retryEvery);
    });
}

function broke(isFinal, hasSession) {
    stream.set({ state: "down" });
    // A request renews the token, or finds that the session has ended.
    if (!hasSession) poll();
    if (!polling) polling = setInterval(poll, pollEvery);
    if (!isFinal) return;
    clearTimeout(retrying);
    retrying = setTimeout(open, retryEvery);
}

function poll() {
    refresh().catch(() => {});
    refreshStatistics();
}

function heard(type, data, id) {
    if (type === "reset") return catchUp();
    if (id) lastID = id;
    if (type === "task") news.push(data);
    else if (type === "task_deleted") gone.push(data.id);
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
    if (changed.length) {
        // A task may have ended before the page received its creation.
        noteBatches(changed);
        upsertTasks(changed);
    }
    if (removed.length) forget(removed);
    refreshStatistics();
}
