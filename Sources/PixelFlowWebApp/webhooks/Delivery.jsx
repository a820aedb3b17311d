import { useState } from "react";
import { Button, Dialog, Failure } from "../ui/parts.jsx";
import { duration, moment } from "../service/format.js";
import { useResponse } from "../service/useResponse.js";
import { Badge } from "./Badge.jsx";
import { outcome, readable, requestHeaders, states } from "./words.js";

const codeClass = "mt-1 max-h-72 overflow-auto rounded-lg bg-sunk p-3 font-mono text-sm";

/** The request of a delivery, and the responses to all attempts. */
export function Delivery({ address, onReplay, onClose }) {
    const { response: delivery, problem, reload } = useResponse(address);
    const [refusal, setRefusal] = useState(null);
    return (
        <Dialog title="Delivery" onClose={onClose} className="max-w-3xl">
            {problem && <Failure problem={problem} onRetry={reload} />}
            {!delivery && !problem && <div role="status" aria-label="Loading the delivery" className="h-52 animate-shimmer bg-sunk" />}
            {delivery && (
                <div className="grid grid-cols-1 gap-4">
                    <p className="flex flex-wrap items-center gap-3"><Badge word={states[delivery.state]} /><span>{delivery.event}, {moment(delivery.event_at)}</span></p>
                    {delivery.next_attempt_at && <p className="text-soft">Next attempt: {moment(delivery.next_attempt_at)}</p>}
                    <section aria-labelledby="request-heading" className="min-w-0">
                        <h3 id="request-heading" className="font-semibold">Request</h3>
                        {delivery.url && <p className="text-sm text-soft wrap-anywhere">To {delivery.url}</p>}
                        <pre tabIndex={0} aria-label="Headers of the request" className={codeClass}>{requestHeaders(delivery)}</pre>
                        <p className="mt-1 text-sm text-soft">The signature is made from these, the body and the secret; it is not kept.</p>
                        <pre tabIndex={0} aria-label="Body of the request" className={codeClass}>{readable(delivery.body || "")}</pre>
                    </section>
                    <section aria-labelledby="attempts-heading" className="min-w-0">
                        <h3 id="attempts-heading" className="font-semibold">Attempts</h3>
                        {!delivery.attempts.length && <p className="text-soft">None yet.</p>}
                        <ol className="divide-y divide-line">{delivery.attempts.map((attempt) => <Attempt key={attempt.at} attempt={attempt} />)}</ol>
                    </section>
                    {refusal && <Failure problem={refusal} />}
                    <div className="flex justify-end"><Button icon="replay" onClick={() => onReplay().catch(setRefusal)}>Replay</Button></div>
                </div>
            )}
        </Dialog>
    );
}

function Attempt({ attempt }) {
    return (
        <li className="py-2">
            <p className="flex flex-wrap gap-x-3 text-sm"><span className="font-medium">{outcome(attempt)}</span><time dateTime={attempt.at} className="text-soft">{moment(attempt.at)}</time><span className="text-soft">after {duration(attempt.duration_ms / 1000)}</span>{typeof attempt.timestamp === "number" && <code className="font-mono text-soft">webhook-timestamp: {attempt.timestamp}</code>}</p>
            {attempt.answer && <pre tabIndex={0} aria-label="Response" className={codeClass}>{attempt.answer}</pre>}
            {attempt.next_attempt_at && <p className="text-sm text-soft">The next was to follow at {moment(attempt.next_attempt_at)}.</p>}
        </li>
    );
}
