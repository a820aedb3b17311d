import { useState } from "react";
import { Button, Dialog, Field } from "../ui/parts.jsx";
import { savePreset } from "../presets/presetStore.js";
import { toast } from "../service/toasts.js";
import { uploads } from "./uploadStore.js";

export function SaveAsPreset({ pipeline, isDisabled }) {
    const [isAsking, setAsking] = useState(false);
    const [problem, setProblem] = useState(null);
    const save = async (event) => {
        event.preventDefault();
        const name = String(new FormData(event.target).get("name")).trim();
        try {
            await savePreset(name, pipeline);
            setAsking(false);
            uploads.set({ choice: name });
            toast(`Preset ${name} saved.`);
        } catch (refusal) {
            setProblem(refusal);
        }
    };
    return (
        <>
            <Button small disabled={isDisabled} onClick={() => { setProblem(null); setAsking(true); }}>Save as a preset</Button>
            {isAsking && (
                <Dialog title="Save as a preset" onClose={() => setAsking(false)} className="max-w-sm">
                    <form onSubmit={save} className="grid gap-4">
                        <Field id="preset-name" name="name" label="Name" required maxLength={64} autoFocus spellCheck={false} error={problem && problem.message}
                            hint="Use a to z, 0 to 9, - and _" />
                        <Button type="submit" kind="primary">Save</Button>
                    </form>
                </Dialog>
            )}
        </>
    );
}
