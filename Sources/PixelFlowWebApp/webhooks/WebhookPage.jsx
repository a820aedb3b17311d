import { useState } from "react";
import { Confirmation } from "../ui/Confirmation.jsx";
import { Button, Failure } from "../ui/parts.jsx";
import { call } from "../service/calls.js";
import { moment } from "../service/format.js";
import { useMay } from "../service/session.js";
import { toast } from "../service/toasts.js";
import { useResponse } from "../service/useResponse.js";
import { Link, go, useTitle } from "../shell/routing.jsx";
import { Badge } from "./Badge.jsx";
import { Deliveries } from "./Deliveries.jsx";
import { Samples } from "./Samples.jsx";
import { ShownSecret } from "./ShownSecret.jsx";
import { WebhookForm } from "./WebhookForm.jsx";
import { stateOf } from "./words.js";

export function WebhookPage({ id }) {
    const address = `/api/webhooks/${encodeURIComponent(id)}`;
    const { response: webhook, problem, reload } = useResponse(address);
    const [asking, setAsking] = useState("");
    const [rotated, setRotated] = useState(null);
    const mayWrite = useMay("webhooks:write");
    useTitle("Webhook");
    const close = () => setAsking("");
    const changed = async () => {
        close();
        await reload();
    };
    const rotate = async () => {
        setRotated(await call("POST", `${address}/rotate`));
        await reload();
    };
    const remove = async () => {
        await call("DELETE", address);
        toast("Webhook deleted.");
        go("/webhooks");
    };
    return (
        <div className="grid grid-cols-1 gap-6" inert={mayWrite ? undefined : ""}>
            <Link to="/webhooks" className="justify-self-start text-accent underline">All webhooks</Link>
            {problem && <Failure problem={problem} onRetry={reload} />}
            {!webhook && !problem && <div role="status" aria-label="Loading the webhook" className="h-52 animate-shimmer rounded-2xl bg-sunk" />}
            {webhook && (
                <>
                    <Metadata webhook={webhook} />
                    <div className="flex flex-wrap gap-2">
                        {webhook.url && <Button icon="edit" onClick={() => setAsking("edit")}>Edit</Button>}
                        <Button icon="key" onClick={() => setAsking("rotate")}>Replace the secret</Button>
                        {webhook.url && <Button kind="bad" icon="trash" onClick={() => setAsking("delete")}>Delete</Button>}
                    </div>
                    <Deliveries id={id} isEnabled={webhook.enabled && Boolean(webhook.url)} />
                    <Samples />
                </>
            )}
            {asking === "edit" && <WebhookForm webhook={webhook} onDone={changed} onClose={close} />}
            {asking === "rotate" && (
                <Confirmation title="Replace the secret?" action="Replace" run={rotate} onClose={close}>
                    For 24 hours, messages are signed with both secrets. After that, only the new one is valid.
                </Confirmation>
            )}
            {asking === "delete" && (
                <Confirmation title="Delete this webhook?" action="Delete" run={remove} onClose={close}>
                    Its deliveries are deleted, too, and pending messages are not delivered.
                </Confirmation>
            )}
            {rotated && <ShownSecret webhook={rotated} onClose={() => setRotated(null)} />}
        </div>
    );
}

function Metadata({ webhook }) {
    const { word, why } = stateOf(webhook);
    return (
        <div className="min-w-0">
            <div className="flex flex-wrap items-center gap-3"><h1 className="text-2xl font-semibold wrap-anywhere">{webhook.url || "Webhooks of single tasks"}</h1><Badge word={word} /></div>
            {webhook.description && <p className="wrap-anywhere">{webhook.description}</p>}
            <p className="text-soft">{webhook.url ? webhook.events.join(", ") : "The webhook_url that was sent with an upload."}</p>
            {why && <p className="text-soft">{word}: {why}.{!webhook.enabled && " Edit it to enable it again."}</p>}
            {webhook.previous_secret_until && <p className="text-soft">The previous secret also signs until {moment(webhook.previous_secret_until)}.</p>}
        </div>
    );
}
