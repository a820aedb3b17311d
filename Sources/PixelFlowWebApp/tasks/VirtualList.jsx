import { useEffect, useLayoutEffect, useRef, useState } from "react";

/** Rows rendered above and below the visible ones. */
const spare = 8;
/** Rows rendered even if none is visible, for keyboard navigation into the list. */
const least = 20;
const step = 4;

/**
 * A list of any length of which only the visible rows are rendered. It scrolls with the page.
 * `onSee` receives the last visible row. Rows added above do not move the visible ones.
 */
export function VirtualList({ ids, rowHeight, row, onSee, label }) {
    const element = useRef(null);
    const [range, setRange] = useState([0, least]);
    const anchor = useRef(null);

    useEffect(() => {
        let frame = 0;
        const measure = () => {
            frame = 0;
            const top = -element.current.getBoundingClientRect().top;
            const first = Math.max(0, Math.floor(top / rowHeight));
            const last = Math.ceil((top + window.innerHeight) / rowHeight);
            anchor.current = top > 0 ? ids[first] : null;
            // In steps, so that not every frame of a scroll renders again.
            const start = Math.max(0, Math.min(Math.floor(first / step) * step - spare, ids.length - least));
            const end = Math.min(ids.length, Math.max(Math.ceil(last / step) * step + spare, start + least));
            setRange((now) => (now[0] === start && now[1] === end ? now : [start, end]));
            onSee(last);
        };
        const soon = () => { if (!frame) frame = requestAnimationFrame(measure); };
        measure();
        window.addEventListener("scroll", soon, { passive: true });
        window.addEventListener("resize", soon);
        // Content above the list can grow and shrink.
        const above = new ResizeObserver(soon);
        above.observe(document.body);
        return () => {
            cancelAnimationFrame(frame);
            above.disconnect();
            window.removeEventListener("scroll", soon);
            window.removeEventListener("resize", soon);
        };
    }, [ids, rowHeight]);

    const before = useRef(ids);
    useLayoutEffect(() => {
        const moved = anchor.current ? ids.indexOf(anchor.current) - before.current.indexOf(anchor.current) : 0;
        if (moved && ids.includes(anchor.current)) window.scrollBy(0, moved * rowHeight);
        before.current = ids;
    }, [ids]);

    return (
        <ul ref={element} aria-label={label} className="relative [overflow-anchor:none]" style={{ height: ids.length * rowHeight }}>
            {ids.slice(range[0], range[1]).map((id, index) => (
                <li key={id} aria-setsize={ids.length} aria-posinset={range[0] + index + 1} className="absolute inset-x-0 top-0 border-t border-line"
                    style={{ height: rowHeight, transform: `translateY(${(range[0] + index) * rowHeight}px)` }}>
                    {row(id)}
                </li>
            ))}
        </ul>
    );
}
