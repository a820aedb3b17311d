/** What a webhook can be told of, in words. */
export const events = {
    "task.completed": "A task is completed",
    "task.failed": "A task has failed",
    "task.cancelled": "A task is cancelled",
    "batch.completed": "A batch is done",
    "quota.warning": "80 % or all of a quota is used",
};

/** What is subscribed to unless somebody chooses otherwise. */
export const usual = ["task.completed", "task.failed"];

/** How a webhook is, and why. */
export function stateOf(webhook) {
    if (webhook.disabled_reason === "gone") return { word: "Disabled", why: "it answered 410 (Gone)" };
    if (webhook.disabled_reason === "failing") return { word: "Disabled", why: "every attempt has failed for 5 days" };
    if (!webhook.enabled) return { word: "Disabled", why: "" };
    return webhook.failing_since ? { word: "Failing", why: "every attempt fails at the moment" } : { word: "Enabled", why: "" };
}

export const states = { pending: "Pending", delivered: "Delivered", failed: "Failed" };

/** What came of an attempt: the status of the answer, or why there was none. */
export function outcome(attempt) {
    if (attempt.status) return `Answer ${attempt.status}`;
    return attempt.error ? attempt.error.replaceAll("_", " ") : "No answer";
}

/** The headers that tell a delivery: those of the latest attempt that made a request, as far as they are known. */
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

/** A message with line breaks, as far as it is JSON. */
export function readable(body) {
    try {
        return JSON.stringify(JSON.parse(body), null, 2);
    } catch {
        return body;
    }
}

/** A time as a field of the type `datetime-local` wants it. */
export function localTime(time) {
    const shifted = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
    return shifted.toISOString().slice(0, 16);
}
