import { Button, Card, Failure } from "../ui/parts.jsx";
import { call } from "../service/calls.js";
import { ago, moment } from "../service/format.js";
import { showError, toast } from "../service/toasts.js";
import { useResponse } from "../service/useResponse.js";
import { deviceName } from "./devices.js";

/** The sessions of the user. */
export function Sessions() {
    const { response, problem, reload } = useResponse("/auth/sessions");
    const end = async (id) => {
        try {
            await call("DELETE", `/auth/sessions/${encodeURIComponent(id)}`);
            toast("Session ended.");
        } catch (refusal) {
            showError(refusal);
        }
        await reload();
    };
    return (
        <Card aria-labelledby="sessions-heading" className="p-4">
            <h2 id="sessions-heading" className="text-lg font-semibold">Sessions</h2>
            {problem && <Failure problem={problem} onRetry={reload} />}
            {!response && !problem && <div role="status" aria-label="Loading the sessions" className="mt-3 h-24 animate-shimmer rounded-xl bg-sunk" />}
            <ul className="mt-2 divide-y divide-line">
                {response && response.sessions.map((one) => (
                    <li key={one.id} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-3">
                        <div className="min-w-0">
                            <p className="font-medium" title={one.device}>{deviceName(one.device)}{one.current && <span className="ml-2 rounded-full bg-good-wash px-2 py-0.5 text-sm text-good">This device</span>}</p>
                            <p className="text-sm text-soft wrap-anywhere">{one.address} · used {ago(one.last_used_at)} · since {moment(one.created_at)}</p>
                        </div>
                        {!one.current && <Button small kind="bad" aria-label={`End the session of ${deviceName(one.device)}, used ${ago(one.last_used_at)}`} onClick={() => end(one.id)}>End</Button>}
                    </li>
                ))}
            </ul>
        </Card>
    );
}
