import { useEffect, useState } from "react";
import { Choice } from "../ui/Choice.jsx";
import { useIsWide } from "../ui/screen.js";
import { Button, Card, Empty, Failure } from "../ui/parts.jsx";
import { call } from "../service/calls.js";
import { moment } from "../service/format.js";
import { showError } from "../service/toasts.js";
import { go, useSearch, useTitle } from "../shell/routing.jsx";
import { actions, address, exportEntries } from "./audit.js";

export function AuditPage() {
    const action = new URLSearchParams(useSearch()).get("action") || "";
    const [isExporting, setExporting] = useState(false);
    useTitle("Audit log");
    const save = async () => {
        setExporting(true);
        await exportEntries(action).catch(showError);
        setExporting(false);
    };
    const options = [["", "Everything"], ...Object.entries(actions)];
    return (
        <div className="grid grid-cols-1 gap-6">
            <div><h1 className="text-2xl font-semibold">Audit log</h1><p className="text-soft">Who did what in this organisation, newest first.</p></div>
            <div className="flex flex-wrap items-end justify-between gap-3">
                <Choice id="audit-action" label="Show" options={options} value={action} onChange={({ target }) => go(target.value ? `/audit?action=${target.value}` : "/audit", { replace: true })} />
                <Button icon="download" disabled={isExporting} onClick={save}>Export JSON lines</Button>
            </div>
            <Entries key={action} action={action} />
        </div>
    );
}

function Entries({ action }) {
    const [entries, setEntries] = useState([]);
    const [cursor, setCursor] = useState("");
    const [isLoading, setLoading] = useState(true);
    const [problem, setProblem] = useState(null);
    const load = async () => {
        setLoading(true);
        setProblem(null);
        try {
            const page = await call("GET", address(action, 50, cursor));
            setEntries((before) => [...before, ...page.entries]);
            setCursor(page.next_cursor || null);
        } catch (refusal) {
            setProblem(refusal);
        }
        setLoading(false);
    };
    useEffect(() => { load(); }, []);
    const Shown = useIsWide() ? Table : List;
    return (
        <Card aria-label="Entries" className="overflow-hidden">
            {entries.length > 0 && <Shown entries={entries} />}
            {!entries.length && !isLoading && !problem && <Empty icon="log" title="No entries">Entries are listed here when something happens.</Empty>}
            {problem && <div className="p-4"><Failure problem={problem} onRetry={load} /></div>}
            {isLoading && !entries.length && <div role="status" aria-label="Loading the log" className="h-52 animate-shimmer bg-sunk" />}
            {cursor && !problem && <div className="border-t border-line p-3 text-center"><Button small disabled={isLoading} onClick={load}>Older entries</Button></div>}
        </Card>
    );
}

/** Without columns, in which long details such as the name of a browser would be very narrow. */
function List({ entries }) {
    return (
        <ul className="divide-y divide-line text-sm">
            {entries.map((entry) => (
                <li key={entry.id} className="grid grid-cols-1 gap-0.5 px-4 py-2">
                    <div className="flex flex-wrap justify-between gap-x-4">
                        <span className="font-medium" title={entry.action}>{actions[entry.action] || entry.action}</span>
                        <time dateTime={entry.at} className="text-soft tabular-nums">{moment(entry.at)}</time>
                    </div>
                    <div className="flex flex-wrap justify-between gap-x-4">
                        <span className="max-w-full truncate" title={entry.actor_name}>{entry.actor_name}</span>
                        <span className="text-soft" title={entry.request_id && `Request ${entry.request_id}`}>{entry.address}</span>
                    </div>
                    {entry.detail && <p className="text-soft wrap-anywhere" title={entry.target}>{entry.detail}</p>}
                </li>
            ))}
        </ul>
    );
}

function Table({ entries }) {
    return (
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Audit log">
            <table className="w-full min-w-2xl text-left text-sm">
                <thead className="bg-sunk text-soft">
                    <tr>{["When", "Who", "What", "Details", "From"].map((name) => <th key={name} scope="col" className="px-4 py-2 font-medium">{name}</th>)}</tr>
                </thead>
                <tbody className="divide-y divide-line">
                    {entries.map((entry) => (
                        <tr key={entry.id} className="align-top">
                            <td className="px-4 py-2 whitespace-nowrap tabular-nums"><time dateTime={entry.at}>{moment(entry.at)}</time></td>
                            <td className="max-w-64 truncate px-4 py-2" title={entry.actor_name}>{entry.actor_name}</td>
                            <td className="px-4 py-2" title={entry.action}>{actions[entry.action] || entry.action}</td>
                            <td className="px-4 py-2 wrap-anywhere" title={entry.target}>{entry.detail}</td>
                            <td className="px-4 py-2 whitespace-nowrap" title={entry.request_id && `Request ${entry.request_id}`}>{entry.address}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}
