import { useEffect, useRef, useState } from "react";
import { Icon } from "../ui/Icon.jsx";
import { statuses } from "../ui/Status.jsx";
import { inputClass } from "../ui/parts.jsx";
import { count } from "../service/format.js";
import { useResponse } from "../service/useResponse.js";
import { go, useSearch } from "../shell/routing.jsx";
import { useStatistics } from "./statistics.js";
import { list, taskStore } from "./taskStore.js";

const pause = 250;

/** Filters the list by status, text and batch; all of them are part of the URL. */
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
        // Browsers of 2022 do not support its `size`.
        go(String(parameters) ? `/?${parameters}` : "/", { replace: true });
    };
    return (
        <div className="flex flex-wrap items-center gap-3 p-3 sm:p-4">
            <Choices status={status} onChange={(value) => narrow({ status: value })} />
            {batch && <BatchBadge key={batch} id={batch} onRemove={() => narrow({ batch: "" })} />}
            <Search text={search} onChange={(value) => narrow({ search: value })} />
        </div>
    );
}

/** The batch by which the list is filtered, and its progress. */
function BatchBadge({ id, onRemove }) {
    const { response, problem, reload } = useResponse(`/api/batches/${encodeURIComponent(id)}`);
    const { now } = useStatistics();
    // Reloaded after changes of tasks, at most once a second.
    useEffect(() => {
        if (response) reload();
    }, [now]);
    const name = batchName(id, response, problem);
    const progress = response ? batchProgress(response) : "";
    return (
        <button type="button" onClick={onRemove} title={id} aria-label={`${[name, progress].filter(Boolean).join(", ")}: show all batches`}
            className="flex max-w-full items-center gap-1.5 rounded-full bg-accent-wash px-3 py-1 text-sm font-medium whitespace-nowrap
                text-accent">
            <span className="max-w-48 truncate">{name}</span>
            {progress && <span className="tabular-nums">{progress}</span>}
            <Icon name="close" />
        </button>
    );
}

/** Uses the end of the id, because ids of the same time begin alike. */
function batchName(id, batch, problem) {
    if (problem?.status === 404 || problem?.status === 422) return "Unknown batch";
    return batch?.description || `Batch …${id.slice(-6)}`;
}

/** @param {import("@api").Batch} batch */
function batchProgress({ counts }) {
    if (!counts) return "";
    const ended = counts.completed + counts.failed + counts.cancelled;
    const all = ended + counts.pending + counts.processing;
    return all ? `${count(ended)} of ${count(all)} done` : "no tasks";
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
            <input type="search" value={typed} onChange={type} maxLength={120} placeholder="Search" className={`${inputClass} py-1.5 pl-9`} />
        </label>
    );
}
