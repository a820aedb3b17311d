/**
 * @typedef {object} Told
 * @property {(means: Means) => void} opened
 * @property {(isFinal: boolean, hasSession: boolean) => void} broke `isFinal`: the browser does not reconnect.
 *     `hasSession`: false if the service has closed the connection because the session or its token has ended.
 * @property {(type: string, data: any, id: string) => void} heard
 *
 * @typedef {"websocket" | "events"} Means
 * @typedef {{ means: Means, close: () => void }} Connection
 */

/** The number of consecutive WebSockets that did not open; a proxy may not support them. */
let refused = 0;
const refusedBefore = 2;
/** The close code with which the service ends a WebSocket. */
const sessionEnded = 4401;

/** Allows WebSockets again. */
export const tryWebSockets = () => { refused = 0; };

/**
 * Connects to the changes of tasks: over a WebSocket, or with server-sent events if no WebSocket opens.
 *
 * @param {string} lastID of the last event that arrived
 * @param {Told} told
 * @returns {Connection}
 */
export function connect(lastID, told) {
    const address = lastID ? `/api/events?last_event_id=${encodeURIComponent(lastID)}` : "/api/events";
    return refused < refusedBefore ? overWebSocket(address, told) : overEvents(address, told);
}

/** @returns {Connection} */
function overWebSocket(address, told) {
    const socket = new WebSocket(location.origin.replace(/^http/, "ws") + address);
    let isOpen = false;
    socket.onopen = () => {
        isOpen = true;
        refused = 0;
        told.opened("websocket");
    };
    socket.onmessage = (message) => {
        const { type, data, id } = JSON.parse(message.data);
        told.heard(type, data, id || "");
    };
    socket.onclose = ({ code }) => {
        if (!isOpen) refused += 1;
        told.broke(true, code !== sessionEnded);
    };
    return {
        means: "websocket",
        close() {
            socket.onclose = null;
            socket.close();
        },
    };
}

/** @returns {Connection} */
function overEvents(address, told) {
    const source = new EventSource(address);
    source.onopen = () => told.opened("events");
    // Browsers do not retry a stream after an error response.
    source.onerror = () => told.broke(source.readyState === EventSource.CLOSED, true);
    for (const type of ["task", "task_deleted", "reset"]) {
        source.addEventListener(type, (event) => told.heard(type, JSON.parse(event.data), event.lastEventId));
    }
    return { means: "events", close: () => source.close() };
}
