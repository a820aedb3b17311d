import { useState } from "react";
import { Confirmation } from "../ui/Confirmation.jsx";
import { Button, Card, Failure, inputClass } from "../ui/parts.jsx";
import { call } from "../service/calls.js";
import { ago } from "../service/format.js";
import { useSession } from "../service/session.js";
import { showError, toast } from "../service/toasts.js";
import { useResponse } from "../service/useResponse.js";
import { membersPath } from "./organisations.js";
import { assignable, roles, titled } from "./roles.js";

export function Members({ organisation }) {
    const { response, problem, reload } = useResponse(membersPath(organisation.id));
    return (
        <Card aria-labelledby="members-heading" className="p-4">
            <h2 id="members-heading" className="text-lg font-semibold">Members</h2>
            {problem && <Failure problem={problem} onRetry={reload} />}
            {!response && !problem && <div role="status" aria-label="Loading the members" className="mt-3 h-24 animate-shimmer rounded-xl bg-sunk" />}
            <ul className="mt-2 divide-y divide-line">
                {response && response.members.map((member) => <Member key={member.user_id} member={member} organisation={organisation} onChange={reload} />)}
            </ul>
        </Card>
    );
}

function Member({ member, organisation, onChange }) {
    const { role: mine, userID } = useSession();
    const [isAsking, setAsking] = useState(false);
    const isMe = member.user_id === userID;
    const choices = assignable(mine);
    // A personal organisation always has exactly one owner.
    const mayChange = choices.includes(member.role) && !(isMe && organisation.personal);
    const path = `${membersPath(organisation.id)}/${encodeURIComponent(member.user_id)}`;
    const give = async (role) => {
        try {
            await call("PATCH", path, { role });
            toast(`${member.email} is now ${role}.`);
            // The service rejects the token of the previous role, so renew it.
            if (isMe) await call("GET", "/auth/me");
        } catch (problem) {
            showError(problem);
        }
        await onChange();
    };
    const remove = async () => {
        await call("DELETE", path);
        if (isMe) return location.assign("/");
        await onChange();
    };
    return (
        <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
            <div className="min-w-0 grow basis-56">
                <p className="font-medium wrap-anywhere">{member.email}{isMe && <span className="font-normal text-soft"> (you)</span>}</p>
                <p className="text-sm text-soft">since {ago(member.since)}</p>
            </div>
            {mayChange ? (
                <select aria-label={`Role of ${member.email}`} value={member.role} onChange={(event) => give(event.target.value)} className={`${inputClass} max-w-36 py-1.5`}>
                    {choices.map((role) => <option key={role} value={role}>{titled(role)}</option>)}
                </select>
            ) : <span className="text-soft" title={roles[member.role]}>{titled(member.role)}</span>}
            {(isMe ? !organisation.personal : mayChange) && (
                <Button small kind="bad" aria-label={isMe ? "Leave the organisation" : `Remove ${member.email}`} onClick={() => setAsking(true)}>{isMe ? "Leave" : "Remove"}</Button>
            )}
            {isAsking && (
                <Confirmation title={isMe ? `Leave ${organisation.name}?` : `Remove ${member.email}?`} action={isMe ? "Leave" : "Remove"} run={remove} onClose={() => setAsking(false)}>
                    {isMe ? "You" : member.email} will see nothing of {organisation.name} any more. Tasks, presets and keys stay.
                </Confirmation>
            )}
        </li>
    );
}
