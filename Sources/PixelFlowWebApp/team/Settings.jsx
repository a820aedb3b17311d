import { useState } from "react";
import { Confirmation } from "../ui/Confirmation.jsx";
import { Button, Card, Field } from "../ui/parts.jsx";
import { moment } from "../service/format.js";
import { useSession } from "../service/session.js";
import { showError, toast } from "../service/toasts.js";
import { deleteOrganisation, renameOrganisation, restoreOrganisation } from "./organisations.js";

/** Renames and deletes the organisation. */
export function Settings({ organisation }) {
    const { role } = useSession();
    const [isAsking, setAsking] = useState(false);
    const [problem, setProblem] = useState(null);
    const rename = async (event) => {
        event.preventDefault();
        const name = String(new FormData(event.target).get("name")).trim();
        try {
            await renameOrganisation(organisation.id, name);
            setProblem(null);
            toast(`The organisation is now called ${name}.`);
        } catch (refusal) {
            setProblem(refusal);
        }
    };
    const remove = async () => {
        await deleteOrganisation(organisation);
        location.assign("/");
    };
    return (
        <Card aria-labelledby="settings-heading" className="p-4">
            <h2 id="settings-heading" className="text-lg font-semibold">Settings</h2>
            <form onSubmit={rename} aria-label="Rename the organisation" className="mt-3 flex flex-wrap items-end gap-3">
                <Field key={organisation.name} id="rename" name="name" label="Name of the organisation" required maxLength={100} defaultValue={organisation.name} className="min-w-0 grow sm:max-w-sm"
                    error={problem ? problem.message : ""} />
                <Button type="submit">Rename</Button>
            </form>
            {role === "owner" && !organisation.personal && (
                <div className="mt-6 flex flex-wrap items-center justify-between gap-3 border-t border-line pt-4">
                    <p className="text-soft">This deletes its tasks, presets and keys for everyone. For 7 days, an owner can restore it.</p>
                    <Button kind="bad" icon="trash" onClick={() => setAsking(true)}>Delete organisation</Button>
                </div>
            )}
            {isAsking && (
                <Confirmation title={`Delete ${organisation.name}?`} action="Delete organisation" word={organisation.name} wordLabel="Type the name of the organisation" run={remove}
                    onClose={() => setAsking(false)}>
                    To confirm, type <strong className="text-ink">{organisation.name}</strong>.
                </Confirmation>
            )}
        </Card>
    );
}

/** Deleted organisations that the user can still restore. */
export function DeletedOrganisations({ list }) {
    const deleted = list.filter((one) => one.deleted_at && one.role === "owner");
    if (!deleted.length) return null;
    const restore = async ({ id, name }) => {
        try {
            await restoreOrganisation(id);
            toast(`${name} is restored.`);
        } catch (problem) {
            showError(problem);
        }
    };
    return (
        <Card aria-labelledby="deleted-heading" className="p-4">
            <h2 id="deleted-heading" className="text-lg font-semibold">Deleted organisations</h2>
            <ul className="mt-2 divide-y divide-line">
                {deleted.map((one) => (
                    <li key={one.id} className="flex flex-wrap items-center justify-between gap-3 py-3">
                        <span className="min-w-0 wrap-anywhere"><strong className="font-medium">{one.name}</strong> <span className="text-sm text-soft">can be restored until {moment(one.restorable_until)}</span></span>
                        <Button small icon="replay" aria-label={`Restore ${one.name}`} onClick={() => restore(one)}>Restore</Button>
                    </li>
                ))}
            </ul>
        </Card>
    );
}
