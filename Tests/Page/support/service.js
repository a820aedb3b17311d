/** Stands for the service behind `fetch`: answers by method and path, keeps what it was asked. */
export const requests = [];
const answers = new Map();

/** `answer`: JSON, or a function of the request that gives JSON, a `Response`, or a promise of either. */
export function answer(route, value) { answers.set(route, value); }

export function resetService() {
    requests.length = 0;
    answers.clear();
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
    if (!answers.has(route)) throw new TypeError(`nothing answers ${route}`);
    const value = answers.get(route);
    const given = await (typeof value === "function" ? value(request) : value);
    return given instanceof Response ? given : new Response(JSON.stringify(given));
};
