import { call } from "../service/calls.js";
import { save } from "../service/saving.js";

/** Labels of the actions in the audit log. Actions of later releases are shown by name. */
export const actions = {
    "user.registered": "Registered", "session.started": "Signed in", "session.refused": "Sign-in refused", "session.ended": "Signed out",
    "session.token_reused": "Session token reused", "user.password_changed": "Password changed", "user.email_verified": "Address confirmed",
    "user.second_factor_on": "Second factor on",
    "user.second_factor_off": "Second factor off", "user.deleted": "Account deleted", "user.disabled": "Account disabled",
    "user.enabled": "Account enabled", "organisation.created": "Organisation created", "organisation.renamed": "Organisation renamed",
    "organisation.deleted": "Organisation deleted", "organisation.restored": "Organisation restored", "member.joined": "Member joined",
    "member.role_changed": "Role changed", "member.removed": "Member removed", "member.left": "Member left",
    "invitation.created": "Invitation created", "invitation.renewed": "Invitation renewed", "invitation.revoked": "Invitation revoked",
    "key.created": "Key created", "key.revoked": "Key revoked", "preset.saved": "Preset saved", "preset.deleted": "Preset deleted",
    "task.deleted": "Task deleted", "tasks.deleted": "Tasks deleted", "presets.deleted": "Presets deleted",
    "quota.changed": "Quota changed", "webhook.created": "Webhook created", "webhook.changed": "Webhook changed",
    "webhook.deleted": "Webhook deleted",
    "webhook.disabled": "Webhook disabled by PixelFlow",
    "quota.warning": "Quota filling up",
};

export function address(action, limit, cursor) {
    const parameters = new URLSearchParams({ limit });
    if (action) parameters.set("action", action);
    if (cursor) parameters.set("cursor", cursor);
    return `/auth/audit?${parameters}`;
}

const exportPage = 1000;
/** The maximum number of entries per export; older ones can be read with the API. */
const exportLimit = 100_000;

/** All entries, or those of one action, as JSON lines. */
async function auditLines(action) {
    const lines = [];
    let cursor = "";
    do {
        const page = await call("GET", address(action, exportPage, cursor));
        for (const entry of page.entries) lines.push(`${JSON.stringify(entry)}\n`);
        cursor = page.next_cursor;
    } while (cursor && lines.length < exportLimit);
    return lines;
}

/** Downloads the entries. */
export async function exportEntries(action) {
    save("audit.jsonl", "application/x-ndjson", await auditLines(action));
}
