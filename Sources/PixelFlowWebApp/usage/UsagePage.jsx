import { useEffect } from "react";
import { Card, Failure } from "../ui/parts.jsx";
import { count, plural, size } from "../service/format.js";
import { useTitle } from "../shell/routing.jsx";
import { DailyBytesChart, DailyTasksChart } from "../overview/charts.jsx";
import { refreshUsage, useUsage } from "./usage.js";

const every = 10000;

export function UsagePage() {
    const { now, problem } = useUsage();
    useTitle("Usage");
    useEffect(() => {
        refreshUsage();
        const timer = setInterval(() => { if (!document.hidden) refreshUsage(); }, every);
        return () => clearInterval(timer);
    }, []);
    return (
        <div className="grid grid-cols-1 gap-6">
            <h1 className="text-2xl font-semibold">Usage</h1>
            {problem && <Failure problem={problem} onRetry={refreshUsage} />}
            {now ? <Numbers now={now} /> : !problem && <Loading />}
        </div>
    );
}

function Numbers({ now: { quota, used, month, days } }) {
    const name = new Date(month.start).toLocaleDateString(undefined, { month: "long", year: "numeric", timeZone: "UTC" });
    return (
        <>
            <ul className="grid grid-cols-1 gap-3 sm:grid-cols-3">
                <Quota title={`Tasks in ${name}`} used={used.tasks_this_month} limit={quota.tasks_per_month} words={count} />
                <Quota title="Tasks in flight" used={used.tasks_in_flight} limit={quota.tasks_in_flight} words={count} />
                <Quota title="Bytes stored" used={used.bytes_stored} limit={quota.bytes_stored} words={size} />
            </ul>
            <p className="text-soft">
                {quota.source_bytes === null ? "Images may be as large as this installation allows" : `An image may have at most ${size(quota.source_bytes)}`},
                {" "}and finished tasks {quota.retention_days === null ? "stay until they are deleted." : `are deleted after ${plural(quota.retention_days, "day")}.`}
            </p>
            <div className="grid grid-cols-1 gap-6 lg:grid-cols-2">
                <Card aria-labelledby="days-heading" className="p-4">
                    <h2 id="days-heading" className="text-lg font-semibold">Tasks by day</h2>
                    <DailyTasksChart days={days} />
                </Card>
                <Card aria-labelledby="bytes-heading" className="p-4">
                    <h2 id="bytes-heading" className="text-lg font-semibold">Bytes by day</h2>
                    <DailyBytesChart days={days} />
                </Card>
            </div>
        </>
    );
}

/** The usage of a quota, and its share of the limit. */
function Quota({ title, used, limit, words }) {
    const share = limit === null ? 0 : limit ? Math.min(1, used / limit) : 1;
    return (
        <li className="rounded-2xl border border-line bg-card p-4">
            <span className="block text-sm text-soft">{title}</span>
            <span className="block text-2xl font-semibold tabular-nums">{words(used)}</span>
            <span className="text-sm text-soft">{limit === null ? "unlimited" : `of ${words(limit)}`}</span>
            {limit !== null && (
                <div role="meter" aria-label={title} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} className="mt-2 h-2 rounded-full bg-sunk">
                    <div className={`h-2 rounded-full ${share < 0.9 ? "bg-accent" : "bg-bad"}`} style={{ width: `${share * 100}%` }} />
                </div>
            )}
        </li>
    );
}

function Loading() {
    return <div role="status" aria-label="Loading the usage" className="grid grid-cols-1 gap-6 lg:grid-cols-2">{[1, 2].map((card) => <div key={card} className="h-56 animate-shimmer rounded-2xl bg-sunk" />)}</div>;
}
