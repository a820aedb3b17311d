/** Labels of the scopes of a key. */
export const scopes = {
    "tasks:read": "See tasks",
    "tasks:write": "Create, change and delete tasks",
    "outputs:read": "Download images",
    "presets:write": "Change presets",
    "webhooks:write": "Change webhooks",
    "organisation:admin": "Manage the organisation, its members and keys",
};

/** The scopes that most programs need. */
export const usual = ["tasks:read", "tasks:write", "outputs:read"];
