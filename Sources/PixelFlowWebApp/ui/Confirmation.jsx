import { useState } from "react";
import { Button, Dialog, Failure, Field } from "./parts.jsx";

/**
 * Asks for confirmation before an action that cannot be undone. With `word`, that word must be typed first. If `run` fails, the
 * dialog shows the error.
 */
export function Confirmation({ title, action, word = "", wordLabel = "", run, onClose, children }) {
    const [typed, setTyped] = useState("");
    const [problem, setProblem] = useState(null);
    const [isBusy, setBusy] = useState(false);
    const submit = async (event) => {
        event.preventDefault();
        setBusy(true);
        try {
            await run();
            onClose();
        } catch (refusal) {
            setProblem(refusal);
            setBusy(false);
        }
    };
    return (
        <Dialog title={title} onClose={onClose} className="max-w-md">
            <form onSubmit={submit} className="grid gap-4">
                <div className="text-soft wrap-anywhere">{children}</div>
                {word && <Field id="confirmation" label={wordLabel} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" spellCheck={false} />}
                {problem && <Failure problem={problem} />}
                <div className="flex justify-end gap-2">
                    <Button onClick={onClose}>Cancel</Button>
                    <Button type="submit" kind="bad" disabled={isBusy || typed !== word}>{action}</Button>
                </div>
            </form>
        </Dialog>
    );
}
