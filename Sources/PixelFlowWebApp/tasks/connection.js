/**
 * @typedef {object} ConnectionListener
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
 * @param {ConnectionListener} listener
 * @returns {Connection}
 */
export function connect(lastID, listener) {
    const address = lastID ? `/api/events?last_event_id=${encodeURIComponent(lastID)}` : "/api/events";
    return refused < refusedBefore ? overWebSocket(address, listener) : overEvents(address, listener);
}

/** @returns {Connection} */
function overWebSocket(address, listener) {
    const socket = new WebSocket(location.origin.replace(/^http/, "ws") + address);
    let isOpen = false;
    socket.onopen = () => {
        isOpen = true;
        refused = 0;
        listener.opened("websocket");
    };
    socket.onmessage = (message) => {
        const { type, data, id } = JSON.parse(message.data);
        listener.heard(type, data, id || "");
    };
    socket.onclose = ({ code }) => {
        if (!isOpen) refused += 1;
        listener.broke(true, code !== sessionEnded);
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
function overEvents(address, listener) {
    const source = new EventSource(address);
    source.onopen = () => listener.opened("events");
    // Browsers do not retry a stream after an error response.
    source.onerror = () => listener.broke(source.readyState === EventSource.CLOSED, true);
    for (const type of ["task", "task_deleted", "reset"]) {
        source.addEventListener(type, (event) => listener.heard(type, JSON.parse(event.data), event.lastEventId));
    }
    return { means: "events", close: () => source.close() };
}
