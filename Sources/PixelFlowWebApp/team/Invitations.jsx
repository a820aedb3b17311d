import { useState } from "react";
import { Choice } from "../ui/Choice.jsx";
import { Secret } from "../ui/Secret.jsx";
import { Button, Card, Dialog, Failure, Field } from "../ui/parts.jsx";
import { call } from "../service/calls.js";
import { moment } from "../service/format.js";
import { useSession } from "../service/session.js";
import { showError, toast } from "../service/toasts.js";
import { useResponse } from "../service/useResponse.js";
import { effect } from "./invitation.js";
import { invitationsPath } from "./organisations.js";
import { assignable, roles, titled } from "./roles.js";

/** The token is in the fragment, which browsers do not send to servers. */
const linkTo = ({ token }) => `${location.origin}/invite#${token}`;

export function Invitations({ organisation }) {
    const path = invitationsPath(organisation.id);
    const { response, problem, reload } = useResponse(path);
    const sendsMail = useResponse("/auth/register").response?.sends_mail === true;
    const [shown, setShown] = useState(null);
    const show = async (invitation) => {
        setShown(invitation);
        await reload();
    };
    return (
        <Card aria-labelledby="invitations-heading" className="p-4">
            <h2 id="invitations-heading" className="text-lg font-semibold">Invitations</h2>
            <p className="text-sm text-soft">A link is valid for one person and 7 days. Give it to the person whom you invite.</p>
            <NewInvitation path={path} sendsMail={sendsMail} onMade={show} />
            {problem && <Failure problem={problem} onRetry={reload} />}
            <ul className="mt-2 divide-y divide-line">
                {response && response.invitations.map((invitation) => <Invitation key={invitation.id} invitation={invitation} path={path} sendsMail={sendsMail} onRenewed={show} onChange={reload} />)}
            </ul>
            {shown && (
                <Dialog title="Invitation link" onClose={() => setShown(null)}>
                    {shown.mailed && <p role="status" className="mb-4 rounded-lg bg-accent-wash px-3 py-2 text-accent wrap-anywhere">A message with this link is on its way to {shown.email}.</p>}
                    <p className="mb-4 text-soft wrap-anywhere">This link is shown only now. {effect(shown, organisation.name)}</p>
                    <Secret id="invitation-link" label="Link" text={linkTo(shown)} />
                </Dialog>
            )}
        </Card>
    );
}

function NewInvitation({ path, sendsMail, onMade }) {
    const { role } = useSession();
    const [problem, setProblem] = useState(null);
    const submit = async (event) => {
        event.preventDefault();
        const form = event.target;
        const fields = new FormData(form);
        const email = String(fields.get("email")).trim();
        try {
            await onMade(await call("POST", path, { role: fields.get("role"), ...(email && { email }) }));
            setProblem(null);
            form.reset();
        } catch (refusal) {
            setProblem(refusal);
        }
    };
    const choices = assignable(role).map((one) => [one, `${titled(one)}: ${roles[one].toLowerCase()}`]);
    return (
        <form onSubmit={submit} aria-label="Invite someone" className="mt-4 grid items-start gap-3 sm:grid-cols-[1fr_1fr_auto]">
            <Field id="invite-email" name="email" label="Email (optional)" type="email" autoComplete="off" hint={`The link is then only for this address${sendsMail ? ", and is mailed there" : ""}.`} error={problem ? problem.message : ""} />
            <Choice id="invite-role" name="role" label="Role" options={choices} defaultValue="member" />
            <Button type="submit" kind="primary" icon="link" className="sm:mt-6">Create a link</Button>
        </form>
    );
}

function Invitation({ invitation, path, sendsMail, onRenewed, onChange }) {
    const { id, email, role, expires_at: expiresAt } = invitation;
    const name = email || "anyone with the link";
    const act = async (action) => {
        try {
            await action();
        } catch (problem) {
            showError(problem);
        }
    };
    const renew = () => act(async () => onRenewed(await call("POST", `${path}/${id}/renew`)));
    const revoke = () => act(async () => {
        await call("DELETE", `${path}/${id}`);
        toast("Invitation revoked.");
        await onChange();
    });
    return (
        <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
            <div className="min-w-0 grow basis-56">
                <p className="font-medium wrap-anywhere">For {name}</p>
                <p className="text-sm text-soft">{titled(role)}, until {moment(expiresAt)}</p>
            </div>
            <Button small icon="replay" aria-label={`Renew the invitation for ${name}`} onClick={renew}>{email && sendsMail ? "Send again" : "New link"}</Button>
            <Button small kind="bad" aria-label={`Revoke the invitation for ${name}`} onClick={revoke}>Revoke</Button>
        </li>
    );
}
