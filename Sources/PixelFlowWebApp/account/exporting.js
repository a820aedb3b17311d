import { call } from "../service/calls.js";
import { save } from "../service/saving.js";

/** The maximum number of tasks per export, newest first; older ones can be read with the API. */
const taskLimit = 10_000;

async function tasks() {
    const all = [];
    let cursor = "";
    do {
        const page = await call("GET", `/api/tasks?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
        all.push(...page.tasks);
        cursor = page.next_cursor;
    } while (cursor && all.length < taskLimit);
    return all;
}

/** Downloads the data of the account and the tasks of the current organisation. */
export async function exportAccount() {
    const document = { ...await call("GET", "/auth/me/export"), tasks: await tasks() };
    save("pixelflow-account.json", "application/json", [JSON.stringify(document, null, 2)]);
}
