import { useEffect } from "react";
import { Failure } from "../ui/parts.jsx";
import { useSession } from "../service/session.js";
import { useTitle } from "../shell/routing.jsx";
import { Invitations } from "./Invitations.jsx";
import { Members } from "./Members.jsx";
import { DeletedOrganisations, Settings } from "./Settings.jsx";
import { loadOrganisations, useOrganisations } from "./organisations.js";
import { mayManage } from "./roles.js";

export function TeamPage() {
    const { tenant, role } = useSession();
    const { list, isLoaded, problem } = useOrganisations();
    useTitle("Team");
    useEffect(() => { loadOrganisations(); }, []);
    const organisation = list.find(({ id }) => id === tenant);
    if (problem) return <Failure problem={problem} onRetry={loadOrganisations} />;
    if (!isLoaded || !organisation) return <div role="status" aria-label="Loading the team" className="h-96 animate-shimmer rounded-2xl bg-sunk" />;
    return (
        <div className="grid grid-cols-1 gap-6">
            <div>
                <h1 className="text-2xl font-semibold wrap-anywhere">{organisation.name}</h1>
                <p className="text-soft">{organisation.personal ? "The organisation that came with your account." : `You are ${role === "admin" || role === "owner" ? "an" : "a"} ${role} here.`}</p>
            </div>
            <Members organisation={organisation} />
            {mayManage(role) && <Invitations organisation={organisation} />}
            {mayManage(role) && <Settings organisation={organisation} />}
            <DeletedOrganisations list={list} />
        </div>
    );
}
