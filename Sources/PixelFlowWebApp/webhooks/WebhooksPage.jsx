import { useState } from "react";
import { Button, Card, Empty, Failure } from "../ui/parts.jsx";
import { useIsKnown, useMay } from "../service/session.js";
import { useResponse } from "../service/useResponse.js";
import { Link, useTitle } from "../shell/routing.jsx";
import { Badge } from "./Badge.jsx";
import { Samples } from "./Samples.jsx";
import { ShownSecret } from "./ShownSecret.jsx";
import { WebhookForm } from "./WebhookForm.jsx";
import { stateOf } from "./words.js";

export function WebhooksPage() {
    useTitle("Webhooks");
    const isKnown = useIsKnown();
    if (!useMay("webhooks:write")) return isKnown && <Empty icon="hook" title="Webhooks are for admins and owners">Your role in this organisation does not include them.</Empty>;
    return <Webhooks />;
}

function Webhooks() {
    const { response, problem, reload } = useResponse("/api/webhooks");
    const [isMaking, setMaking] = useState(false);
    const [made, setMade] = useState(null);
    const show = async (webhook) => {
        setMaking(false);
        setMade(webhook);
        await reload();
    };
    return (
        <div className="grid grid-cols-1 gap-6">
            <div className="flex flex-wrap items-center justify-between gap-3">
                <div><h1 className="text-2xl font-semibold">Webhooks</h1><p className="text-soft">They notify your server of events.</p></div>
                <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>New webhook</Button>
            </div>
            {problem && <Failure problem={problem} onRetry={reload} />}
            {!response && !problem && <div role="status" aria-label="Loading the webhooks" className="h-52 animate-shimmer rounded-2xl bg-sunk" />}
            {response && (
                <Card aria-label="Webhooks" className="px-4 py-1">
                    {!response.webhooks.length && <Empty icon="hook" title="No webhooks yet">A webhook receives every event after its creation.</Empty>}
                    <ul className="divide-y divide-line">{response.webhooks.map((webhook) => <Row key={webhook.id} webhook={webhook} />)}</ul>
                </Card>
            )}
            <p className="text-soft">An upload can have its own URL: <Link to="/webhooks/default" className="text-accent underline">webhooks of single tasks</Link>.</p>
            <Samples />
            {isMaking && <WebhookForm onDone={show} onClose={() => setMaking(false)} />}
            {made && <ShownSecret webhook={made} onClose={() => setMade(null)} />}
        </div>
    );
}

function Row({ webhook }) {
    const { word, why } = stateOf(webhook);
    return (
        <li aria-label={`Webhook ${webhook.url}`} className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
            <div className="min-w-0 grow basis-64">
                <p className="wrap-anywhere"><Link to={`/webhooks/${webhook.id}`} className="font-medium text-accent underline">{webhook.url}</Link></p>
                {webhook.description && <p className="text-sm wrap-anywhere">{webhook.description}</p>}
                <p className="text-sm text-soft">{webhook.events.join(", ")}</p>
                {why && <p className="text-sm text-soft">{word}: {why}.</p>}
            </div>
            <Badge word={word} />
        </li>
    );
}
