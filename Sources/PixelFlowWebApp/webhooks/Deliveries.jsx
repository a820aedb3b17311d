import { useEffect, useState } from "react";
import { Choice } from "../ui/Choice.jsx";
import { Button, Card, Empty, Failure, TextButton } from "../ui/parts.jsx";
import { call } from "../service/calls.js";
import { moment, plural } from "../service/format.js";
import { showError, toast } from "../service/toasts.js";
import { useResponse } from "../service/useResponse.js";
import { Link } from "../shell/routing.jsx";
import { Badge } from "./Badge.jsx";
import { Delivery } from "./Delivery.jsx";
import { ReplayFailed } from "./ReplayFailed.jsx";
import { logAddress, states } from "./words.js";

/** The polling interval of the log in milliseconds, while a delivery is pending. */
const every = 2000;

/** The log of a webhook, with the actions that send messages again. */
export function Deliveries({ id, isEnabled }) {
    const [state, setState] = useState("");
    const [cursor, setCursor] = useState("");
    const [isAsking, setAsking] = useState(false);
    const [turn, setTurn] = useState(0);
    const again = () => {
        setCursor("");
        setTurn((before) => before + 1);
    };
    const test = () => call("POST", `/api/webhooks/${encodeURIComponent(id)}/test`).then(again, showError);
    const replay = (wish) => call("POST", `/api/webhooks/${encodeURIComponent(id)}/replay`, wish).then(({ replayed }) => {
        toast(`${plural(replayed, "delivery", "deliveries")} sent again.`);
        again();
    });
    return (
        <section aria-labelledby="deliveries-heading" className="grid min-w-0 grid-cols-1 gap-3">
            <div className="flex flex-wrap items-end justify-between gap-3">
                <div><h2 id="deliveries-heading" className="text-lg font-semibold">Deliveries</h2><p className="text-soft">The newest first; kept for 30 days.</p></div>
                <div className="flex flex-wrap items-end gap-2">
                    <Choice id="delivery-state" label="Show" value={state} options={[["", "All"], ...Object.entries(states)]} onChange={({ target }) => { setState(target.value); setCursor(""); }} />
                    <Button icon="replay" onClick={() => setAsking(true)}>Replay failed</Button>
                    <Button disabled={!isEnabled} onClick={test}>Send a test</Button>
                </div>
            </div>
            <Log key={`${state} ${cursor} ${turn}`} address={logAddress(id, state, cursor)} id={id} onReplay={(delivery) => replay({ delivery })} onOlder={setCursor} />
            {cursor && <div><Button small onClick={again}>Newest deliveries</Button></div>}
            {isAsking && <ReplayFailed onReplay={(since) => replay({ since })} onClose={() => setAsking(false)} />}
        </section>
    );
}

function Log({ address, id, onReplay, onOlder }) {
    const { response, problem, reload } = useResponse(address);
    const [opened, setOpened] = useState("");
    const isWaiting = Boolean(response) && response.deliveries.some(({ state }) => state === "pending");
    useEffect(() => {
        if (!isWaiting) return undefined;
        const timer = setInterval(() => { if (!document.hidden) reload(); }, every);
        return () => clearInterval(timer);
    }, [isWaiting]);
    return (
        <Card aria-label="Log" className="overflow-hidden">
            {problem && <div className="p-4"><Failure problem={problem} onRetry={reload} /></div>}
            {!response && !problem && <div role="status" aria-label="Loading the deliveries" className="h-52 animate-shimmer bg-sunk" />}
            {response && !response.deliveries.length && <Empty icon="log" title="No deliveries">They are listed here when a message has been sent.</Empty>}
            {response && response.deliveries.length > 0 && <Table deliveries={response.deliveries} onOpen={setOpened} />}
            {response && response.next_cursor && <div className="border-t border-line p-3 text-center"><Button small onClick={() => onOlder(response.next_cursor)}>Older deliveries</Button></div>}
            {opened && <Delivery address={`/api/webhooks/${encodeURIComponent(id)}/deliveries/${encodeURIComponent(opened)}`} onReplay={() => onReplay(opened)} onClose={() => setOpened("")} />}
        </Card>
    );
}

function Table({ deliveries, onOpen }) {
    return (
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Deliveries">
            <table className="w-full min-w-2xl text-left text-sm">
                <thead className="bg-sunk text-soft">
                    <tr>{["When", "Event", "State", "Attempts", "Next attempt", "Task"].map((name) => <th key={name} scope="col" className="px-4 py-2 font-medium">{name}</th>)}</tr>
                </thead>
                <tbody className="divide-y divide-line">
                    {deliveries.map((delivery) => (
                        <tr key={delivery.id}>
                            <td className="px-4 py-2 whitespace-nowrap tabular-nums"><time dateTime={delivery.created_at}>{moment(delivery.created_at)}</time></td>
                            <td className="px-4 py-2"><TextButton onClick={() => onOpen(delivery.id)}>{delivery.event}</TextButton></td>
                            <td className="px-4 py-2"><Badge word={states[delivery.state]} /></td>
                            <td className="px-4 py-2 tabular-nums">{delivery.attempts.length}</td>
                            <td className="px-4 py-2 whitespace-nowrap tabular-nums">{delivery.next_attempt_at && moment(delivery.next_attempt_at)}</td>
                            <td className="px-4 py-2">{delivery.task && <Link to={`/tasks/${delivery.task}`} className="text-accent underline" title={delivery.task}>…{delivery.task.slice(-8)}</Link>}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}
