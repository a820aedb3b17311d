/** Strokes on a grid of 24. */
const paths = {
    upload: "M12 16V4m0 0L7 9m5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
    link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.6-5.6L12 7m2 3a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.6 5.6L12 17",
    close: "M6 6l12 12M18 6 6 18",
    check: "M5 12.5 10 17l9-10",
    clock: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18",
    spin: "M12 3a9 9 0 1 0 9 9",
    warning: "M12 9v4m0 3.5v.01M10.3 4.3 2.9 17.2A2 2 0 0 0 4.6 20h14.8a2 2 0 0 0 1.7-2.8L13.7 4.3a2 2 0 0 0-3.4 0Z",
    stop: "M5.6 5.6l12.8 12.8M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18",
    replay: "M4 12a8 8 0 1 0 2.5-5.8L4 8.5M4 4v4.5h4.5",
    trash: "M4 7h16M9 7V4h6v3m-8 0 1 13h8l1-13m-7 4v5m4-5v5",
    search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M20 20l-4.9-4.9",
    image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9v.01",
    focus: "M12 8v8M8 12h8M4 8V5a1 1 0 0 1 1-1h3m8 0h3a1 1 0 0 1 1 1v3m0 8v3a1 1 0 0 1-1 1h-3m-8 0H5a1 1 0 0 1-1-1v-3",
    download: "M12 4v12m0 0 5-5m-5 5-5-5M4 20h16",
    copy: "M9 9h11v11H9zM5 15H4V4h11v1",
    up: "M6 14l6-6 6 6",
    down: "M6 10l6 6 6-6",
    left: "M14 6l-6 6 6 6",
    plus: "M12 5v14M5 12h14",
    edit: "M4 20h4L19 9l-4-4L4 16zM13.5 6.5l4 4",
    chart: "M4 20V4m0 16h16M8 16v-4m4 4V8m4 8v-6",
    scale: "M4 18a8 8 0 1 1 16 0M12 18l4-6",
    layers: "M12 4 3 9l9 5 9-5zM3 14l9 5 9-5",
    code: "M8 7l-5 5 5 5m8-10 5 5-5 5",
    compare: "M12 3v18M9 6H4v12h5m6-12h5v12h-5",
    team: "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M3 20v-1a5 5 0 0 1 5-5h2a5 5 0 0 1 5 5v1M16 5.5a3.5 3.5 0 0 1 0 6.5m2 2.5a5 5 0 0 1 3 4.5v1",
    key: "M8 11a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9m3.2 1.3L20 3.5M16 7.5l3 3",
    hook: "M9 8.5a3 3 0 1 1 5.5 1.6l2.6 4.4M12 7.5l-3.5 6.2M5.5 14a3 3 0 1 0 4.3 3.5H16m-1.8-2a3 3 0 1 1 .6 4.4",
    log: "M6 3h12v18H6zM9 8h6M9 12h6M9 16h3",
    user: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M5 21v-1a6 6 0 0 1 6-5h2a6 6 0 0 1 6 5v1",
    out: "M14 4h5a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1h-5M10 8l-4 4 4 4m-4-4h10",
};

export function Icon({ name, size = 18, className = "" }) {
    return (
        <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round"
            strokeLinejoin="round" aria-hidden="true" className={`shrink-0 ${className}`}>
            <path d={paths[name]} />
        </svg>
    );
}

export function Logo({ size = 28 }) {
    return (
        <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="shrink-0">
            <rect width="32" height="32" rx="8" className="fill-accent" />
            <path className="fill-on-accent" d="M7 7h8v8H7zM17 11h5v5h-5zM11 17h5v5h-5z" />
            <path className="fill-on-accent" opacity=".7" d="M18 18h4v4h-4zM23 23h3v3h-3z" />
        </svg>
    );
}
