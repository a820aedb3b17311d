import { useEffect, useRef, useState } from "react";
import { Icon } from "../ui/Icon.jsx";
import { statuses } from "../ui/Status.jsx";
import { inputLook } from "../ui/parts.jsx";
import { count } from "../service/format.js";
import { go, useSearch } from "../shell/routing.jsx";
import { useStatistics } from "./statistics.js";
import { list, taskStore } from "./taskStore.js";

const pause = 250;

/** The status, the text and the batch by which the list is filtered; all are part of the URL. */
export function Filters() {
    const address = new URLSearchParams(useSearch());
    const status = statuses[address.get("status")] ? address.get("status") : "";
    const search = address.get("search") || "";
    const batch = address.get("batch") || "";
    useEffect(() => {
        const { query } = taskStore.get();
        if (query.status !== status || query.search !== search || query.batch !== batch) list({ status, search, batch });
    }, [status, search, batch]);
    const narrow = (change) => {
        const parameters = new URLSearchParams(Object.entries({ status, search, batch, ...change }).filter(([, value]) => value));
        // Its `size` is unknown to browsers of 2022.
        go(String(parameters) ? `/?${parameters}` : "/", { replace: true });
    };
    return (
        <div className="flex flex-wrap items-center gap-3 p-3 sm:p-4">
            <Choices status={status} onChange={(value) => narrow({ status: value })} />
            {batch && <BatchBadge onRemove={() => narrow({ batch: "" })} />}
            <Search text={search} onChange={(value) => narrow({ search: value })} />
        </div>
    );
}

function BatchBadge({ onRemove }) {
    return (
        <button type="button" onClick={onRemove} aria-label="Show the tasks of all batches"
            className="flex items-center gap-1.5 rounded-full bg-accent-wash px-3 py-1 text-sm font-medium whitespace-nowrap text-accent">
            One batch
            <Icon name="close" />
        </button>
    );
}

function Choices({ status, onChange }) {
    const { now } = useStatistics();
    const all = now && Object.values(now.counts).reduce((sum, each) => sum + each, 0);
    const choices = [["", "All", all], ...Object.entries(statuses).map(([key, { word }]) => [key, word, now && now.counts[key]])];
    return (
        <div role="group" aria-label="Status" className="-mx-1 flex max-w-full grow gap-1 overflow-x-auto p-1">
            {choices.map(([key, word, number]) => (
                <button key={key} type="button" aria-pressed={status === key} onClick={() => onChange(key)}
                    className="flex items-center gap-1.5 rounded-full px-3 py-1 text-sm font-medium whitespace-nowrap text-soft hover:bg-sunk
                        aria-pressed:bg-accent-wash aria-pressed:text-accent">
                    {word}
                    <span className="min-w-4 text-right tabular-nums">{number === null || number === undefined ? "" : count(number)}</span>
                </button>
            ))}
        </div>
    );
}

function Search({ text, onChange }) {
    const [typed, setTyped] = useState(text);
    const timer = useRef(0);
    const sent = useRef(text);
    useEffect(() => {
        if (text !== sent.current) setTyped(text);
        sent.current = text;
    }, [text]);
    useEffect(() => () => clearTimeout(timer.current), []);
    const type = (event) => {
        const value = event.target.value;
        setTyped(value);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => {
            sent.current = value.trim();
            onChange(value.trim());
        }, pause);
    };
    return (
        <label className="relative w-full sm:w-56">
            <span className="sr-only">Search by file name or URL</span>
            <Icon name="search" className="absolute top-2.5 left-3 text-soft" />
            <input type="search" value={typed} onChange={type} maxLength={120} placeholder="Search" className={`${inputLook} py-1.5 pl-9`} />
        </label>
    );
}
