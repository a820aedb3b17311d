import { useState } from "react";
import { Confirmation } from "../ui/Confirmation.jsx";
import { Secret } from "../ui/Secret.jsx";
import { Button, Card, Dialog, Empty, Failure } from "../ui/parts.jsx";
import { call } from "../service/calls.js";
import { ago, moment } from "../service/format.js";
import { useIsKnown } from "../service/session.js";
import { toast } from "../service/toasts.js";
import { useResponse } from "../service/useResponse.js";
import { useTitle } from "../shell/routing.jsx";
import { NewKey } from "./NewKey.jsx";

export function KeysPage() {
    const { response, problem, reload } = useResponse("/auth/keys");
    const [isMaking, setMaking] = useState(false);
    const [made, setMade] = useState(null);
    const isKnown = useIsKnown();
    useTitle("API keys");
    const show = async (key) => {
        setMaking(false);
        setMade(key);
        await reload();
    };
    return (
        <div className="grid grid-cols-1 gap-6" inert={isKnown ? undefined : ""}>
            <div className="flex flex-wrap items-center justify-between gap-3">
                <div><h1 className="text-2xl font-semibold">API keys</h1><p className="text-soft">For programs. A key belongs to the organisation and stays valid when its creator leaves.</p></div>
                <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>New key</Button>
            </div>
            {problem && <Failure problem={problem} onRetry={reload} />}
            {!response && !problem && <div role="status" aria-label="Loading the keys" className="h-52 animate-shimmer rounded-2xl bg-sunk" />}
            {response && (
                <Card aria-label="Keys" className="px-4 py-1">
                    {!response.keys.length && <Empty icon="key" title="No keys yet">A program sends a key instead of a token.</Empty>}
                    <ul className="divide-y divide-line">{response.keys.map((key) => <Key key={key.id} apiKey={key} onRevoked={reload} />)}</ul>
                </Card>
            )}
            {isMaking && <NewKey onMade={show} onClose={() => setMaking(false)} />}
            {made && (
                <Dialog title={`Key ${made.name}`} onClose={() => setMade(null)}>
                    <p role="alert" className="mb-4 rounded-lg bg-busy-wash px-3 py-2 text-busy">Copy the key now. It is not shown again, and no one can look it up.</p>
                    <Secret id="new-key" label="API key" text={made.key} />
                </Dialog>
            )}
        </div>
    );
}

function Key({ apiKey, onRevoked }) {
    const { id, name, hint, scopes, networks, priority, created_at: createdAt, expires_at: expiresAt, last_used_at: lastUsedAt } = apiKey;
    const [isAsking, setAsking] = useState(false);
    const revoke = async () => {
        await call("DELETE", `/auth/keys/${encodeURIComponent(id)}`);
        toast(`Key ${name} revoked.`);
        await onRevoked();
    };
    const metadata = [
        `made ${ago(createdAt)}`, lastUsedAt ? `used ${ago(lastUsedAt)}` : "never used", expiresAt ? `expires ${moment(expiresAt)}` : "does not expire",
        ...(networks.length ? [`from ${networks.join(", ")}`] : []),
        ...(priority ? [`${priority} priority`] : []),
    ];
    return (
        <li aria-label={`Key ${name}`} className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
            <div className="min-w-0 grow basis-64">
                <p className="font-medium wrap-anywhere">{name} <code className="font-mono text-sm font-normal text-soft">…{hint}</code></p>
                <p className="text-sm wrap-anywhere">{scopes.join(", ")}</p>
                <p className="text-sm text-soft wrap-anywhere">{metadata.join(" · ")}</p>
            </div>
            <Button small kind="bad" aria-label={`Revoke ${name}`} onClick={() => setAsking(true)}>Revoke</Button>
            {isAsking && (
                <Confirmation title={`Revoke ${name}?`} action="Revoke" run={revoke} onClose={() => setAsking(false)}>
                    Programs that use it are refused within seconds. A revoked key cannot be restored.
                </Confirmation>
            )}
        </li>
    );
}
