import { useState } from "react";
import { Button, Card, Empty, Failure } from "../ui/parts.jsx";
import { call } from "../service/calls.js";
import { changeOrganisation, useSession } from "../service/session.js";
import { Link, go, useTitle } from "../shell/routing.jsx";
import { invitationToken } from "./invitation.js";

/** The page of an invitation link for a user who has signed in. */
export function InvitePage() {
    const { email } = useSession();
    const [problem, setProblem] = useState(null);
    const [isBusy, setBusy] = useState(false);
    const token = invitationToken();
    useTitle("Invitation");
    const accept = async () => {
        setBusy(true);
        try {
            const { organisation } = await call("POST", "/auth/invitations/accept", { token });
            await changeOrganisation(organisation);
        } catch (refusal) {
            setProblem(refusal);
            setBusy(false);
        }
    };
    if (!token) return <Empty icon="link" title="This link is incomplete"><Link to="/" className="text-accent underline">Go to the tasks</Link></Empty>;
    return (
        <Card className="mx-auto grid w-full max-w-lg gap-4 p-6">
            <h1 className="text-2xl font-semibold">You are invited</h1>
            <p className="text-soft wrap-anywhere">Accept the invitation as {email} to work in the organisation that has sent it. You can change between organisations at any time.</p>
            {problem && <Failure problem={problem} />}
            <div className="flex flex-wrap justify-end gap-2">
                <Button onClick={() => go("/")}>Not now</Button>
                <Button kind="primary" icon="check" disabled={isBusy} onClick={accept}>Accept invitation</Button>
            </div>
        </Card>
    );
}
