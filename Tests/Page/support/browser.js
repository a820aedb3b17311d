/**
 * What the page's modules find in a browser, as far as they use it, with a clock that the test moves. Imported first: modules
 * look at it as they load.
 */
import { File } from "node:buffer";
import { webcrypto } from "node:crypto";

class Emitter {
    constructor() { this.listeners = {}; }

    addEventListener(type, listener) { (this.listeners[type] ||= new Set()).add(listener); }

    removeEventListener(type, listener) { if (this.listeners[type]) this.listeners[type].delete(listener); }

    emit(type, event = {}) { (this.listeners[type] || []).forEach((listener) => listener(event)); }
}

/** Timers and the time of day; nothing happens before `advance`. */
class Clock {
    constructor() {
        this.now = Date.UTC(2026, 0, 2, 3, 4, 5);
        this.timers = new Map();
        this.number = 0;
    }

    add(action, delay, every) {
        this.number += 1;
        this.timers.set(this.number, { action, at: this.now + (delay || 0), every });
        return this.number;
    }

    /** Runs what is due within so many milliseconds, in order, with what follows from each. */
    async advance(milliseconds) {
        const end = this.now + milliseconds;
        await settled();
        for (;;) {
            const [next] = [...this.timers].filter(([, timer]) => timer.at <= end).sort(([, one], [, other]) => one.at - other.at);
            if (!next) break;
            const [id, timer] = next;
            this.now = timer.at;
            if (timer.every) timer.at += timer.every;
            else this.timers.delete(id);
            timer.action();
            await settled();
        }
        this.now = end;
    }
}

/** Resolves when everything has happened that waits for nothing but promises. */
export const settled = () => new Promise((resolve) => { setImmediate(resolve); });

export const clock = new Clock();
export const frames = [];

/** Draws a frame. */
export async function drawFrame() {
    frames.splice(0).forEach((action) => action());
    await settled();
}

export class FakeEventSource extends Emitter {
    constructor(url) {
        super();
        this.url = url;
        this.readyState = 0;
        FakeEventSource.all.push(this);
    }

    open() {
        this.readyState = 1;
        this.onopen();
    }

    /** The connection broke; `isFinal`: and the browser will not try again. */
    fail(isFinal) {
        this.readyState = isFinal ? 2 : 0;
        this.onerror();
    }

    send(type, data, lastEventId = "") { this.emit(type, { data: JSON.stringify(data), lastEventId }); }

    close() { this.readyState = 2; }
}
FakeEventSource.all = [];
FakeEventSource.CLOSED = 2;

export class FakeWebSocket {
    constructor(url) {
        this.url = url;
        this.isClosed = false;
        FakeWebSocket.all.push(this);
    }

    open() { this.onopen(); }

    /** The connection broke, or never opened; or the service has closed it with a code. */
    fail(code = 1006) {
        this.isClosed = true;
        this.onclose({ code });
    }

    send(type, data, id) { this.onmessage({ data: JSON.stringify({ type, data, id }) }); }

    close() { this.isClosed = true; }
}
FakeWebSocket.all = [];

/** The streams that are open. */
export const openSources = () => FakeEventSource.all.filter((source) => source.readyState !== FakeEventSource.CLOSED);
/** The WebSockets that are open or are being opened. */
export const openSockets = () => FakeWebSocket.all.filter((socket) => !socket.isClosed);

/** What tabs of this browser tell one another; the test is the other tab. */
export class FakeBroadcastChannel {
    static told = [];
    static last = null;

    constructor() { FakeBroadcastChannel.last = this; }

    postMessage(message) { FakeBroadcastChannel.told.push(message); }

    hear(message) { this.onmessage({ data: message }); }
}

export class FakeNotification {
    static permission = "default";
    static all = [];
    static async requestPermission() { return FakeNotification.permission; }

    constructor(title, options) {
        Object.assign(this, { title, ...options });
        FakeNotification.all.push(this);
    }
}

const stored = new Map();
const window = Object.assign(new Emitter(), { scrolls: 0, scrollTo() { this.scrolls += 1; }, matchMedia: () => new Emitter(), Notification: FakeNotification });
const location = { pathname: "/", search: "", origin: "http://localhost:3000", assigned: [], assign(to) { this.assigned.push(to); } };

function moveTo(path) {
    const url = new URL(path, location.origin);
    Object.assign(location, { pathname: url.pathname, search: url.search });
}

const icon = {
    href: "/favicon.svg",
    getAttribute(name) { return this[name]; },
    setAttribute(name, value) { this[name] = value; },
};

const globals = {
    window, location,
    // Node 18 has these without their global names.
    File, crypto: webcrypto,
    document: Object.assign(new Emitter(), { hidden: false, title: "", icon, querySelector: () => icon }),
    history: {
        entries: ["/"],
        pushState(_, __, to) { this.entries.push(to); moveTo(to); },
        replaceState(_, __, to) { this.entries[this.entries.length - 1] = to; moveTo(to); },
    },
    localStorage: {
        getItem: (key) => (stored.has(key) ? stored.get(key) : null),
        setItem: (key, value) => stored.set(key, String(value)),
        removeItem: (key) => stored.delete(key),
    },
    EventSource: FakeEventSource, WebSocket: FakeWebSocket, Notification: FakeNotification, BroadcastChannel: FakeBroadcastChannel,
    requestAnimationFrame: (action) => frames.push(action),
    setTimeout: (action, delay) => clock.add(action, delay),
    setInterval: (action, delay) => clock.add(action, delay, delay),
    clearTimeout: (id) => clock.timers.delete(id),
    clearInterval: (id) => clock.timers.delete(id),
};
for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
Date.now = () => clock.now;
