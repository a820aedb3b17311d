import { count, duration, size } from "../service/format.js";

const width = 600;
const height = 150;
const top = 8;

const clockTime = (time) => new Date(time).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });

/** The next round number, so that the scale does not jump with every task. */
function ceiling(value) {
    const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-3)));
    return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) || 1;
}

/** Completed and failed tasks, minute by minute. */
export function ThroughputChart({ minutes }) {
    const most = ceiling(Math.max(4, ...minutes.map((minute) => minute.completed + minute.failed)));
    const bar = width / minutes.length;
    const scale = (number) => (number / most) * (height - top);
    const total = minutes.reduce((sum, minute) => sum + minute.completed, 0);
    return (
        <Frame minutes={minutes} most={count(most)} label={`${count(total)} tasks completed in the last hour`}
            legend={[["bg-good", "Completed"], ["bg-bad", "Failed"]]}
            columns={["Completed", "Failed"]} row={(minute) => [count(minute.completed), count(minute.failed)]}>
            {minutes.map((minute, index) => (
                <g key={minute.start}>
                    <title>{`${clockTime(minute.start)}: ${minute.completed} completed, ${minute.failed} failed`}</title>
                    <rect x={index * bar} y="0" width={bar} height={height} className="fill-transparent hover:fill-sunk" />
                    <rect x={index * bar + 1} width={bar - 2} y={height - scale(minute.completed)} height={scale(minute.completed)} rx="2" className="pointer-events-none fill-good" />
                    <rect x={index * bar + 1} width={bar - 2} y={height - scale(minute.completed + minute.failed)} height={scale(minute.failed)} rx="2" className="pointer-events-none fill-bad" />
                </g>
            ))}
        </Frame>
    );
}

const date = (time) => new Date(time).toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const daily = { unit: "Day", time: date, end: "today", nothing: "Nothing on these days." };

/** Completed and failed tasks, day by day. */
export function DailyTasksChart({ days }) {
    return (
        <DailyChart days={days} words={count} label={`${count(days.reduce((sum, day) => sum + day.created, 0))} tasks created in ${days.length} days`}
            below={["completed", "Completed", "good"]} above={["failed", "Failed", "bad"]} />
    );
}

/** Bytes added and deleted, day by day. */
export function DailyBytesChart({ days }) {
    return (
        <DailyChart days={days} words={size} label={`${size(days.reduce((sum, day) => sum + day.bytes_added, 0))} stored in ${days.length} days`}
            below={["bytes_added", "Stored", "accent"]} above={["bytes_removed", "Deleted", "busy"]} />
    );
}

const fills = { good: "fill-good", bad: "fill-bad", accent: "fill-accent", busy: "fill-busy" };
const dots = { good: "bg-good", bad: "bg-bad", accent: "bg-accent", busy: "bg-busy" };

/** Two stacked numbers per day, each given by its key, label and colour. */
function DailyChart({ days, words, label, below, above }) {
    const parts = [below, above];
    const most = ceiling(Math.max(4, ...days.map((day) => day[below[0]] + day[above[0]])));
    const bar = width / days.length;
    const scale = (number) => (number / most) * (height - top);
    return (
        <Frame minutes={days} span={daily} most={words(most)} label={label} legend={parts.map(([, word, look]) => [dots[look], word])}
            columns={parts.map(([, word]) => word)} row={(day) => parts.map(([key]) => (day[key] ? words(day[key]) : "0"))}>
            {days.map((day, index) => (
                <g key={day.start}>
                    <title>{`${date(day.start)}: ${parts.map(([key, word]) => `${words(day[key])} ${word.toLowerCase()}`).join(", ")}`}</title>
                    <rect x={index * bar} y="0" width={bar} height={height} className="fill-transparent hover:fill-sunk" />
                    <rect x={index * bar + 1} width={bar - 2} y={height - scale(day[below[0]])} height={scale(day[below[0]])} className={`pointer-events-none ${fills[below[2]]}`} />
                    <rect x={index * bar + 1} width={bar - 2} y={height - scale(day[below[0]] + day[above[0]])} height={scale(day[above[0]])} className={`pointer-events-none ${fills[above[2]]}`} />
                </g>
            ))}
        </Frame>
    );
}

