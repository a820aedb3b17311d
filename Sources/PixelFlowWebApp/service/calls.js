/** A request that was refused, or that failed without a response (status 0). */
export class Problem extends Error {
    constructor(status, body = {}) {
        super(body.detail || sentence(status));
        this.status = status;
        this.code = body.code || "";
        this.field = body.field || "";
    }
}

function sentence(status) {
    if (status === 0) return "PixelFlow cannot be reached at the moment.";
    if (status === 401) return "Please sign in again.";
    if (status === 413) return "This file is too large.";
    if (status >= 500) return "PixelFlow has a problem at the moment. Please try again.";
    return `The service answered ${status}.`;
}

let onExpiry = () => {};

/** Sets what happens when a request is refused for lack of a session. */
export function whenExpired(action) { onExpiry = action; }

/**
 * Returns the response as JSON; throws `Problem`.
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {RequestInit} options
 * @returns {Promise<any>}
 */
export async function call(method, path, body, { headers = {}, ...options } = {}) {
    let response;
    try {
        response = await fetch(path, {
            method,
            headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
            body: body === undefined ? undefined : JSON.stringify(body),
            ...options,
        });
    } catch (error) {
        if (error.name === "AbortError") throw error;
        throw new Problem(0);
    }
    const answer = parsed(await response.text().catch(() => ""));
    if (response.ok) return answer;
    if (response.status === 401 && !path.startsWith("/session")) onExpiry();
    throw new Problem(response.status, answer);
}

/**
 * Sends a form and reports the progress, which `fetch` cannot do.
 * Returns a `promise` and an `abort`.
 */
export function send(path, form, headers, onProgress) {
    const request = new XMLHttpRequest();
    const promise = new Promise((resolve, reject) => {
        request.open("POST", path);
        Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
        request.upload.onprogress = (event) => onProgress(event.total ? event.loaded / event.total : 0);
        request.onload = () => {
            const answer = parsed(request.responseText);
            if (request.status >= 200 && request.status < 300) return resolve(answer);
            if (request.status === 401) onExpiry();
            reject(new Problem(request.status, answer));
        };
        request.onerror = () => reject(new Problem(0, { detail: "The upload was interrupted. Please try again." }));
        request.onabort = () => reject(new DOMException("aborted", "AbortError"));
        request.send(form);
    });
    return { promise, abort: () => request.abort() };
}

function parsed(text) {
    try {
        return text ? JSON.parse(text) : {};
    } catch {
        return {};
    }
}

/** Runs `action` on each, several at a time; returns the problems. */
export async function each(items, action, atOnce = 4) {
    const waiting = [...items];
    const problems = [];
    const work = async () => {
        while (waiting.length) {
            const item = waiting.shift();
            try {
                await action(item);
            } catch (problem) {
                problems.push({ item, problem });
            }
        }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return problems;
}
