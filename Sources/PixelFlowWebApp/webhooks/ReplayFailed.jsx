import { useState } from "react";
import { Button, Dialog, Failure, Field } from "../ui/parts.jsx";
import { localTime } from "./words.js";

const day = 86_400_000;

/** Replays all deliveries that have failed since a chosen time. */
export function ReplayFailed({ onReplay, onClose }) {
    const [problem, setProblem] = useState(null);
    const [yesterday] = useState(() => localTime(Date.now() - day));
    const submit = async (event) => {
        event.preventDefault();
        const since = new Date(String(new FormData(event.target).get("since"))).toISOString();
        try {
            await onReplay(since);
            onClose();
        } catch (refusal) {
            setProblem(refusal);
        }
    };
    return (
        <Dialog title="Replay failed deliveries" onClose={onClose} className="max-w-md">
            <form onSubmit={submit} className="grid gap-4">
                <Field id="replay-since" name="since" type="datetime-local" label="Since" required defaultValue={yesterday} hint="At most 1,000 at a time, the oldest first. They keep their ids." />
                {problem && <Failure problem={problem} />}
                <div className="flex justify-end gap-2"><Button onClick={onClose}>Cancel</Button><Button type="submit" kind="primary">Replay</Button></div>
            </form>
        </Dialog>
    );
}
