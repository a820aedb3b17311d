import { useState } from "react";
import { Button, Card, Dialog, Failure, Field } from "../ui/parts.jsx";
import { call } from "../service/calls.js";
import { forgetAccount, useSession } from "../service/session.js";
import { showError, toast } from "../service/toasts.js";
import { useResponse } from "../service/useResponse.js";
import { useTitle } from "../shell/routing.jsx";
import { exportAccount } from "./exporting.js";
import { Mail } from "./Mail.jsx";
import { Notifications } from "./Notifications.jsx";
import { SecondFactor } from "./SecondFactor.jsx";
import { Sessions } from "./Sessions.jsx";

export function AccountPage() {
    const { email } = useSession();
    useTitle("Account");
    return (
        <div className="grid grid-cols-1 gap-6">
            <div><h1 className="text-2xl font-semibold">Account</h1><Address email={email} /></div>
            <Password email={email} />
            <SecondFactor />
            <Sessions />
            <Notifications />
            <Mail />
            <Export />
            <Deletion email={email} />
        </div>
    );
}

/** Whether the address is confirmed. If the service sends mail, the user can request a message that confirms it. */
function Address({ email }) {
    const account = useResponse("/auth/me").response;
    const sendsMail = useResponse("/auth/register").response?.sends_mail === true;
    const send = async () => {
        try {
            await call("POST", "/auth/email/verification");
            toast("A message with a link is on its way.");
        } catch (problem) {
            showError(problem);
        }
    };
    return (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-soft">
            <p className="wrap-anywhere">{email}</p>
            {account?.email_verified && <span className="rounded-full bg-good-wash px-2 py-0.5 text-sm text-good">Confirmed</span>}
            {account && !account.email_verified && sendsMail && <Button small onClick={send}>Confirm address</Button>}
        </div>
    );
}

function Password({ email }) {
    const [problem, setProblem] = useState(null);
    const submit = async (event) => {
        event.preventDefault();
        const form = event.target;
        const fields = new FormData(form);
        try {
            await call("POST", "/auth/password", { password: fields.get("password"), new_password: fields.get("new_password") });
            setProblem(null);
            form.reset();
            toast("Password changed. Every other session has ended.");
        } catch (refusal) {
            setProblem(refusal);
        }
    };
    const field = problem && (problem.code === "password_wrong" ? "old" : problem.code.startsWith("password_") ? "new" : "");
    return (
        <Card aria-labelledby="password-heading" className="p-4">
            <h2 id="password-heading" className="text-lg font-semibold">Password</h2>
            <form onSubmit={submit} aria-label="Change the password" className="mt-3 grid max-w-sm gap-4">
                <input type="email" name="email" value={email} readOnly hidden autoComplete="username" />
                <Field id="old-password" name="password" label="Current password" type="password" required autoComplete="current-password" error={field === "old" ? problem.message : ""} />
                <Field id="new-password" name="new_password" label="New password" type="password" required autoComplete="new-password" hint="At least 8 characters. This ends your other sessions."
                    error={field === "new" ? problem.message : ""} />
                {field === "" && problem && <Failure problem={problem} />}
                <Button type="submit" className="justify-self-start">Change password</Button>
            </form>
        </Card>
    );
}

function Export() {
    const [isBusy, setBusy] = useState(false);
    const save = async () => {
        setBusy(true);
        try {
            await exportAccount();
        } catch (problem) {
            showError(problem);
        }
        setBusy(false);
    };
    return (
        <Card aria-labelledby="export-heading" className="flex flex-wrap items-center justify-between gap-3 p-4">
            <div>
                <h2 id="export-heading" className="text-lg font-semibold">Your data</h2>
                <p className="text-soft">Your account, your audit log entries and the tasks of the current organisation, as JSON.</p>
            </div>
            <Button icon="download" disabled={isBusy} onClick={save}>{isBusy ? "One moment …" : "Export"}</Button>
        </Card>
    );
}

function Deletion({ email }) {
    const [isAsking, setAsking] = useState(false);
    return (
        <Card aria-labelledby="deletion-heading" className="flex flex-wrap items-center justify-between gap-3 p-4">
            <div>
                <h2 id="deletion-heading" className="text-lg font-semibold">Delete the account</h2>
                <p className="text-soft">Also deletes your personal organisation and every organisation without other members.</p>
            </div>
            <Button kind="bad" icon="trash" onClick={() => setAsking(true)}>Delete account</Button>
            {isAsking && <DeletionDialog email={email} onClose={() => setAsking(false)} />}
        </Card>
    );
}

function DeletionDialog({ email, onClose }) {
    const [problem, setProblem] = useState(null);
    const submit = async (event) => {
        event.preventDefault();
        try {
            await call("DELETE", "/auth/me", { password: new FormData(event.target).get("password") });
            forgetAccount();
        } catch (refusal) {
            setProblem(refusal);
        }
    };
    return (
        <Dialog title="Delete your account?" onClose={onClose} className="max-w-md">
            <form onSubmit={submit} className="grid gap-4">
                <p className="text-soft wrap-anywhere">This deletes the account {email} with its tasks and images. It cannot be undone.</p>
                <Field id="deletion-password" name="password" label="Your password" type="password" required autoComplete="current-password" autoFocus error={problem ? problem.message : ""} />
                <div className="flex justify-end gap-2"><Button onClick={onClose}>Keep</Button><Button type="submit" kind="bad" icon="trash">Delete account</Button></div>
            </form>
        </Dialog>
    );
}
