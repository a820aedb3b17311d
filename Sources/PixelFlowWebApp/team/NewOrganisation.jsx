import { useState } from "react";
import { Button, Dialog, Field } from "../ui/parts.jsx";
import { changeOrganisation } from "../service/session.js";
import { createOrganisation } from "./organisations.js";

export function NewOrganisation({ onClose }) {
    const [problem, setProblem] = useState(null);
    const [isBusy, setBusy] = useState(false);
    const submit = async (event) => {
        event.preventDefault();
        setBusy(true);
        try {
            const { id } = await createOrganisation(String(new FormData(event.target).get("name")).trim());
            await changeOrganisation(id, "/team");
        } catch (refusal) {
            setProblem(refusal);
            setBusy(false);
        }
    };
    return (
        <Dialog title="New organisation" onClose={onClose} className="max-w-sm">
            <form onSubmit={submit} className="grid gap-4">
                <Field id="organisation-name" name="name" label="Name" required maxLength={100} autoFocus error={problem ? problem.message : ""}
                    hint="It has its own tasks, presets and keys. You will be its owner." />
                <Button type="submit" kind="primary" disabled={isBusy}>Create organisation</Button>
            </form>
        </Dialog>
    );
}
