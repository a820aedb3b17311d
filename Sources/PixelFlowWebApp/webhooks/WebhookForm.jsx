import { useState } from "react";
import { Button, Dialog, Failure, Field } from "../ui/parts.jsx";
import { call } from "../service/calls.js";
import { events, usual } from "./words.js";

/** Creates a webhook, or changes `webhook`, and passes the response to `onDone`. */
export function WebhookForm({ webhook = null, onDone, onClose }) {
    const [problem, setProblem] = useState(null);
    const [isBusy, setBusy] = useState(false);
    const submit = async (event) => {
        event.preventDefault();
        const fields = new FormData(event.target);
        const wish = {
            url: String(fields.get("url")).trim(), events: fields.getAll("events"), description: String(fields.get("description")).trim(),
            enabled: fields.has("enabled"),
        };
        setBusy(true);
        try {
            await onDone(await (webhook ? call("PATCH", `/api/webhooks/${encodeURIComponent(webhook.id)}`, wish) : call("POST", "/api/webhooks", wish)));
        } catch (refusal) {
            setProblem(refusal);
            setBusy(false);
        }
    };
    const errorOf = (field) => (problem && problem.field === field ? problem.message : "");
    const isElsewhere = problem && !["url", "description"].some(errorOf);
    const { url = "", events: chosen = usual, description = "", enabled = true } = webhook || {};
    return (
        <Dialog title={webhook ? "Edit webhook" : "New webhook"} onClose={onClose}>
            <form onSubmit={submit} className="grid gap-4">
                <Field id="webhook-url" name="url" type="url" label="URL" defaultValue={url} required maxLength={2048} autoFocus autoComplete="off" spellCheck={false} placeholder="https://" hint="Messages are posted to this URL." error={errorOf("url")} />
                <Field id="webhook-description" name="description" label="Description (optional)" defaultValue={description} maxLength={256} autoComplete="off" error={errorOf("description")} />
                <fieldset>
                    <legend className="mb-1 text-sm font-medium">Send a message when</legend>
                    {Object.entries(events).map(([name, words]) => (
                        <label key={name} className="flex items-baseline gap-2 py-0.5">
                            <input type="checkbox" name="events" value={name} defaultChecked={chosen.includes(name)} className="accent-accent" />
                            <span>{words} <code className="font-mono text-sm text-soft">{name}</code></span>
                        </label>
                    ))}
                </fieldset>
                <label className="flex items-baseline gap-2"><input type="checkbox" name="enabled" defaultChecked={enabled} className="accent-accent" />Enabled</label>
                {isElsewhere && <Failure problem={problem} />}
                <div className="flex justify-end gap-2"><Button onClick={onClose}>Cancel</Button><Button type="submit" kind="primary" disabled={isBusy}>{webhook ? "Save" : "Create webhook"}</Button></div>
            </form>
        </Dialog>
    );
}