/** The mean and the longest waiting time of tasks. */
export function LatencyChart({ minutes }) {
    const most = ceiling(Math.max(0.01, ...minutes.map((minute) => minute.queue_seconds_max || 0)));
    const step = width / minutes.length;
    const y = (seconds) => height - (seconds / most) * (height - top);
    const known = minutes.map((minute, index) => ({ ...minute, x: (index + 0.5) * step })).filter((minute) => typeof minute.queue_seconds_max === "number");
    const line = (key) => known.map((minute, index) => `${index ? "L" : "M"}${minute.x} ${y(minute[key])}`).join("");
    return (
        <Frame minutes={minutes} most={duration(most)} label="Time in the queue in the last hour, longest and mean"
            legend={[["bg-accent", "Mean"], ["bg-busy", "Longest"]]} columns={["Mean", "Longest"]}
            row={(minute) => [minute.queue_seconds_mean, minute.queue_seconds_max].map((seconds) => (typeof seconds === "number" ? duration(seconds) : "–"))}>
            <path d={line("queue_seconds_max")} fill="none" strokeWidth="2" strokeLinejoin="round" vectorEffect="non-scaling-stroke" className="stroke-busy" />
            <path d={line("queue_seconds_mean")} fill="none" strokeWidth="2" strokeLinejoin="round" vectorEffect="non-scaling-stroke" className="stroke-accent" />
            {known.map((minute) => (
                <g key={minute.start}>
                    <title>{`${clockTime(minute.start)}: mean ${duration(minute.queue_seconds_mean)}, longest ${duration(minute.queue_seconds_max)}`}</title>
                    <rect x={minute.x - step / 2} y="0" width={step} height={height} className="fill-transparent" />
                    <Dot x={minute.x} y={y(minute.queue_seconds_max)} className="stroke-busy" />
                    <Dot x={minute.x} y={y(minute.queue_seconds_mean)} className="stroke-accent" />
                </g>
            ))}
        </Frame>
    );
}

/** A point that stays round when the chart is stretched. */
function Dot({ x, y, className }) {
    return <path d={`M${x} ${y}h.01`} strokeWidth="6" strokeLinecap="round" vectorEffect="non-scaling-stroke" className={className} />;
}

const hourly = { unit: "Minute", time: clockTime, end: "now", nothing: "Nothing in the last hour." };

/** Axes, legend, and the same numbers as a table. */
function Frame({ minutes, span = hourly, most, label, legend, columns, row, children }) {
    const busy = minutes.filter((minute) => row(minute).some((text) => text !== "0" && text !== "–"));
    return (
        <figure className="mt-3">
            <div className="relative">
                <span aria-hidden="true" className="absolute top-0 left-0 rounded bg-card/80 px-1 text-sm text-soft tabular-nums">{most}</span>
                <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label} preserveAspectRatio="none" className="h-36 w-full border-b border-line">
                    <line x1="0" x2={width} y1={top} y2={top} strokeDasharray="4 6" className="stroke-line" />
                    {children}
                </svg>
            </div>
            <div aria-hidden="true" className="mt-1 flex justify-between text-sm text-soft"><span>{span.time(minutes[0].start)}</span><span>{span.end}</span></div>
            <figcaption className="mt-1 flex flex-wrap items-center gap-x-4 text-sm text-soft">
                {legend.map(([dot, word]) => <span key={word} className="flex items-center gap-1.5"><span className={`size-2.5 rounded-full ${dot}`} />{word}</span>)}
                <details className="ml-auto">
                    <summary>As a table</summary>
                    <table className="mt-2 w-full text-left tabular-nums">
                        <thead><tr><th className="pr-4 font-medium">{span.unit}</th>{columns.map((column) => <th key={column} className="pr-4 font-medium">{column}</th>)}</tr></thead>
                        <tbody>{busy.map((minute) => <tr key={minute.start}><td className="pr-4">{span.time(minute.start)}</td>{row(minute).map((text, index) => <td key={index} className="pr-4">{text}</td>)}</tr>)}</tbody>
                    </table>
                    {!busy.length && <p>{span.nothing}</p>}
                </details>
            </figcaption>
        </figure>
    );
}
