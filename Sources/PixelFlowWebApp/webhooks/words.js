/** Labels of the events. */
export const events = {
    "task.completed": "A task is completed",
    "task.failed": "A task has failed",
    "task.cancelled": "A task is cancelled",
    "batch.completed": "A batch is done",
    "quota.warning": "80 % or all of a quota is used",
};

/** The events of a new webhook by default. */
export const usual = ["task.completed", "task.failed"];

/** The state of a webhook, and its reason. */
export function stateOf(webhook) {
    if (webhook.disabled_reason === "gone") return { word: "Disabled", why: "it responded with 410 (Gone)" };
    if (webhook.disabled_reason === "failing") return { word: "Disabled", why: "every attempt has failed for 5 days" };
    if (!webhook.enabled) return { word: "Disabled", why: "" };
    return webhook.failing_since ? { word: "Failing", why: "every attempt fails at the moment" } : { word: "Enabled", why: "" };
}

export const states = { pending: "Pending", delivered: "Delivered", failed: "Failed" };

/** The outcome of an attempt: the status of the response, or why there was none. */
export function outcome(attempt) {
    if (attempt.status) return `Response ${attempt.status}`;
    return attempt.error ? attempt.error.replaceAll("_", " ") : "No response";
}

/** The known headers of the latest request of a delivery. */
export function requestHeaders({ id, attempts }) {
    const sent = attempts.map(({ timestamp }) => timestamp).filter((timestamp) => typeof timestamp === "number");
    return ["content-type: application/json", `webhook-id: ${id}`, ...(sent.length ? [`webhook-timestamp: ${sent[sent.length - 1]}`] : [])].join("\n");
}

/** The address of a page of the log. */
export function logAddress(id, state, cursor) {
    const parameters = new URLSearchParams({ limit: "50" });
    if (state) parameters.set("state", state);
    if (cursor) parameters.set("cursor", cursor);
    return `/api/webhooks/${encodeURIComponent(id)}/deliveries?${parameters}`;
}

/** A message, indented if it is JSON. */
export function readable(body) {
    try {
        return JSON.stringify(JSON.parse(body), null, 2);
    } catch {
        return body;
    }
}

/** A time in the format of `datetime-local` fields. */
export function localTime(time) {
    const shifted = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
    return shifted.toISOString().slice(0, 16);
}
