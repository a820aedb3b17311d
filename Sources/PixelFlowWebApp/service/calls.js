/** An error response, or a request without a response (status 0). */
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
    return `The service responded with ${status}.`;
}

let onExpiry = () => {};
/** @type {(account: any) => boolean} */
let onRenewal = () => true;

/** Sets the handler of requests that are rejected and whose session cannot be renewed. */
export function whenExpired(action) { onExpiry = action; }

/** Sets the handler of the account of a renewed session; it returns false if the rejected request must not be repeated. */
export function whenRenewed(action) { onRenewal = action; }

let organisation = () => "";
let onMove = async () => {};
/** The error code of a request for another organisation than that of the session. */
const moved = "organisation_changed";

/** Sets the function that returns the organisation of the page; empty while it is unknown. */
export function sendOrganisation(action) { organisation = action; }

/** Sets the handler of requests that are rejected because the session is in another organisation. */
export function whenMoved(action) { onMove = action; }

/** All tabs share the session. Another tab may have changed its organisation, which requests of this page must not reach. */
function organisationHeader() {
    const id = organisation();
    return id ? { "pixelflow-organisation": id } : {};
}

/** @type {Promise<boolean> | null} */
let renewal = null;

/** Renews the session once for all requests that are rejected in the meantime; returns whether they may be repeated. */
function renew() {
    renewal ??= call("GET", "/session")
        .then((account) => onRenewal(account), (problem) => {
            if (problem.status !== 401) throw problem;
            return false;
        })
        .finally(() => { renewal = null; });
    return renewal;
}

/** Sends a request; if its token is rejected, renews the session and repeats the request once. */
async function withSession(attempt) {
    try {
        return await attempt();
    } catch (problem) {
        if (problem.code === moved) await onMove();
        if (problem.status !== 401) throw problem;
        if (!await renew()) {
            onExpiry();
            throw problem;
        }
    }
    try {
        return await attempt();
    } catch (problem) {
        if (problem.code === moved) await onMove();
        if (problem.status === 401) onExpiry();
        throw problem;
    }
}

/**
 * Returns the response as JSON; throws `Problem`.
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {RequestInit} options
 * @returns {Promise<any>}
 */
export function call(method, path, body, options = {}) {
    const attempt = () => ask(method, path, body, options);
    return path === "/session" || path.startsWith("/session/register") ? attempt() : withSession(attempt);
}

async function ask(method, path, body, { headers = {}, ...options }) {
    let response;
    try {
        response = await fetch(path, {
            method,
            headers: { ...organisationHeader(), ...(body !== undefined && { "content-type": "application/json" }), ...headers },
            body: body === undefined ? undefined : JSON.stringify(body),
            ...options,
        });
    } catch (error) {
        if (error.name === "AbortError") throw error;
        throw new Problem(0);
    }
    const content = parsed(await response.text().catch(() => ""));
    if (response.ok) return content;
    throw new Problem(response.status, content);
}

/**
 * Sends a form and reports the progress, which `fetch` cannot do.
 * Returns a `promise` and an `abort`.
 */
export function send(path, form, headers, onProgress) {
    let request = null;
    let isAborted = false;
    const attempt = () => new Promise((resolve, reject) => {
        if (isAborted) throw aborted();
        request = new XMLHttpRequest();
        request.open("POST", path);
        Object.entries({ ...organisationHeader(), ...headers }).forEach(([name, value]) => request.setRequestHeader(name, value));
        request.upload.onprogress = (event) => onProgress(event.total ? event.loaded / event.total : 0);
        request.onload = () => {
            const content = parsed(request.responseText);
            if (request.status >= 200 && request.status < 300) return resolve(content);
            reject(new Problem(request.status, content));
        };
        request.onerror = () => reject(new Problem(0, { detail: "The upload was interrupted. Please try again." }));
        request.onabort = () => reject(aborted());
        request.send(form);
    });
    const abort = () => {
        isAborted = true;
        request.abort();
    };
    return { promise: withSession(attempt), abort };
}

const aborted = () => new DOMException("aborted", "AbortError");

function parsed(text) {
    try {
        return text ? JSON.parse(text) : {};
    } catch {
        return {};
    }
}

/** Runs `action` for each item, several at a time; returns the problems. */
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
