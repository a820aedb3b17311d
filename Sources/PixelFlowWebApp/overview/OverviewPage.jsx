import { useEffect } from "react";
import { statuses } from "../ui/Status.jsx";
import { Icon } from "../ui/Icon.jsx";
import { Card, Empty, Failure } from "../ui/parts.jsx";
import { count, duration } from "../service/format.js";
import { Link, useTitle } from "../shell/routing.jsx";
import { errorWords } from "../task/words.js";
import { refreshStatistics, useStatistics } from "../tasks/statistics.js";
import { LatencyChart, ThroughputChart } from "./charts.jsx";

const every = 5000;

export function OverviewPage() {
    const { now, problem } = useStatistics();
    useTitle("Overview");
    useEffect(() => {
        refreshStatistics();
        const timer = setInterval(() => { if (!document.hidden) refreshStatistics(); }, every);
        return () => clearInterval(timer);
    }, []);
    return (
        <div className="grid grid-cols-1 gap-6">
            <h1 className="text-2xl font-semibold">Overview</h1>
            {problem && <Failure problem={problem} onRetry={refreshStatistics} />}
            {now ? <Numbers now={now} /> : !problem && <Loading />}
        </div>
    );
}

/** @param {{ now: import("@api").Statistics }} properties */
function Numbers({ now }) {
    const { p50, p95 } = now.queue_latency_seconds;
    return (
        <>
            <ul className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-5">
                {Object.entries(statuses).map(([key, status]) => <Count key={key} status={key} {...status} number={now.counts[key]} />)}
            </ul>
            <div className="grid grid-cols-1 gap-6 lg:grid-cols-2">
                <Card aria-labelledby="throughput-heading" className="p-4">
                    <Title id="throughput-heading" title="Throughput" value={`${count(now.throughput.completed_last_hour)} in the last hour`} />
                    <ThroughputChart minutes={now.minutes} />
                </Card>
                <Card aria-labelledby="latency-heading" className="p-4">
                    <Title id="latency-heading" title="Time in the queue" value={typeof p50 === "number" ? `median ${duration(p50)}, 95 % under ${duration(p95)}` : "no tasks yet"} />
                    <LatencyChart minutes={now.minutes} />
                </Card>
                <Card aria-labelledby="oldest-heading" className="p-4">
                    <Title id="oldest-heading" title="Oldest waiting task" />
                    <p className="mt-2 text-3xl font-semibold tabular-nums">
                        {typeof now.oldest_pending_seconds === "number" ? duration(now.oldest_pending_seconds) : "None"}
                    </p>
                    <p className="text-soft">{typeof now.oldest_pending_seconds === "number" ? "since it was accepted" : "No task is waiting for a worker."}</p>
                    {now.priorities && <Priorities priorities={now.priorities} />}
                </Card>
                <Card aria-labelledby="failures-heading" className="p-4"><Title id="failures-heading" title="Failures" /><Failures failures={now.failures} /></Card>
            </div>
        </>
    );
}

function Title({ id, title, value }) {
    return <div className="flex flex-wrap items-baseline justify-between gap-x-3"><h2 id={id} className="text-lg font-semibold">{title}</h2><span className="text-sm text-soft tabular-nums">{value}</span></div>;
}

function Count({ status, word, icon, look, number }) {
    return (
        <li>
            <Link to={`/?status=${status}`} className="flex items-center gap-3 rounded-2xl border border-line bg-card p-4 text-ink no-underline hover:border-edge">
                <span className={`grid size-10 shrink-0 place-items-center rounded-xl ${look}`}><Icon name={icon} /></span>
                <span><span className="block text-2xl font-semibold tabular-nums">{count(number)}</span><span className="text-sm text-soft">{word}</span></span>
            </Link>
        </li>
    );
}

const priorityWords = { high: "High", normal: "Normal", low: "Low" };

/** @param {{ priorities: import("@api").Statistics["priorities"] }} properties */
function Priorities({ priorities }) {
    return (
        <table className="mt-3 w-full text-sm tabular-nums">
            <caption className="sr-only">Waiting tasks by priority</caption>
            <thead className="text-left text-soft"><tr><th scope="col" className="font-normal">Priority</th><th scope="col" className="font-normal">Waiting</th><th scope="col" className="font-normal">Median wait</th><th scope="col" className="font-normal">95 % under</th></tr></thead>
            <tbody>
                {Object.entries(priorityWords).map(([name, word]) => {
                    const { waiting, queue_latency_seconds: { p50, p95 } } = priorities[name];
                    return <tr key={name} className="border-t border-line"><th scope="row" className="py-1.5 text-left font-normal">{word}</th><td>{count(waiting)}</td><td>{seconds(p50)}</td><td>{seconds(p95)}</td></tr>;
                })}
            </tbody>
        </table>
    );
}

const seconds = (value) => (typeof value === "number" ? duration(value) : "–");

function Failures({ failures }) {
    const rows = Object.entries(failures).sort(([, one], [, other]) => other - one);
    if (!rows.length) return <Empty icon="check" title="Nothing has failed">Failures are listed here by cause.</Empty>;
    const most = rows[0][1];
    return (
        <ul className="mt-3 grid gap-3">
            {rows.slice(0, 8).map(([code, number]) => (
                <li key={code}>
                    <div className="flex justify-between gap-3 text-sm"><span>{errorWords({ code, message: code.replaceAll("_", " ") }).title} <code className="font-mono text-soft">{code}</code></span><span className="tabular-nums">{count(number)}</span></div>
                    <div className="mt-1 h-2 rounded-full bg-sunk"><div className="h-2 rounded-full bg-bad" style={{ width: `${(number / most) * 100}%` }} /></div>
                </li>
            ))}
        </ul>
    );
}

function Loading() {
    return <div role="status" aria-label="Loading the numbers" className="grid grid-cols-1 gap-6 lg:grid-cols-2">{[1, 2, 3, 4].map((card) => <div key={card} className="h-56 animate-shimmer rounded-2xl bg-sunk" />)}</div>;
}
