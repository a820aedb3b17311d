import { useState } from "react";
import { Choice } from "../ui/Choice.jsx";
import { Button, Dialog, Failure, Field } from "../ui/parts.jsx";
import { call } from "../service/calls.js";
import { useSession } from "../service/session.js";
import { scopes, usual } from "./scopes.js";

const day = 86_400_000;
const priorities = [["", "Normal"], ["high", "High"], ["low", "Low"]];
const lifetimes = [["30", "30 days"], ["90", "90 days"], ["365", "1 year"], ["", "Never"]];

/** Creates a key with the chosen scopes, and passes it with its secret to `onMade`. */
export function NewKey({ onMade, onClose }) {
    const { scope } = useSession();
    const [problem, setProblem] = useState(null);
    const [isBusy, setBusy] = useState(false);
    const submit = async (event) => {
        event.preventDefault();
        const fields = new FormData(event.target);
        const days = Number(fields.get("days"));
        const priority = String(fields.get("priority"));
        const networks = String(fields.get("networks")).split(/[\s,]+/).filter(Boolean);
        setBusy(true);
        try {
            await onMade(await call("POST", "/auth/keys", {
                name: String(fields.get("name")).trim(), scopes: fields.getAll("scopes"),
                ...(days && { expires_at: new Date(Date.now() + days * day).toISOString() }), ...(networks.length && { networks }),
                ...(priority && { priority }),
            }));
        } catch (refusal) {
            setProblem(refusal);
            setBusy(false);
        }
    };
    const errorOf = (field) => (problem && problem.field.split("[")[0] === field ? problem.message : "");
    const isElsewhere = problem && !["name", "networks"].some(errorOf);
    // A key can only have scopes that its creator has.
    const allowed = Object.entries(scopes).filter(([name]) => scope.split(" ").includes(name));
    return (
        <Dialog title="New API key" onClose={onClose}>
            <form onSubmit={submit} className="grid gap-4">
                <Field id="key-name" name="name" label="Name" required maxLength={100} autoFocus autoComplete="off" hint="What will use it, such as “website”." error={errorOf("name")} />
                <fieldset>
                    <legend className="mb-1 text-sm font-medium">The key may</legend>
                    {allowed.map(([name, words]) => (
                        <label key={name} className="flex items-baseline gap-2 py-0.5">
                            <input type="checkbox" name="scopes" value={name} defaultChecked={usual.includes(name)} className="accent-accent" />
                            <span>{words} <code className="font-mono text-sm text-soft">{name}</code></span>
                        </label>
                    ))}
                </fieldset>
                <Choice id="key-days" name="days" label="Expires after" options={lifetimes} defaultValue="365" />
                <Choice id="key-priority" name="priority" label="Priority of its tasks" options={priorities} defaultValue="" />
                <Field id="key-networks" name="networks" label="Networks (optional)" autoComplete="off" spellCheck={false} hint="Where it may be used from, such as 203.0.113.0/24. Separate several with commas." error={errorOf("networks")} />
                {isElsewhere && <Failure problem={problem} />}
                <div className="flex justify-end gap-2"><Button onClick={onClose}>Cancel</Button><Button type="submit" kind="primary" disabled={isBusy}>Create key</Button></div>
            </form>
        </Dialog>
    );
}
