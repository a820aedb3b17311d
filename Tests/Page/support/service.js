/** The service behind `fetch`: responds by method and path, records the requests. */
export const requests = [];
const responses = new Map();

/** `value`: JSON, or a function of the request that gives JSON, a `Response`, or a promise of either. */
export function respond(route, value) { responses.set(route, value); }

export function resetService() {
    requests.length = 0;
    responses.clear();
}

/** The requests of one route, as in `POST /api/upload`. */
export const asked = (route) => requests.filter((request) => request.route === route);

export const refusal = (status, body = {}) => new Response(JSON.stringify(body), { status });

/** A promise with its ends outside. */
export function deferred() {
    const parts = {};
    parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
    return parts;
}

globalThis.fetch = async (address, { method, body, headers, keepalive }) => {
    const url = new URL(address, "http://localhost");
    const route = `${method} ${url.pathname}`;
    const request = { route, search: Object.fromEntries(url.searchParams), body: body && JSON.parse(body), headers, keepalive };
    requests.push(request);
    if (!responses.has(route)) throw new TypeError(`nothing responds to ${route}`);
    const value = responses.get(route);
    const given = await (typeof value === "function" ? value(request) : value);
    return given instanceof Response ? given : new Response(JSON.stringify(given));
};
