/** A task as the service tells it; the id grows with the number. */
export const task = (number, rest = {}) => ({
    id: `task-${String(number).padStart(4, "0")}`, status: "PENDING", updated_at: "2026-01-01T00:00:00Z", ...rest,
});

export const idOf = (number) => task(number).id;
export const page = (tasks, cursor = null) => ({ tasks, next_cursor: cursor });

export const emptyTasks = () => ({
    tasks: new Map(), version: 0, recent: new Set(), ids: [], cursor: null, floor: "", loaded: 0, query: { status: "", search: "" },
    isLoaded: false, isLoading: false, problem: null, selection: new Set(), hidden: new Set(),
});
